import { randomBytes } from 'node:crypto';
import { ProblemError } from '../../platform/problem.ts';
import { textOf } from '../channel.ts';
import { checkSignature, refused, sortedSha1, withPrevious } from '../webhook/signature.ts';
import { decrypt, encrypt } from './encryption.ts';
import type { WechatSettings } from './wechat.channel.ts';
import { type Elements, readXml, writeXml } from './xml.ts';

/** The signed query of WeChat's call. */
export interface Signed {
  signature?: string | undefined;
  msg_signature?: string | undefined;
  timestamp: string;
  nonce: string;
}

/** A message taken out of its envelope, and how an answer goes back into one of the same kind. */
export interface Opened {
  elements: Elements;
  wrap(reply: string): string;
}

/**
 * Plain mode: the query is signed, the body is not. With an EncodingAESKey set only the encrypted part counts, which
 * compatible mode sends beside the plain one: whoever saw one signed address could otherwise write what he likes.
 * @throws ProblemError 403 when it is not from WeChat, or not for this account.
 */
export function open(settings: WechatSettings, query: Signed, body: string): Opened {
  if (settings.encodingAesKey === undefined) {
    checkPlain(settings, query);
    const elements = readXml(body);
    if (elements.MsgType === undefined && elements.Encrypt !== undefined)
      throw otherMode(
        'The message is encrypted, and this source has no encodingAesKey.',
        '消息已加密，但该来源未设置 encodingAesKey。',
      );
    return { elements, wrap: (reply) => reply };
  }
  const encrypted = textOf(textOf(readXml(body).Encrypt)?.trim());
  if (encrypted === undefined)
    throw otherMode(
      'The message is not encrypted, and this source has an encodingAesKey.',
      '消息未加密，但该来源设置了 encodingAesKey。',
    );
  const { plain, token, key } = openSigned(settings, settings.encodingAesKey, query, encrypted);
  return { elements: readXml(plain), wrap: (reply) => seal(token, key, settings.appId, reply) };
}

/** The text WeChat wants back when the address is entered; 企业微信 sends it encrypted. @throws ProblemError 403 */
export function openEcho(settings: WechatSettings, query: Signed & { echostr: string }): string {
  const { encodingAesKey } = settings;
  if (query.msg_signature !== undefined && encodingAesKey !== undefined)
    return openSigned(settings, encodingAesKey, query, query.echostr).plain;
  checkPlain(settings, query);
  return query.echostr;
}

const tokensOf = ({ token, previousToken }: WechatSettings): string[] => withPrevious(token, previousToken);

function checkPlain(settings: WechatSettings, { signature, timestamp, nonce }: Signed): void {
  const given = { name: 'signature', given: signature, timestamp };
  checkSignature(tokensOf(settings), [timestamp, nonce], given, settings.toleranceSeconds);
}

/** What was encrypted, with the token that signed and the key that opened it: WeChat knows no other for the reply. */
function openSigned(
  settings: WechatSettings,
  encodingAesKey: string,
  { msg_signature, timestamp, nonce }: Signed,
  encrypted: string,
): { plain: string; token: string; key: string } {
  const given = { name: 'msg_signature', given: msg_signature, timestamp };
  const token = checkSignature(tokensOf(settings), [timestamp, nonce, encrypted], given, settings.toleranceSeconds);
  const [opened] = withPrevious(encodingAesKey, settings.previousEncodingAesKey).flatMap((key) => {
    const plain = decrypt(key, settings.appId, encrypted);
    return plain === undefined ? [] : [{ plain, token, key }];
  });
  if (opened === undefined)
    throw refused('msg_signature', 'is of something not encrypted for this account', '所签内容不是发给该公众号的');
  return opened;
}

function seal(token: string, key: string, appId: string, reply: string): string {
  const Encrypt = encrypt(key, appId, reply);
  const TimeStamp = Math.floor(Date.now() / 1000);
  const Nonce = randomBytes(8).toString('hex');
  return writeXml({ Encrypt, MsgSignature: sortedSha1([token, String(TimeStamp), Nonce, Encrypt]), TimeStamp, Nonce });
}

const otherMode = (en: string, zh: string): ProblemError => new ProblemError('forbidden', { en, zh });
