import { createCipheriv, randomBytes } from 'node:crypto';
import type { InjectOptions } from 'fastify';
import { sortedSha1 } from '../../src/channels/webhook/signature.ts';
import { decrypt, encrypt } from '../../src/channels/wechat/encryption.ts';
import { readXml } from '../../src/channels/wechat/xml.ts';

export const TOKEN = 'spamtest';
export const APP_ID = 'wx2c2769f8efd9abc2';
export const AES_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
export const OPEN_ID = 'oABCD-ordinary_1';
const ACCOUNT = 'gh_city12345';

export type Mode = 'plain' | 'compatible' | 'encrypted';

/** Settings of a source that is set to this mode at WeChat. */
export const settingsFor = (mode: Mode, more: object = {}) => ({
  token: TOKEN,
  appId: APP_ID,
  ...(mode === 'plain' ? {} : { encodingAesKey: AES_KEY }),
  ...more,
});

let told = 0;
/** A message as WeChat writes it, with an id of its own, changed as given (undefined: left out). */
export function message(changes: Record<string, string | number | undefined> = {}): string {
  told += 1;
  const elements: Record<string, string | number | undefined> = {
    ToUserName: ACCOUNT,
    FromUserName: OPEN_ID,
    CreateTime: 1773108000,
    MsgType: 'text',
    MsgId: 2_300_000_000_000_000 + told,
    ...changes,
  };
  const inner = Object.entries(elements).flatMap(([name, value]) =>
    value === undefined ? [] : [`<${name}>${typeof value === 'number' ? value : `<![CDATA[${value}]]>`}</${name}>`],
  );
  return `<xml>${inner.join('\n')}</xml>`;
}

/** The secrets an account has at WeChat. */
export interface Secrets {
  token?: string;
  aesKey?: string;
}

/** The request WeChat makes of a message. */
export function push(
  xml: string,
  mode: Mode = 'plain',
  more: Secrets & { source?: string; timestamp?: number } = {},
): InjectOptions {
  const { source = 'wechat-12345', timestamp = Math.floor(Date.now() / 1000), token = TOKEN, aesKey = AES_KEY } = more;
  const nonce = randomBytes(4).readUInt32BE().toString();
  const signature = sortedSha1([token, String(timestamp), nonce]);
  const query = { signature, timestamp: String(timestamp), nonce, openid: OPEN_ID };
  const request = {
    method: 'POST' as const,
    url: `/v1/webhooks/wechat/${source}`,
    headers: { 'content-type': 'text/xml' },
    query,
    payload: xml,
  };
  if (mode === 'plain') return request;
  const encrypted = encrypt(aesKey, APP_ID, xml);
  const msg_signature = sortedSha1([token, String(timestamp), nonce, encrypted]);
  const own = `<Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
  const payload =
    mode === 'encrypted' ? `<xml><ToUserName><![CDATA[${ACCOUNT}]]></ToUserName>${own}` : xml.replace('</xml>', own);
  return { ...request, query: { ...query, encrypt_type: 'aes', msg_signature }, payload };
}

/** A rightly signed push whose encrypted part is wrong in one way. */
export function pushBroken(
  xml: string,
  broken: 'pad-zero' | 'pad-33' | 'pad-mixed' | 'length' | 'app-id' | 'not-a-block' | 'empty',
): InjectOptions {
  const text = Buffer.from(xml);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(broken === 'length' ? 0xfffffff0 : text.length);
  const plain = Buffer.concat([randomBytes(16), length, text, Buffer.from(broken === 'app-id' ? 'wx0' : APP_ID)]);
  const pad = 32 - (plain.length % 32);
  const padding = Buffer.alloc(pad, broken === 'pad-zero' ? 0 : broken === 'pad-33' ? 33 : pad);
  if (broken === 'pad-mixed') padding[0] = 77;
  const key = Buffer.from(`${AES_KEY}=`, 'base64');
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const sealed = Buffer.concat([cipher.update(Buffer.concat([plain, padding])), cipher.final()]);
  const encrypted =
    broken === 'empty'
      ? ''
      : sealed.subarray(0, broken === 'not-a-block' ? sealed.length - 3 : undefined).toString('base64');
  const timestamp = String(Math.floor(Date.now() / 1000));
  return {
    ...push(xml, 'encrypted'),
    query: { timestamp, nonce: 'n', msg_signature: sortedSha1([TOKEN, timestamp, 'n', encrypted]) },
    payload: `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`,
  };
}

/** WeChat's check of the address, changed as given. */
export function check(changes: Record<string, string> = {}): InjectOptions {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = sortedSha1([TOKEN, timestamp, 'n1']);
  const query = { signature, timestamp, nonce: 'n1', echostr: '5927782489442352469<b>', ...changes };
  return { method: 'GET', url: '/v1/webhooks/wechat/wechat-12345', query };
}

/** The passive reply in an answer, out of its envelope when it has one; its signature is checked as WeChat does. */
export function replyIn(body: string, { token = TOKEN, aesKey = AES_KEY }: Secrets = {}): Record<string, unknown> {
  const outer = readXml(body) as Record<string, string>;
  const { Encrypt, MsgSignature, TimeStamp, Nonce } = outer;
  if (Encrypt === undefined) return outer;
  if (MsgSignature !== sortedSha1([token, TimeStamp ?? '', Nonce ?? '', Encrypt])) throw new Error('wrong signature');
  return readXml(decrypt(aesKey, APP_ID, Encrypt) ?? '') as Record<string, string>;
}
