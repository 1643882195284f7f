import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sortedSha1 } from '../../src/channels/webhook/signature.ts';
import type { City } from '../support/city.ts';
import { message, push } from '../support/weibo.ts';
import { withCity } from './city.ts';
import type { Outcome, Trial } from './trial.ts';

interface MessageSample {
  id: string;
  kind: string;
  raw: string;
  valid_json: boolean;
}
interface SignatureSample {
  id: string;
  appsecret: string;
  timestamp: string;
  nonce: string;
  sha1_full_computed: string;
}

export const trial: Trial = (folder) =>
  withCity({ workers: false }, async (city) => {
    const outcomes: Outcome[] = [];
    const signatures = JSON.parse(readFileSync(path.join(folder, 'signature.json'), 'utf8')) as SignatureSample[];
    for (const { id, appsecret, timestamp, nonce, sha1_full_computed: signature } of signatures) {
      // The sample is years old; the service otherwise takes ten minutes.
      await configure(city, { appSecret: appsecret, toleranceSeconds: 1_000_000_000 });
      const query = { signature, timestamp, nonce, echostr: id };
      const reply = await city.inject<string>({ method: 'GET', url: '/v1/webhooks/weibo/weibo-12345', query });
      const got = `${sortedSha1([appsecret, timestamp, nonce])} ${reply.body}`;
      outcomes.push({ sample: id, expected: `${signature} ${id}`, got, ok: got === `${signature} ${id}` });
    }
    for (const line of readFileSync(path.join(folder, 'messages.jsonl'), 'utf8').trim().split('\n'))
      outcomes.push(await outcomeOf(city, JSON.parse(line) as MessageSample));
    return outcomes;
  });

async function configure(city: City, settings: object): Promise<void> {
  const reply = await city.call('PUT', '/v1/sources/weibo-12345/settings', settings);
  if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
}

async function outcomeOf(city: City, { id, kind, raw, valid_json }: MessageSample): Promise<Outcome> {
  if (kind === 'reply') {
    const { body } = await city.inject<Record<string, unknown>>(push(message()));
    const [expected, got] = [JSON.parse(raw) as Record<string, unknown>, body].map(shapeOf);
    return { sample: id, expected: expected ?? '', got: got ?? '', ok: got === expected };
  }
  const expected = valid_json ? expectedOf(JSON.parse(raw) as Record<string, unknown>) : 'refused 400';
  const before = await bodies(city);
  const { status } = await city.inject(push(raw));
  const fresh = (await bodies(city)).slice(before.length);
  const got =
    status !== 200 ? `refused ${status}` : fresh[0] === undefined ? 'nothing to record' : `recorded: ${fresh[0]}`;
  return { sample: `${id} ${kind}`, expected, got, ok: got === expected };
}

/** Field names, and what stands in `data`: ids and words are each one's own. */
function shapeOf(reply: Record<string, unknown>): string {
  const data = JSON.parse(decodeURIComponent(String(reply.data))) as object;
  return `${Object.keys(reply).sort().join(' ')}: ${reply.type} with ${Object.keys(data).join(' ')}`;
}

/** By Weibo's pages: text as it is written, places with their coordinates, files by their kind, nothing of events. */
function expectedOf({ type, text, data }: Record<string, unknown>): string {
  const { latitude, longitude } = (data ?? {}) as Record<string, string>;
  const texts: Record<string, string> = {
    text: String(text),
    mention: String(text),
    position: `${`[位置] ${text === '发送了一个位置' ? '' : text}`.trim()}\n纬度 ${latitude}，经度 ${longitude}`,
    voice: '[语音]',
    image: '[图片]',
  };
  const body = texts[String(type)];
  return body === undefined ? 'nothing to record' : `recorded: ${body}`;
}

async function bodies(city: City): Promise<string[]> {
  return (await city.all<{ body: string }>('/v1/appeals?source=weibo-12345&limit=100'))
    .map(({ body }) => body)
    .reverse();
}
