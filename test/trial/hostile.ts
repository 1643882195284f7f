import type { InjectOptions } from 'fastify';
import { connect } from '../calls/support.ts';
import { openMailbox } from '../support/mail.ts';
import { openPortal, proof } from '../support/portal.ts';
import * as wechatSupport from '../support/wechat.ts';
import * as weiboSupport from '../support/weibo.ts';
import { hostile as cdr } from './hostile-cdr.ts';
import { hostile as email } from './hostile-email.ts';
import { hostile as json } from './hostile-json.ts';
import { hostile as open311 } from './hostile-open311.ts';
import { hostile as portal } from './hostile-portal.ts';
import { hostile as wechat } from './hostile-wechat.ts';
import { hostile as weibo } from './hostile-weibo.ts';
import { type Service, withService } from './service.ts';

/** Requests after which the memory is looked at once more. */
const EVERY = 500;
/** Requests under way at once. */
const AT_ONCE = 4;
/** What was learnt and compiled in the beginning is no leak: the slope is taken of what comes after this share. */
const WARM = 0.4;
/** Mebibytes per thousand requests that are noise of the collector, not a leak. */
const NO_SLOPE = 1;
const MB = 2 ** 20;

/**
 * Sends `count` hostile requests by turns to the program in a process of its own. Well when each was answered, none 5xx but 503,
 * the service still takes a message, and its memory (after a full collection) does not climb.
 */
export async function runHostile(count: number, only: string | undefined) {
  return withService(async (service) => {
    const protocols = await open(service);
    const turns = Object.entries(protocols).filter(([name]) => only === undefined || only === name);
    if (turns.length === 0) throw new Error(`--only: one of ${Object.keys(protocols).join(', ')}`);
    const answered: Record<string, Record<string, number>> = {};
    const failures: { name: string; seed: number; status: string }[] = [];
    const memory: { sent: number; rss: number; heap: number; external: number }[] = [];
    let next = 0;
    async function send(until: number): Promise<void> {
      for (let seed = next++; seed < until; seed = next++) {
        const [name, make] = turns[seed % turns.length] ?? [];
        if (name === undefined || make === undefined) return;
        const status = await service.inject(make(seed)).then(
          (reply) => String(reply.status),
          (error: Error) => error.message,
        );
        answered[name] ??= {};
        answered[name][status] = (answered[name][status] ?? 0) + 1;
        // No answer at all is none that refuses clearly.
        if (!/^[1-4]/.test(status) && status !== '503') failures.push({ name, seed, status });
      }
    }
    for (let sent = 0; sent < count; ) {
      const until = Math.min(count, sent + EVERY);
      next = sent;
      await Promise.all(Array.from({ length: AT_ONCE }, () => send(until)));
      sent = until;
      const { rss, heapUsed, external } = await service.memory();
      const now = { sent, rss: toMb(rss), heap: toMb(heapUsed), external: toMb(external) };
      memory.push(now);
      console.error(`trial: ${sent} of ${count}, RSS ${now.rss}, heap ${now.heap}, external ${now.external} MiB`);
    }
    const { status } = await service.call('POST', '/v1/channels/phone/messages', {
      source: '12345',
      externalId: 'after',
      body: '想了解一下近期的便民活动安排',
    });
    const warm = memory.filter(({ sent }) => sent >= count * WARM);
    const slope = slopeOf(warm.map(({ sent, rss }) => [sent / 1_000, rss]));
    const heapSlope = slopeOf(warm.map(({ sent, heap }) => [sent / 1_000, heap]));
    console.table(answered);
    console.table(memory);
    for (const each of failures.slice(0, 20)) console.log(`${each.name} ${each.seed}: ${each.status}`);
    console.log(
      `memory once warm, MiB per 1,000 requests: RSS ${slope.toFixed(2)}, heap ${heapSlope.toFixed(2)} (a leak from ${NO_SLOPE} on)`,
    );
    const alive = status === 201;
    const ok = alive && failures.length === 0 && slope < NO_SLOPE && heapSlope < NO_SLOPE;
    return { ok, alive, answered, failures, memory, rssSlope: slope, heapSlope };
  });
}

/** Opens every channel. @returns the hostile requests by protocol. */
async function open(service: Service): Promise<Record<string, (seed: number) => InjectOptions>> {
  await connect(service);
  await openMailbox(service);
  await openPortal(service);
  await service.call('PUT', '/v1/sources/wechat-12345/settings', wechatSupport.settingsFor('compatible'));
  await service.call('PUT', '/v1/sources/weibo-12345/settings', { appSecret: weiboSupport.APP_SECRET });
  const altcha = await proof(service);
  return {
    json,
    wechat: (seed) => wechat(seed, 'encrypted'),
    weibo,
    email,
    cdr,
    open311,
    portal: (seed) => portal(seed, altcha),
  };
}

const toMb = (bytes: number): number => Math.round((bytes / MB) * 10) / 10;

/** The median of the slopes between any two points (Theil-Sen): one pause of the collector does not tilt it. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const slopes = points
    .flatMap(([x, y], at) => points.slice(at + 1).map(([laterX, laterY]) => (laterY - y) / (laterX - x)))
    .sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}
