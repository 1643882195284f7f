import type { Appeal } from '../appeals/appeals.schema.ts';
import type { MessageAnswer } from '../intake/message.schema.ts';
import type { Client } from './client.ts';
import type { Moment, Saying } from './day.ts';

/** One message as it was said and what the service answered. */
export interface Said {
  at: string;
  says: Saying;
  answer: MessageAnswer;
}

/** Acts the moments out, one after the other, each at its own simulated time. Ends at `end`. */
export async function play(client: Client, moments: readonly Moment[], end: string): Promise<Said[]> {
  const said: Said[] = [];
  for (const moment of moments) {
    await goTo(moment.at);
    if ('says' in moment) said.push(await say(moment.at, moment.says));
    else if ('dispatcher' in moment) {
      const { matter, department, note } = moment;
      const { id, version } = await appealOf(matter);
      await client.post('demo-dispatcher', `/v1/appeals/${id}/assign`, { department, note }, version);
    } else await work(moment);
  }
  await goTo(end);
  return said;

  async function say(at: string, says: Saying): Promise<Said> {
    const { channel, ...message } = says;
    const path = `/v1/channels/${channel}/messages`;
    const answer = await client.post<MessageAnswer>(`demo-${channel}`, path, { ...message, receivedAt: at });
    return { at, says, answer };
  }

  async function work({ department, does, matter, words }: Extract<Moment, { does: string }>): Promise<void> {
    const key = `demo-${department}`;
    const { assignment } = await appealOf(matter);
    const path = `/v1/assignments/${assignment?.id}`;
    const { version } = await client.get<{ version: number }>(key, path);
    const body = { sign: {}, return: { reason: words }, submit: { result: words } }[does];
    await client.post(key, `${path}/${does}`, body, version);
  }

  function appealOf(matter: string): Promise<Appeal> {
    const found = said.find(({ says }) => says.externalId === matter);
    if (!found) throw new Error(`Nobody has said ${matter} yet.`);
    return client.get('demo-dispatcher', `/v1/appeals/${found.answer.appealId}`);
  }

  /** What came before is worked off at its own time first. */
  function goTo(at: string): Promise<unknown> {
    return client.post('demo-operations', '/v1/dev/clock', { set: at });
  }
}
