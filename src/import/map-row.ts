import { createHash } from 'node:crypto';
import { parsePhone } from '../appeals/phone-number.ts';
import type { ChannelName } from '../channels/channel.ts';
import type { ImportMap, TextRule, YesNoRule } from './map.ts';
import { type ReadTime, readTime } from './times.ts';
import { readYesNo, type YesNoTarget } from './yes-no.ts';

/** Body of `POST /v1/channels/{channel}/messages`, without `receivedAt` and `historic`, which are not of the row alone. */
export interface MappedRow {
  channel: ChannelName;
  body: { source: string; externalId: string; body: string; [field: string]: unknown };
  time: ReadTime | undefined;
  /** What is wrong with the row, though it can be posted; no content of it. */
  remarks: string[];
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

/** Ends the reading of a row; the message is its refusal. */
class RowFault extends Error {}

/** Turns one row of the file into a message by the map. */
export function mapRow(map: ImportMap, row: unknown, options: { inventPhones: boolean }): MappedRow | RowRefusal {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return { refused: 'the row is not a JSON object' };
  try {
    return toMessage(map, row as Row, options.inventPhones);
  } catch (error) {
    if (error instanceof RowFault) return { refused: error.message };
    throw error;
  }
}

function toMessage(map: ImportMap, row: Row, inventPhones: boolean): MappedRow {
  const place = 'channel' in map.source ? map.source : lookUp('source', row, map.source);
  if (place === null) throw unlisted('source', row, (map.source as { field: string }).field);
  const externalId = exactTextOf('externalId', row, map.externalId);
  if (externalId === undefined) throw new RowFault('externalId: the field is absent or empty');
  const body = textOf(row, map.body);
  if (body === undefined) throw new RowFault('body: the field is absent or empty');
  const time = map.receivedAt === undefined ? undefined : timeOf(row, map.receivedAt, map.timeZone);
  const sender = toSender(map, row, inventPhones ? `${place.source}:${externalId}` : undefined);
  const publish = place.channel === 'portal' ? yesNoOf('publish', row, map.publish) : undefined;
  const account = map.sender?.account && exactTextOf('sender.account', row, map.sender.account);
  const [block, field] = ACCOUNT_FIELDS[place.channel] ?? [];
  const own = present({ ...(field ? { [field]: account } : {}), publish });
  return {
    channel: place.channel,
    time,
    remarks: remarksOn(map, row, sender.phone),
    body: {
      source: place.source,
      externalId,
      body,
      ...present({
        title: map.title && textOf(row, map.title),
        nature: typeof map.nature === 'object' ? lookUp('nature', row, map.nature) : map.nature,
        address: map.address && textOf(row, map.address),
        region: typeof map.region === 'object' ? lookUp('region', row, map.region) : map.region,
        sender: Object.keys(sender).length > 0 ? sender : undefined,
      }),
      ...(block && Object.keys(own).length > 0 ? { [block]: own } : {}),
    },
  };
}

function toSender(map: ImportMap, row: Row, inventFor: string | undefined): { phone?: string } {
  const rules = map.sender ?? {};
  const person = rules.person && textOf(row, rules.person);
  const phone =
    (rules.phone && exactTextOf('sender.phone', row, rules.phone)) ??
    (inventFor === undefined ? undefined : inventPhone(person ? `person:${person}` : `row:${inventFor}`));
  return present({
    name: rules.name && textOf(row, rules.name),
    phone,
    verified: rules.verified,
    anonymous: yesNoOf('anonymous', row, rules.anonymous),
    confidential: yesNoOf('confidential', row, rules.confidential),
  });
}

function remarksOn(map: ImportMap, row: Row, phone: string | undefined): string[] {
  const absent = map.fields.filter((field) => fieldOf(row, field) === undefined);
  const unusable = phone !== undefined && parsePhone(phone) === undefined;
  return [
    ...absent.map((field) => `the field ${field} is absent`),
    ...(unusable ? ['sender.phone is no usable telephone number'] : []),
  ];
}

/**
 * A well-formed Chinese mobile number for somebody the data keep nameless; the same person always gets the same. It may
 * belong to somebody: for trials only, never with a real gateway.
 */
export function inventPhone(person: string): string {
  const number = createHash('sha256').update(person).digest().readUInt32BE(0) % 100_000_000;
  return `139${String(number).padStart(8, '0')}`;
}

/** A day as spreadsheets keep it, counted since 1900 or 1904: only the sheet knows which, and that it is a day. */
const SERIAL_DAY = /^\d{5}(\.\d+)?$/;

function timeOf(row: Row, field: string, timeZone: string): ReadTime {
  const text = textOf(row, field);
  if (text === undefined) throw new RowFault(`receivedAt: ${field} is absent or empty`);
  if (SERIAL_DAY.test(text))
    throw new RowFault(`receivedAt: ${field} is a bare number; give the column a date format in the sheet, save again`);
  const time = readTime(text, timeZone);
  if (time === undefined)
    throw new RowFault(`receivedAt: ${field} is not a time such as 2026-11-25 08:30 or 2026/11/25 8:30, year first`);
  return time;
}

function yesNoOf(target: YesNoTarget, row: Row, rule: YesNoRule | undefined): boolean | undefined {
  if (rule === undefined) return undefined;
  if (typeof rule === 'object') return textOf(row, rule.field) !== undefined && lookUp(target, row, rule) === true;
  const answer = readYesNo(textOf(row, rule) ?? '', target);
  if (answer === undefined) throw unlisted(target, row, rule, 'is neither yes nor no; list it in the map');
  return answer;
}

function unlisted(target: string, row: Row, field: string, why = 'is not listed in the map'): RowFault {
  const value = textOf(row, field);
  return new RowFault(
    value === undefined
      ? `${target}: ${field} is absent or empty`
      : `${target}: ${field} ${JSON.stringify(value.slice(0, 40))} ${why}`,
  );
}

/** @returns null: leave out. @throws RowFault when the value is not listed and there is no `otherwise`. */
function lookUp<T>(
  target: string,
  row: Row,
  table: { field: string; values: Record<string, T>; otherwise?: T | null },
): T | null {
  const value = textOf(row, table.field);
  if (value !== undefined && Object.hasOwn(table.values, value)) return table.values[value] as T;
  if (table.otherwise === undefined) throw unlisted(target, row, table.field);
  return table.otherwise;
}

/** A number as spreadsheets show it when it is too long for them: its last digits are gone. */
const ROUNDED = /^\d(\.\d+E\+?|E\+)\d{1,3}$/i;

/** Text that somebody is found by: a rounded number would be somebody else's. @throws RowFault */
function exactTextOf(target: string, row: Row, rule: TextRule): string | undefined {
  const fields = typeof rule === 'string' ? [rule] : 'fields' in rule ? rule.fields : [];
  const rounded = fields.find((field) => ROUNDED.test(scalarOf(row, field)?.trim() ?? ''));
  if (rounded !== undefined)
    throw new RowFault(`${target}: ${rounded} is a number that was rounded; make the column text in the sheet`);
  return textOf(row, rule);
}

function textOf(row: Row, rule: TextRule): string | undefined {
  if (typeof rule === 'object' && 'constant' in rule) return rule.constant;
  const fields = typeof rule === 'string' ? [rule] : rule.fields;
  const parts = fields.flatMap((field) => scalarOf(row, field) ?? []);
  return parts.length > 0 ? parts.join(typeof rule === 'string' ? '' : (rule.join ?? ' ')) : undefined;
}

/** Value of a field as text. Absent, empty and anything but text, number or yes/no: undefined. */
function scalarOf(row: Row, field: string): string | undefined {
  const value = fieldOf(row, field);
  // JSON's long numbers are rounded when they are read.
  if (typeof value === 'number')
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** `a.b` looks into objects. */
function fieldOf(row: Row, field: string): unknown {
  if (row[field] !== undefined || !field.includes('.')) return row[field];
  return field
    .split('.')
    .reduce<unknown>(
      (inner, name) => (typeof inner === 'object' && inner !== null ? (inner as Row)[name] : undefined),
      row,
    );
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
