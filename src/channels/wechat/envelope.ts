import { randomBytes } from 'node:crypto';
import { ProblemError } from '../../platform/problem.ts';
import { textOf } from '../channel.ts';
import { unreadable } from '../webhook/raw-body.ts';
import { checkSignature, refused, sortedSha1 } from '../webhook/signature.ts';
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
  const { token, appId, encodingAesKey } = settings;
  const { timestamp, nonce } = query;
  if (encodingAesKey === undefined) {
    const given = { name: 'signature', given: query.signature, timestamp };
    checkSignature([token, timestamp, nonce], given, settings.toleranceSeconds);
    const elements = readXml(body);
    if (elements.MsgType === undefined && elements.Encrypt !== undefined) throw noKey();
    return { elements, wrap: (reply) => reply };
  }
  const encrypted = textOf(readXml(body).Encrypt);
  if (encrypted === undefined) throw unreadable('is not encrypted', '未加密');
  const plain = openSigned(settings, encodingAesKey, query, encrypted);
  return { elements: readXml(plain), wrap: (reply) => seal(token, encodingAesKey, appId, reply) };
}

/** The text WeChat wants back when the address is entered; 企业微信 sends it encrypted. @throws ProblemError 403 */
export function openEcho(settings: WechatSettings, query: Signed & { echostr: string }): string {
  const { token, encodingAesKey } = settings;
  const { timestamp, nonce, echostr } = query;
  if (query.msg_signature !== undefined && encodingAesKey !== undefined)
    return openSigned(settings, encodingAesKey, query, echostr);
  const given = { name: 'signature', given: query.signature, timestamp };
  checkSignature([token, timestamp, nonce], given, settings.toleranceSeconds);
  return echostr;
}

function openSigned(settings: WechatSettings, key: string, query: Signed, encrypted: string): string {
  const { timestamp, nonce } = query;
  const given = { name: 'msg_signature', given: query.msg_signature, timestamp };
  checkSignature([settings.token, timestamp, nonce, encrypted], given, settings.toleranceSeconds);
  const plain = decrypt(key, settings.appId, encrypted);
  if (plain === undefined)
    throw refused('msg_signature', 'is of something not encrypted for this account', '所签内容不是发给该公众号的');
  return plain;
}

function seal(token: string, key: string, appId: string, reply: string): string {
  const Encrypt = encrypt(key, appId, reply);
  const TimeStamp = Math.floor(Date.now() / 1000);
  const Nonce = randomBytes(8).toString('hex');
  return writeXml({ Encrypt, MsgSignature: sortedSha1([token, String(TimeStamp), Nonce, Encrypt]), TimeStamp, Nonce });
}

const noKey = (): ProblemError =>
  new ProblemError('forbidden', {
    en: 'The message is encrypted, and this source has no encodingAesKey.',
    zh: '消息已加密，但该来源未设置 encodingAesKey。',
  });
