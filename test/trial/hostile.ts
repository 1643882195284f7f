import type { InjectOptions } from 'fastify';
import { connect } from '../calls/support.ts';
import { openMailbox } from '../support/mail.ts';
import { openPortal } from '../support/portal.ts';
import * as wechatSupport from '../support/wechat.ts';
import * as weiboSupport from '../support/weibo.ts';
import { withCity } from './city.ts';
import { hostile as cdr } from './hostile-cdr.ts';
import { hostile as email } from './hostile-email.ts';
import { hostile as open311 } from './hostile-open311.ts';
import { hostile as portal } from './hostile-portal.ts';
import { hostile as wechat } from './hostile-wechat.ts';
import { hostile as weibo } from './hostile-weibo.ts';

const protocols: Record<string, (seed: number) => InjectOptions> = { wechat, weibo, email, cdr, open311, portal };

/** Requests after which the memory is looked at once more. */
const EVERY = 500;
/** What was learnt and compiled in the beginning is no leak: the slope is taken of what comes after this share. */
const WARM = 0.3;
/** Megabytes per thousand requests that are noise of the collector, not a leak. */
const NO_SLOPE = 2;
const MB = 2 ** 20;

/** Sends `count` hostile requests by turns. Well when none was answered 5xx but 503, and the memory does not climb. */
export async function runHostile(count: number, only: string | undefined) {
  return withCity({ workers: false }, async (city) => {
    await connect(city);
    await openMailbox(city);
    await openPortal(city);
    await city.call('PUT', '/v1/sources/wechat-12345/settings', wechatSupport.settingsFor('compatible'));
    await city.call('PUT', '/v1/sources/weibo-12345/settings', { appSecret: weiboSupport.APP_SECRET });
    const turns = Object.entries(protocols).filter(([name]) => only === undefined || only === name);
    const answered: Record<string, Record<string, number>> = {};
    const rss: { sent: number; mb: number }[] = [];
    for (let sent = 0; sent < count; sent++) {
      const [name, make] = turns[sent % turns.length] ?? [];
      if (name === undefined || make === undefined) break;
      const status = String((await city.app.inject(make(sent))).statusCode);
      answered[name] ??= {};
      answered[name][status] = (answered[name][status] ?? 0) + 1;
      if ((sent + 1) % EVERY === 0) {
        globalThis.gc?.();
        rss.push({ sent: sent + 1, mb: Math.round(process.memoryUsage().rss / MB) });
        console.error(`trial: ${sent + 1} of ${count}, ${rss.at(-1)?.mb} MiB`);
      }
    }
    const alive = (await city.post('phone')).status === 201;
    const slope = slopeOf(rss.filter(({ sent }) => sent >= count * WARM));
    const failures = Object.values(answered).flatMap((byStatus) =>
      Object.keys(byStatus).filter((status) => status.startsWith('5') && status !== '503'),
    );
    console.table(answered);
    console.log(
      `memory: ${rss.map(({ mb }) => mb).join(' ')} MiB; ${slope.toFixed(2)} MiB per 1,000 requests once warm`,
    );
    const ok = alive && failures.length === 0 && slope < NO_SLOPE;
    return { ok, alive, answered, rss, slopeMibPerThousand: Number(slope.toFixed(2)) };
  });
}

/** Least squares, in MiB per thousand requests. */
function slopeOf(points: readonly { sent: number; mb: number }[]): number {
  const n = points.length;
  if (n < 2) return 0;
  const x = points.map(({ sent }) => sent / 1_000);
  const y = points.map(({ mb }) => mb);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / n;
  const [mx, my] = [mean(x), mean(y)];
  const over = x.reduce((sum, value, at) => sum + (value - mx) * ((y[at] ?? 0) - my), 0);
  return over / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}
