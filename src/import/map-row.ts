import { createHash } from 'node:crypto';
import type { ChannelName } from '../channels/channel.ts';
import type { ImportMap, TextRule } from './map.ts';
import { type ReadTime, readTime } from './times.ts';

/** Body of `POST /v1/channels/{channel}/messages`, without `receivedAt` and `historic`, which are not of the row alone. */
export interface MappedRow {
  channel: ChannelName;
  body: { source: string; externalId: string; body: string; [field: string]: unknown };
  time: ReadTime | undefined;
}

/** Why a row cannot become a message; holds no content of the row but the value of a table's field. */
export interface RowRefusal {
  refused: string;
}

type Row = Record<string, unknown>;

/** Where each channel keeps its own identity of the sender. */
const ACCOUNT_FIELDS: Record<ChannelName, [block: string, field: string] | undefined> = {
  phone: undefined,
  wechat: ['wechat', 'openId'],
  weibo: ['weibo', 'uid'],
  mailbox: ['mail', 'from'],
  portal: ['form', 'account'],
};

/** Turns one row of the file into a message by the map. */
export function mapRow(map: ImportMap, row: unknown, options: { inventPhones: boolean }): MappedRow | RowRefusal {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return { refused: 'the row is not a JSON object' };
  const record = row as Row;
  const place = 'channel' in map.source ? map.source : lookUp(record, map.source);
  if (place === undefined || place === null) return unlisted('source', record, (map.source as { field: string }).field);
  const externalId = textOf(record, map.externalId);
  if (externalId === undefined) return { refused: 'externalId: the field is absent or empty' };
  const body = textOf(record, map.body);
  if (body === undefined) return { refused: 'body: the field is absent or empty' };
  const nature = typeof map.nature === 'object' ? lookUp(record, map.nature) : map.nature;
  if (typeof map.nature === 'object' && nature === undefined) return unlisted('nature', record, map.nature.field);
  const region = typeof map.region === 'object' ? lookUp(record, map.region) : map.region;
  if (typeof map.region === 'object' && region === undefined) return unlisted('region', record, map.region.field);
  const time = map.receivedAt === undefined ? undefined : readTime(textOf(record, map.receivedAt) ?? '', map.timeZone);
  if (map.receivedAt !== undefined && time === undefined)
    return { refused: `receivedAt: ${map.receivedAt} is absent or not a time` };
  const account = map.sender?.account && textOf(record, map.sender.account);
  const block = ACCOUNT_FIELDS[place.channel];
  return {
    channel: place.channel,
    time,
    body: {
      source: place.source,
      externalId,
      body,
      ...present({
        title: map.title && textOf(record, map.title),
        nature,
        address: map.address && textOf(record, map.address),
        region,
        sender: toSender(map, record, options.inventPhones ? `${place.source}:${externalId}` : undefined),
      }),
      ...(account && block ? { [block[0]]: { [block[1]]: account } } : {}),
    },
  };
}

function toSender(map: ImportMap, row: Row, inventFor: string | undefined): object | undefined {
  const rules = map.sender ?? {};
  const person = rules.person && textOf(row, rules.person);
  const phone =
    (rules.phone && textOf(row, rules.phone)) ??
    (inventFor === undefined ? undefined : inventPhone(person ? `person:${person}` : `row:${inventFor}`));
  const anonymous =
    rules.anonymous === undefined ? undefined : ['true', '1', '是'].includes(textOf(row, rules.anonymous) ?? '');
  const sender = present({ name: rules.name && textOf(row, rules.name), phone, verified: rules.verified, anonymous });
  return Object.keys(sender).length > 0 ? sender : undefined;
}

/**
 * A well-formed Chinese mobile number for somebody the data keep nameless; the same person always gets the same. It may
 * belong to somebody: for trials only, never with a real gateway.
 */
export function inventPhone(person: string): string {
  const number = createHash('sha256').update(person).digest().readUInt32BE(0) % 100_000_000;
  return `139${String(number).padStart(8, '0')}`;
}

function unlisted(target: string, row: Row, field: string): RowRefusal {
  const value = textOf(row, field);
  return {
    refused:
      value === undefined
        ? `${target}: ${field} is absent or empty`
        : `${target}: ${field} ${JSON.stringify(value.slice(0, 40))} is not listed in the map`,
  };
}

/** Undefined: refuse. Null: leave out. */
function lookUp<T>(
  row: Row,
  table: { field: string; values: Record<string, T>; otherwise?: T | null },
): T | null | undefined {
  const value = textOf(row, table.field);
  if (value !== undefined && Object.hasOwn(table.values, value)) return table.values[value];
  return table.otherwise;
}

function textOf(row: Row, rule: TextRule): string | undefined {
  if (typeof rule === 'object' && 'constant' in rule) return rule.constant;
  const fields = typeof rule === 'string' ? [rule] : rule.fields;
  const parts = fields.flatMap((field) => scalarOf(row, field) ?? []);
  return parts.length > 0 ? parts.join(typeof rule === 'string' ? '' : (rule.join ?? ' ')) : undefined;
}

/** Value of a field as text; `a.b` looks into objects. Absent, empty and anything but text, number or yes/no: undefined. */
function scalarOf(row: Row, field: string): string | undefined {
  let value: unknown = row[field];
  if (value === undefined && field.includes('.')) {
    value = field
      .split('.')
      .reduce<unknown>(
        (inner, name) => (typeof inner === 'object' && inner !== null ? (inner as Row)[name] : undefined),
        row,
      );
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
