import type { PreparedMessage } from './prepare.ts';
import { normalise } from './similarity.ts';

/** Business milliseconds after the sender's last message in which a mere follow-up belongs to the case it was about. */
export const FOLLOW_UP_MS = 30 * 60_000;

/** What is said to close or keep up a conversation and tells nothing of any matter; longer ones first. */
const courtesies =
  /(?:您|你)们?的(?:邮件|来信|信|答复|回复)(?:我们?)?(?:已经|已|都)?(?:收到|收悉|看到)了?|(?:我们?)?(?:已经|已)?收到了?(?:您|你)们?的(?:邮件|来信|信|答复|回复)了?|(?:我们?)?(?:会|将)?尽快(?:给|与|和)?(?:您|你)?(?:回复|答复|联系)(?:您|你)?|非常感谢|十分感谢|谢谢您们|谢谢你们|感谢你们|辛苦你们|辛苦您了|麻烦你们|麻烦您了|不好意思|谢谢您|谢谢你|太好了|知道了|明白了|收到了|辛苦了|麻烦了|不客气|谢谢|多谢|感谢|辛苦|麻烦|收到|明白|好的|好吧|可以|您好|你好|再见|在吗|ok|thanks|thankyou|[嗯哦噢啊呀吧的了哈好行谢]/g;

/** Whether words are courtesies and nothing else: whoever says them raises nothing. At least one word. */
export function isCourtesy(text: string): boolean {
  const words = normalise(text);
  return words !== '' && words.length <= 30 && words.replaceAll(courtesies, '') === '';
}

/** How platforms write what is no text: `[图片]`, `【语音】`. */
const placeholder = /[[【（(][^\]】）)]{1,12}[\]】）)]/g;
const placeWords = /^(?:位置|地址|地点|我在|在)/;

/**
 * Whether a line says of itself that it adds to what was said before, as the reply to the first one asks for. The word must
 * stand by itself: 补充医疗保险 is a matter.
 */
export const isSupplement = ({ body }: Pick<PreparedMessage, 'body'>): boolean =>
  /^[\s\p{P}]*补充(?:说明|一下|一点)?(?:[\s\p{P}]|$)/u.test(body);

/**
 * Whether a line of a conversation only goes on with what was said before: thanks, a picture without words, a place. A
 * short text as such is not: "路灯不亮" is a matter of four characters.
 */
export function isFollowUp({
  body,
  address,
  attachments,
}: Pick<PreparedMessage, 'body' | 'address' | 'attachments'>): boolean {
  const words = normalise(body.replaceAll(placeholder, ''));
  if (words === '')
    return attachments.length > 0 || normalise(body) === '' || body.replaceAll(placeholder, '') !== body;
  if (address !== null && words.replace(placeWords, '') === normalise(address)) return true;
  return isCourtesy(words);
}
