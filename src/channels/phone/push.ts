import { isUtf8 } from 'node:buffer';
import { type CallEvent, CallEventSchema } from '../../calls/call-event.ts';
import { checkTimes } from '../../calls/check-event.ts';
import { fieldProblem, ProblemError, type ProblemField } from '../../platform/problem.ts';
import { bodyChecker, findUnusableText, unusableText } from '../../platform/validation.ts';
import { fromAsterisk, isAsterisk, readLines } from './asterisk.ts';
import { readCdrXml, unreadable } from './cdr-xml.ts';
import { fromFreeSwitch, isCdr, isRow, isSocketEvent } from './freeswitch.ts';
import { readHeaderBlocks } from './headers.ts';
import { isLine, type Reading } from './native.ts';

/** Records of one push: call centres that were offline send what they have in arrays. */
const MOST_RECORDS = 200;

const checkForm = bodyChecker(CallEventSchema);

export interface ReadPush {
  events: CallEvent[];
  /** Records that could not be taken, by their place in the push. */
  refused: { index: number; errors: ProblemField[] }[];
}

/**
 * The events of a push, whichever of the forms it has: by content type, and each record by the fields it has.
 * @param closed providers that this source may not name.
 * @throws ProblemError 400 when the body is none of them, holds too many records, or not one that can be taken.
 */
export function readPush(
  reading: Reading,
  closed: ReadonlySet<string>,
  contentType: string | undefined,
  body: Buffer,
  now: Date,
): ReadPush {
  const records = recordsOf((contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '', body);
  if (records.length === 0) throw unreadable('is empty', '为空');
  if (records.length > MOST_RECORDS)
    throw fieldProblem('', `holds more than ${MOST_RECORDS} records`, `超过 ${MOST_RECORDS} 条记录`);
  const events: CallEvent[] = [];
  const refused: ReadPush['refused'] = [];
  for (const [index, record] of records.entries()) {
    try {
      const event = eventOf(reading, record, now);
      if (event.provider !== undefined && closed.has(event.provider))
        throw fieldProblem('/provider', 'is the provider of another source', '是其他来源的话单提供方');
      events.push(event);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      refused.push({ index, errors: error.errors ?? [] });
    }
  }
  if (events.length === 0) throw allRefused(refused);
  return { events, refused };
}

function eventOf(reading: Reading, record: unknown, now: Date): CallEvent {
  checkText(record);
  const event = translate(reading, record);
  // Some switches encode what their fields hold: it is read only now.
  checkText(event);
  const wrong = checkTimes(event, '', now);
  if (wrong) throw wrong;
  return event;
}

function checkText(value: unknown): void {
  const bad = findUnusableText(value, '');
  if (bad !== undefined) throw unusableText(bad);
}

function translate(reading: Reading, record: unknown): CallEvent {
  if (typeof record === 'object' && record !== null && !Array.isArray(record) && !('callId' in record)) {
    const document = record as Record<string, unknown>;
    if (isCdr(document) || isSocketEvent(document) || isRow(document)) return fromFreeSwitch(reading, document);
    if (isAsterisk(document)) return fromAsterisk(reading, document);
  }
  checkForm(record);
  const event = record as CallEvent;
  return event.direction === undefined && isLine(reading, event.caller) ? { ...event, direction: 'outbound' } : event;
}

function recordsOf(type: string, body: Buffer): unknown[] {
  if (!isUtf8(body)) throw unreadable('is not UTF-8', '不是 UTF-8 编码');
  const text = body.toString('utf8');
  if (text.trim() === '') throw unreadable('is empty', '为空');
  switch (type) {
    case 'text/xml':
    case 'application/xml':
      return [readCdrXml(text)];
    // The four ways mod_xml_cdr and mod_json_cdr encode what they post.
    case 'application/x-www-form-urlencoded':
      return unwrapped(new URLSearchParams(text).get('cdr') ?? '');
    case 'application/x-www-form-plaintext':
      return unwrapped(text.replace(/^cdr=/, ''));
    case 'application/x-www-form-base64-encoded':
      return unwrapped(Buffer.from(text.replace(/^cdr=/, ''), 'base64').toString('utf8'));
    case 'text/csv':
      return readLines(text);
    case 'text/plain':
    case 'text/event-plain':
      return readHeaderBlocks(text);
    default:
      return parsed(text);
  }
}

const unwrapped = (text: string): unknown[] =>
  text.trimStart().startsWith('<')
    ? [readCdrXml(text.replaceAll('\u0000', ''))]
    : parsed(text.replaceAll('\u0000', ''));

function parsed(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(
      'is not valid JSON, and of no other form that is known here',
      '不是有效的 JSON，也不是其他可识别的格式',
    );
  }
  return Array.isArray(value) ? value : [value];
}

function allRefused(refused: ReadPush['refused']): ProblemError {
  const errors = refused.flatMap(({ index, errors }) =>
    errors.map((field) => ({ ...field, pointer: `/${index}${field.pointer}` })),
  );
  return new ProblemError(
    'validation',
    { en: 'No record of the push can be taken.', zh: '推送中没有可接收的记录。' },
    { errors: errors.slice(0, 100) },
  );
}
