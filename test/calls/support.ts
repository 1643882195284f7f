import type { Call, CallBack } from '../../src/calls/calls.schema.ts';
import type { City, Problem, Reply } from '../support/city.ts';

export const SECRET = 'secret-of-the-call-centre';

export interface Taken {
  accepted: number;
  calls: { callId: string; id: string }[];
  refused: { index: number; errors: { pointer: string; detail: string }[] }[];
}

/** A city whose phone sources know their call centre. */
export async function connect(city: Pick<City, 'call'>, source = '12345', settings: object = {}): Promise<void> {
  const reply = await city.call('PUT', `/v1/sources/${source}/settings`, { secret: SECRET, ...settings });
  if (reply.status !== 200) throw new Error(JSON.stringify(reply.body));
}

export function callCentre(city: City) {
  const push = <T = Taken & Problem>(
    body: unknown,
    headers: Record<string, string> = {},
    source = '12345',
  ): Promise<Reply<T>> =>
    city.inject<T>({
      method: 'POST',
      url: `/v1/webhooks/phone/${source}`,
      headers: { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
  /** Pushes what must be taken. */
  async function take(body: unknown, headers?: Record<string, string>, source?: string): Promise<Taken> {
    const reply = await push(body, headers, source);
    if (reply.status !== 200) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }
  async function callOf(body: unknown, headers?: Record<string, string>, source?: string): Promise<Call> {
    const { calls } = await take(body, headers, source);
    return city.get<Call>(`/v1/calls/${calls.at(-1)?.id}`);
  }
  const openTasks = () => city.all<CallBack>('/v1/call-backs?status=open');
  return { push, take, callOf, openTasks };
}

let told = 0;
/** An event of a call nobody took, a minute before TUESDAY's ten o'clock; changed as given. */
export function missed(changes: object = {}): Record<string, unknown> {
  told += 1;
  return {
    callId: `c-${told}`,
    caller: '13800001234',
    called: '12345',
    startedAt: '2026-03-10T09:58:00+08:00',
    endedAt: '2026-03-10T09:59:00+08:00',
    ...changes,
  };
}

export const answered = (changes: object = {}): Record<string, unknown> =>
  missed({ agent: 'E021', answeredAt: '2026-03-10T09:58:20+08:00', ...changes });
