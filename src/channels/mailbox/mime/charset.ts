import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

/** Labels that say nothing: what really came decides. */
const NO_LABEL = /^(utf-?8|(us-?)?ascii|unknown.*|x-unknown|default|7bit|8bit)?$/i;
/** GB2312 and GBK are parts of GB18030, and mail that says the one is often written in the other. */
const CHINESE = /^(x-)?(gb[-_ ]?2312.*|gbk|gb[-_ ]?18030|cp936|windows-936|ms936|euc-cn|hz-gb-2312-8bit|chinese)$/i;

/**
 * Text of a mail part. The label is believed unless the bytes contradict it: UTF-8 that claims to be GB2312, and GBK that
 * claims nothing, are both common in Chinese mail. Never fails: what cannot be read becomes U+FFFD.
 */
export function decodeText(bytes: Buffer, label: string): string {
  const name = label.trim();
  if (isAscii(bytes) && !/2022|hz|utf-?7|utf-?16/i.test(name)) return bytes.toString('latin1');
  if (isUtf8(bytes) && (NO_LABEL.test(name) || (CHINESE.test(name) && readsAsChinese(bytes)))) return bytes.toString();
  if (CHINESE.test(name)) return new TextDecoder('gb18030').decode(bytes);
  if (NO_LABEL.test(name)) return guess(bytes);
  return byLabel(bytes, name) ?? guess(bytes);
}

/** Two or more Chinese characters and nothing else beside ASCII: in GB2312 hardly any text looks like that by chance. */
function readsAsChinese(bytes: Buffer): boolean {
  const beyond = bytes.toString().match(/[^\p{ASCII}]/gu) ?? [];
  return beyond.length > 1 && beyond.every((char) => char >= '\u2000');
}

/**
 * Whether unlabelled Chinese is Big5 rather than GB: nearly all of it are frequent characters there (rows A4–C6, signs
 * A1–A3), and a good part is not in GB2312's frequent rows (B0–D7, signs A1–A3), which hold nearly all of what is written
 * in GB. Western accents stand alone, between letters.
 */
function readsAsBig5(bytes: Buffer): boolean {
  let pairs = 0;
  let big5 = 0;
  let gb = 0;
  let adjoining = 0;
  let end = -1;
  for (let at = 0; at < bytes.length; at += 1) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) continue;
    const trail = bytes[at + 1] ?? 0;
    const isHigh = trail >= 0xa1 && trail <= 0xfe;
    pairs += 1;
    if (at === end) adjoining += 1;
    end = at + 2;
    if (lead >= 0xa1 && lead <= 0xc6 && (isHigh || (trail >= 0x40 && trail <= 0x7e))) big5 += 1;
    if (((lead >= 0xa1 && lead <= 0xa3) || (lead >= 0xb0 && lead <= 0xd7)) && isHigh) gb += 1;
    at += 1;
  }
  return pairs >= 4 && adjoining >= pairs / 2 && big5 >= pairs * 0.9 && gb <= pairs * 0.8;
}

/** Unlabelled bytes: GB18030 when most of what is beyond ASCII comes in pairs of high bytes, as Chinese does; or Big5. */
function guess(bytes: Buffer): string {
  if (readsAsBig5(bytes)) {
    const text = new TextDecoder('big5').decode(bytes);
    if (!text.includes('\ufffd')) return text;
  }
  try {
    const text = new TextDecoder('gb18030', { fatal: true }).decode(bytes);
    const high = bytes.reduce((count, byte) => (byte < 0x80 ? count : count + 1), 0);
    const chinese = text.match(/[\u2e80-\u9fff\uff00-\uffef\u2010-\u2030]/g)?.length ?? 0;
    if (chinese > 0 && high >= chinese * 1.8 && chinese * 2 >= high * 0.8) return text;
  } catch {
    // Not GB18030.
  }
  const text = bytes.toString();
  const beyond = text.match(/[^\p{ASCII}]/gu) ?? [];
  const unread = beyond.filter((char) => char === '\ufffd').length;
  // One broken character in much UTF-8, or no UTF-8 at all.
  return unread * 5 < beyond.length ? text : new TextDecoder('windows-1252').decode(bytes);
}

function byLabel(bytes: Buffer, label: string): string | undefined {
  // UTF-7 hides markup, and nothing honest uses it.
  if (/utf-?7/i.test(label)) return undefined;
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return iconv.encodingExists(label) && !/^(base64|hex|binary)$/i.test(label)
      ? iconv.decode(bytes, label)
      : undefined;
  }
}

/** Quoted-printable words of a header: 8-bit characters in them are in the word's own charset. */
const QUOTED_WORD = /=\?[^?\s]{1,40}\?q\?[^?]*\?=/gi;

/** Headers written in raw GBK, against every standard but usual in old Chinese mailers, as the UTF-8 parsers expect. */
export function mendHeaders(head: Buffer): Buffer {
  if (isUtf8(head)) return head;
  const quoted = (char: string): string => `=${char.charCodeAt(0).toString(16).toUpperCase()}`;
  const lines = head
    .toString('latin1')
    .replaceAll(QUOTED_WORD, (word) => word.replaceAll(/[\x80-\xff]/g, quoted))
    .split('\n')
    .map((line) => decodeText(Buffer.from(line, 'latin1'), ''));
  return Buffer.from(lines.join('\n'));
}
