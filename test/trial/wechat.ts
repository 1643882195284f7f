import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { InjectOptions } from 'fastify';
import { sortedSha1 } from '../../src/channels/webhook/signature.ts';
import { decrypt, encrypt } from '../../src/channels/wechat/encryption.ts';
import { readXml, writeXml } from '../../src/channels/wechat/xml.ts';
import type { City } from '../support/city.ts';
import { push, settingsFor } from '../support/wechat.ts';
import { withCity } from './city.ts';
import type { Outcome, Trial } from './trial.ts';

interface MessageSample {
  id: string;
  kind: string;
  xml: string;
  /** The document as another parser reads it. */
  elements: Record<string, string>;
}

interface CryptSample {
  id: string;
  op: 'verify-url' | 'encrypt' | 'decrypt' | 'signature' | 'sha1-sorted-concat';
  expect: 'ok' | 'invalid-signature' | 'invalid-appid';
  token: string;
  encodingAESKey: string;
  receiveId: string;
  random16: string;
  timestamp: string;
  nonce: string;
  signature: string;
  msg_signature: string;
  ciphertext: string;
  plaintext: string;
  body?: string;
  parts: string[];
  decrypted: { plaintext: string };
}

/** Samples are years old; the service otherwise takes ten minutes. */
const AGES = 1_000_000_000;

export const trial: Trial = (folder) =>
  withCity({ workers: false }, async (city) => {
    const outcomes: Outcome[] = [];
    for (const line of readFileSync(path.join(folder, 'callback-messages.jsonl'), 'utf8').trim().split('\n')) {
      const sample = JSON.parse(line) as MessageSample;
      if (sample.kind.endsWith('-reply')) outcomes.push(answerOf(sample));
      else
        for (const mode of ['plain', 'compatible', 'encrypted'] as const) {
          const source = await sourceWith(city, settingsFor(mode));
          const got = await deliver(city, push(sample.xml, mode, { source }), source);
          const expected = expectedOf(sample);
          outcomes.push({ sample: `${sample.id} ${sample.kind} ${mode}`, expected, got, ok: got === expected });
        }
    }
    const crypt = JSON.parse(readFileSync(path.join(folder, 'signature-and-aes.json'), 'utf8')) as CryptSample[];
    for (const sample of crypt) outcomes.push(await cryptOf(city, sample));
    return outcomes;
  });

let count = 0;
/** A source of its own for one sample: the samples share ids, which no account does. */
async function sourceWith(city: City, settings: object): Promise<string> {
  const code = `trial-${++count}`;
  await city.rows("insert into sources (code, channel, name) values ($1, 'wechat', $1)", [code]);
  city.instance.sources.forget();
  const reply = await city.call('PUT', `/v1/sources/${code}/settings`, settings);
  if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
  return code;
}

/** What became of a push: the text that was recorded, or how it was answered. */
async function deliver(city: City, request: InjectOptions, source: string): Promise<string> {
  const { status, body } = await city.inject<string>(request);
  if (status !== 200) return `refused ${status}`;
  // The message, not its appeal: the samples have one sender, whose matters are joined.
  const [row] = await city.rows<{ id: string; sealed: Buffer }>('select id, sealed from messages where source = $1', [
    source,
  ]);
  if (!row) return body === 'success' ? 'nothing to record' : 'nothing to record, greeted';
  return `recorded: ${city.instance.keyRing.open<{ body: string }>(`message:${row.id}`, row.sealed).body}`;
}

/** By the platform's documentation, from the elements as the other parser reads them. */
function expectedOf({ elements: { FromUserName, MsgType, Event, Content, Label, ...more } }: MessageSample): string {
  // 企业微信's notices to third parties come from nobody: they are no messages of an account.
  if (!FromUserName || !MsgType) return 'refused 400';
  if (MsgType === 'event') return `nothing to record${/^(subscribe|click)$/i.test(Event ?? '') ? ', greeted' : ''}`;
  const texts: Record<string, string | undefined> = {
    text: Content,
    image: '[图片]',
    voice: more.Recognition?.trim() || '[语音]',
    video: '[视频]',
    shortvideo: '[视频]',
    location: `[位置] ${Label}\n纬度 ${more.Location_X}，经度 ${more.Location_Y}`,
    link: [`[链接] ${more.Title}`, more.Description, more.Url].filter(Boolean).join('\n'),
  };
  return `recorded: ${texts[MsgType] ?? `[暂不能显示的消息：${MsgType}]`}`;
}

/** What a server answers: ours must write the same of the same elements. */
function answerOf({ id, kind, xml, elements }: MessageSample): Outcome {
  const sample = `${id} ${kind}`;
  if (elements.MsgType !== 'text')
    return {
      sample,
      expected: elements.MsgType ?? '',
      got: 'not written',
      ok: true,
      exception: 'The account chooses the kind of its passive reply (被动回复); ours are text.',
    };
  const expected = JSON.stringify(readXml(xml));
  const got = JSON.stringify(readXml(writeXml({ ...elements, CreateTime: Number(elements.CreateTime) })));
  return { sample, expected, got, ok: got === expected };
}

async function cryptOf(city: City, sample: CryptSample): Promise<Outcome> {
  const { expected, got } = await tryCrypt(city, sample);
  return { sample: sample.id, expected, got, ok: got === expected };
}

async function tryCrypt(city: City, sample: CryptSample): Promise<{ expected: string; got: string }> {
  const { op, token, encodingAESKey, receiveId, timestamp, nonce, msg_signature, ciphertext } = sample;
  const settings = { token, appId: receiveId ?? 'wx1', toleranceSeconds: AGES };
  switch (op) {
    case 'sha1-sorted-concat':
      return { expected: sample.signature, got: sortedSha1(sample.parts) };
    case 'signature':
    case 'verify-url': {
      const encrypted = op === 'verify-url';
      const source = await sourceWith(city, encrypted ? { ...settings, encodingAesKey: encodingAESKey } : settings);
      const signed: Record<string, string> = encrypted
        ? { msg_signature, echostr: ciphertext }
        : { signature: sample.signature, echostr: 'e' };
      const url = `/v1/webhooks/wechat/${source}`;
      const { status, body } = await city.inject<string>({
        method: 'GET',
        url,
        query: { timestamp, nonce, ...signed },
      });
      const expected = sample.expect === 'ok' ? (encrypted ? sample.decrypted.plaintext : 'e') : 'refused 403';
      return { expected, got: status === 200 ? body : `refused ${status}` };
    }
    case 'encrypt': {
      const sealed = encrypt(encodingAESKey, receiveId, sample.plaintext, Buffer.from(sample.random16));
      const signature = msg_signature && sortedSha1([token, timestamp, nonce, sealed]);
      return { expected: `${ciphertext} ${msg_signature ?? ''}`, got: `${sealed} ${signature ?? ''}` };
    }
    case 'decrypt': {
      const plain = sample.decrypted.plaintext;
      if (sample.expect === 'ok' && !plain.includes('<MsgType>'))
        return { expected: plain, got: String(decrypt(encodingAESKey, receiveId, ciphertext)) };
      const source = await sourceWith(city, { ...settings, encodingAesKey: encodingAESKey });
      const payload = sample.body ?? `<xml><Encrypt><![CDATA[${ciphertext}]]></Encrypt></xml>`;
      const url = `/v1/webhooks/wechat/${source}`;
      const got = await deliver(
        city,
        { method: 'POST', url, query: { timestamp, nonce, msg_signature }, payload },
        source,
      );
      if (sample.expect !== 'ok') return { expected: 'refused 403', got };
      const elements = readXml(plain) as Record<string, string>;
      return { expected: expectedOf({ id: '', kind: '', xml: plain, elements }), got };
    }
  }
}
