import type { FileHandle } from 'node:fs/promises';
import { maskName, maskPhone, maskText } from '../platform/access/masking.ts';
import type { ImportMap } from './map.ts';
import { type Plan, readRow } from './plan.ts';
import { createTally } from './tally.ts';

const SHOWN = 3;
const SHOWN_TEXT = 60;

/** What an import would post: the first rows, masked and cut short, and how many go where. */
export async function describePlan(
  plan: Plan,
  file: FileHandle,
  reading: { map: ImportMap; inventPhones: boolean },
): Promise<string[]> {
  const lines = [`First ${Math.min(SHOWN, plan.rows.length)} rows in the order of posting, personal data masked:`];
  for (const planned of plan.rows.slice(0, SHOWN)) {
    const { buffer } = await file.read(Buffer.alloc(planned.length), 0, planned.length, planned.offset);
    const mapped = readRow(reading, buffer.toString('utf8').replace(/^\uFEFF/, ''));
    if ('refused' in mapped) continue;
    const receivedAt = planned.at === undefined ? undefined : new Date(planned.at).toISOString();
    lines.push(
      `line ${planned.row}: POST /v1/channels/${mapped.channel}/messages`,
      JSON.stringify({ ...mapped.body, receivedAt }, shorten, 2),
    );
  }
  const places = new Map<string, number>();
  for (const { channel, source } of plan.rows)
    places.set(`${channel}/${source}`, (places.get(`${channel}/${source}`) ?? 0) + 1);
  lines.push('', ...[...places].sort().map(([place, count]) => `${place.padEnd(28)}${String(count).padStart(12)}`));
  lines.push(
    `${'rows to post'.padEnd(28)}${String(plan.rows.length).padStart(12)}`,
    `${'rows not mapped'.padEnd(28)}${String(plan.refused.length).padStart(12)}`,
  );
  lines.push(...plan.remarks.toLines());
  if (plan.refused.length === 0) return lines;
  const tally = createTally();
  for (const { row, reason } of plan.refused) tally.refuse(undefined, row, reason);
  const table = tally.toLines();
  return [...lines, ...table.slice(table.indexOf('refused because') - 1)];
}

function shorten(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (name === 'phone') return maskPhone(value);
  if (name === 'name') return maskName(value);
  if (name === 'receivedAt' || name === 'externalId') return value;
  if (['account', 'openId', 'uid', 'from'].includes(name)) return `${[...value].slice(0, 3).join('')}***`;
  const text = maskText(value);
  return text.length > SHOWN_TEXT ? `${[...text].slice(0, SHOWN_TEXT).join('')}…` : text;
}
