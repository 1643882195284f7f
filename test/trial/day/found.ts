import type { Appeal } from '../../../src/appeals/appeals.schema.ts';
import type { Call, CallBack } from '../../../src/calls/calls.schema.ts';
import type { OutboxEntry, Page, Receipt } from '../../support/city.ts';
import type { Service } from './service.ts';

/** One message as the service shows it. */
export interface FoundMessage {
  id: string;
  source: string;
  externalId: string;
  disposition: 'registered' | 'attached';
  body: string;
  recordedAt: string;
  appeal: Appeal;
}

export interface FoundFile {
  id: string;
  messageId: string | null;
  kind: string;
  state: string;
  sha256: string | null;
  failure: string | null;
}

export interface FoundDeadline {
  name: string;
  messageId: string | null;
  dueAt: string;
  metAt: string | null;
  state: string;
}

/** What the service itself says of an appeal. */
export interface FoundAppeal {
  appeal: Appeal;
  messages: FoundMessage[];
  files: FoundFile[];
  deadlines: FoundDeadline[];
}

export interface FoundCall {
  call: Call;
  recordings: FoundFile[];
}

export interface Found {
  appeals: FoundAppeal[];
  receipts: (Receipt & { appealId: string })[];
  outbox: OutboxEntry[];
  calls: FoundCall[];
  callBacks: CallBack[];
  escalations: { appealId: string; deadline: string; dueAt: string; step: number; role: string }[];
  feeds: Map<string, { cursor: string; kind: string; assignmentId: string; appealId: string }[]>;
  failedItems: { kind: string; lastError: string | null }[];
}

/** Requests at a time: the service answers them beside nothing else. */
const AT_ONCE = 12;

/** Reads everything there is, through the API, page by page. */
export async function readService(service: Service, departments: readonly string[]): Promise<Found> {
  const list = await service.all<Appeal>('/v1/appeals');
  const appeals = await eachOf(list, async (appeal): Promise<FoundAppeal> => {
    const path = `/v1/appeals/${appeal.id}`;
    const messages = (await service.all<Omit<FoundMessage, 'appeal'>>(`${path}/messages`)).map((message) => ({
      ...message,
      appeal,
    }));
    const files = await service.all<FoundFile>(`${path}/attachments`);
    const { items: deadlines } = await service.must<Page<FoundDeadline>>('GET', `${path}/deadlines`);
    return { appeal, messages, files, deadlines };
  });
  const calls = await eachOf(await service.all<Call>('/v1/calls'), async (call): Promise<FoundCall> => {
    if (call.recordings.length === 0) return { call, recordings: [] };
    const { items: recordings } = await service.must<Page<FoundFile>>('GET', `/v1/calls/${call.id}/recordings`);
    return { call, recordings };
  });
  const feeds: Found['feeds'] = new Map();
  for (const code of departments) {
    const key = service.demoKeys[`demo-${code}`];
    feeds.set(code, await service.all(`/v1/departments/${code}/feed`, 100, { authorization: `Bearer ${key}` }));
  }
  return {
    appeals,
    calls,
    feeds,
    receipts: await service.all('/v1/receipts'),
    outbox: await service.all('/v1/dev/outbox', 1000),
    callBacks: await service.all('/v1/call-backs'),
    escalations: await service.all('/v1/escalations'),
    failedItems: await service.all('/v1/agenda?status=failed'),
  };
}

async function eachOf<T, R>(list: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(list.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < list.length; at = next++) results[at] = await work(list[at] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
