import type { Direction } from '../../calls/call-event.ts';
import { lineNumber } from '../../calls/lines.ts';
import type { Zone } from '../../deadlines/zone.ts';
import { fieldProblem } from '../../platform/problem.ts';

/** What a source was told of its call centre (`phoneSettings`). */
export interface PhoneSettings {
  secret: string;
  signature?: 'hmac' | 'key';
  provider?: string;
  times?: 'local' | 'utc';
  lines?: Record<string, string>;
  recordingBase?: string;
  recordingFolder?: string;
  recordingAuthorization?: string;
  recordingVariable?: string;
}

/** How the records that a source tells of are to be read. */
export interface Reading {
  source: string;
  zone: Zone;
  settings: PhoneSettings;
}

/** A field of a switch's record by its own name; undefined when it is missing, empty or no text. */
export type Field = (name: string) => string | undefined;

export function fieldsOf(record: Readonly<Record<string, unknown>>): Field {
  return (name) => {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
}

const STAMP = /^(\d{4}-\d{2}-\d{2})[ T](\d{1,2}):(\d{2}):(\d{2})(\.\d{1,12})?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * A time as switches write it, `2026-03-10 09:59:00.123456`, in the city's zone or UTC unless it names its own.
 * @throws ProblemError 400 naming the field.
 */
export function readStamp({ zone, settings }: Reading, field: Field, name: string): string | undefined {
  const text = field(name);
  if (text === undefined || /^0000-00-00/.test(text)) return undefined;
  const stamp = STAMP.exec(text);
  const [, date = '', hours, minutes, seconds, fraction = '', offset] = stamp ?? [];
  const ms = Math.floor(Number(`0${fraction || '.0'}`) * 1000);
  const inUtc = new Date(`${date}T${hours?.padStart(2, '0')}:${minutes}:${seconds}.${String(ms).padStart(3, '0')}Z`);
  // JavaScript forgives the 31st of February; a switch never says it.
  if (!stamp || Number.isNaN(inUtc.getTime()) || !inUtc.toISOString().startsWith(date))
    throw fieldProblem(`/${name}`, 'is not a time', '不是有效时间');
  if (offset !== undefined && offset !== 'Z') {
    const [, sign, h, m] = /^([+-])(\d{2}):?(\d{2})$/.exec(offset) ?? [];
    return new Date(inUtc.getTime() - Number(`${sign}1`) * (Number(h) * 60 + Number(m)) * 60_000).toISOString();
  }
  if (offset === 'Z' || settings.times === 'utc') return inUtc.toISOString();
  const minutesOfDay = Number(hours) * 60 + Number(minutes) + (Number(seconds) * 1000 + ms) / 60_000;
  return zone.instantOf(zone.parseDate(date), minutesOfDay).toISOString();
}

/** Seconds since 1970, or microseconds; 0 is never. @throws ProblemError 400 naming the field. */
export function readEpoch(field: Field, name: string, perSecond: 1 | 1_000_000): string | undefined {
  const text = field(name);
  if (text === undefined || /^0+$/.test(text)) return undefined;
  const ms = /^\d{1,17}(\.\d{1,9})?$/.test(text) ? Math.floor((Number(text) / perSecond) * 1000) : Number.NaN;
  if (!(ms < Date.UTC(3000, 0))) throw fieldProblem(`/${name}`, 'is not a time', '不是有效时间');
  return new Date(ms).toISOString();
}

const WEEK_SECONDS = 604_800;

/** Whole seconds of a length; what is none, or longer than a week, says nothing. */
export function readSeconds(field: Field, name: string): number | undefined {
  const seconds = Number(field(name) ?? Number.NaN);
  return seconds >= 0 && seconds <= WEEK_SECONDS ? Math.round(seconds) : undefined;
}

/** Short numbers of the public network: 110, 12345, 10086, 95588, 96110 and the like. */
const PUBLIC_SHORT = /^(1[12]\d|(1[0-2]|9[56])\d{3,4})$/;

/** Two to six digits that are no short number of the public network. */
export const isExtension = (number: string | undefined): boolean =>
  /^\d{2,6}$/.test(number ?? '') && !PUBLIC_SHORT.test(number ?? '');

/** Whether a caller shows the number of a line of ours: it is us who call. */
export function isLine({ source, settings: { lines = {} } }: Reading, caller: string | undefined): boolean {
  const number = lineNumber(caller ?? '');
  return (
    number !== '' &&
    [source, ...Object.keys(lines), ...Object.values(lines)].some((line) => lineNumber(line) === number)
  );
}

/** A switch calls every call that reaches it inbound, its own extensions' too: who calls whom decides. */
export function directionOf(reading: Reading, caller: string | undefined, called: string | undefined): Direction {
  if (!isExtension(caller) && !isLine(reading, caller)) return 'inbound';
  return isExtension(called) ? 'internal' : 'outbound';
}

/** A call-taker's name as a switch gives it; undefined when it is a telephone number of the public network: somebody's own. */
export const agentName = (name: string | undefined): string | undefined =>
  name === undefined || /^\+?\d{7,}$/.test(name) ? undefined : cut(name, 64);

const partsOf = (path: string): string[] =>
  path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');

/** Where a recording is, from its address or its name; of an absolute name the part below `recordingFolder` counts. */
export function recordingUrl({ settings }: Reading, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (/^https?:\/\//i.test(name)) return name.slice(0, 1000);
  if (settings.recordingBase === undefined) return undefined;
  const parts = partsOf(name);
  const folder = name.startsWith('/') ? partsOf(settings.recordingFolder ?? '') : [];
  const file = folder.every((part, at) => part === parts[at]) ? parts.slice(folder.length) : parts;
  return `${settings.recordingBase.replace(/\/$/, '')}/${file.map(encodeURIComponent).join('/')}`.slice(0, 1000);
}

/** Keeps text within what a field of the event may hold. */
export const cut = (text: string | undefined, length: number): string | undefined =>
  text === undefined ? undefined : [...text].slice(0, length).join('');

/** Without the fields that say nothing. */
export const stated = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
