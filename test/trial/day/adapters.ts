import type { MessageAnswer } from '../../../src/intake/message.schema.ts';
import { ADMIN_KEY } from '../../support/city.ts';
import type { Answer } from '../../support/send.ts';
import type { Entry } from './book.ts';
import { type Day, HOUR, instantOf, MINUTE, type Protocol } from './context.ts';
import { drawCourse, persistent } from './senders.ts';
import type { Text } from './texts.ts';

const NATURES = ['complaint', 'assistance', 'suggestion', 'inquiry'] as const;
const hotlines = { '12345': 70, '12369': 8, '12318': 4, '12319': 10, '96927': 4, 'mayor-phone': 4 };
const boards = { 'message-board': 45, app: 40, letters: 15 };

/** What becomes of a posted message, from its answer. */
export function readAnswer(day: Day) {
  return ({ body }: Answer, entry: Entry): void => {
    const { appealNumber: number, queryCode: code, messageId, receiptDueAt } = JSON.parse(body) as MessageAnswer;
    day.book.note(entry, { number, code, messageId, ...(receiptDueAt ? { receiptDueAt } : {}) });
    entry.receiptDueAt ??= null;
  };
}

export interface Posting {
  channel: 'phone' | 'portal';
  entry: Entry;
  at: number;
  body: Record<string, unknown>;
  key?: string;
  headers?: Record<string, string>;
}

/** Plans an adapter's delivery: with the same id until it is answered. */
export function post(day: Day, { channel, entry, at, body, key, headers = {} }: Posting): void {
  const payload = JSON.stringify(body);
  const authorization = `Bearer ${key ?? day.service.demoKeys[`demo-${channel}`]}`;
  const request = {
    method: 'POST' as const,
    url: `/v1/channels/${channel}/messages`,
    headers: { authorization, 'content-type': 'application/json', ...headers },
    payload,
  };
  day.timeline.at(at, () => day.deliver({ entry, sender: persistent, request: () => request, read: readAnswer(day) }));
}

/** The hotline's call-takers (`hotline`), and portals, apps and letters of the city's own (`boards`). */
export function adapters(protocol: 'hotline' | 'boards'): Protocol {
  const channel = protocol === 'hotline' ? 'phone' : 'portal';
  let ids = 0;

  function enter(day: Day, source: string, more: Partial<Entry> = {}): Entry {
    const externalId = `${protocol}-${++ids}`;
    const about = 'a message';
    return day.book.enter({ protocol, source, externalId, about, course: drawCourse(day.random), ...more });
  }

  function bodyOf(entry: Entry, text: Text, at: number, sender: object, more: object = {}) {
    const { source, externalId } = entry;
    const { title, address } = text;
    return {
      source,
      externalId,
      receivedAt: instantOf(at),
      sender,
      title,
      body: text.body,
      ...(address ? { address } : {}),
      region: '530102',
      ...more,
    };
  }

  function plan(day: Day, count: number): void {
    const { random } = day;
    const source = (): string => (protocol === 'hotline' ? random.weighted(hotlines) : random.weighted(boards));
    for (let left = count; left > 0; ) {
      const kind = random.weighted({ plain: 78, repeat: 7, alike: 4, refused: 4, offline: 4, answered: 3 });
      left -= kinds[kind](day, source());
    }
  }

  /** Each plans some messages and says how many. */
  const kinds = {
    plain(day: Day, source: string): number {
      const { random, texts } = day;
      const { body, marker } = texts.marked(texts.next().body);
      const at = day.moment();
      const entry = enter(day, source, { marker });
      const sender = random.chance(0.08) ? { anonymous: true } : { name: '王女士', phone: day.phone() };
      const more = { nature: random.pick(NATURES) };
      const headers: Record<string, string> = random.chance(0.05)
        ? { 'idempotency-key': `key-${entry.externalId}` }
        : {};
      post(day, { channel, entry, at, body: bodyOf(entry, { ...texts.next(), body }, at, sender, more), headers });
      return 1;
    },

    /** The same person on the same matter: proved by the caller's number it joins, typed into a form it does not. */
    repeat(day: Day, source: string): number {
      const { texts, random } = day;
      const text = texts.next();
      const sender = { name: '李先生', phone: day.phone() };
      const begun = Math.min(day.moment(), day.begin + 20 * HOUR);
      const matter = day.book.newMatter();
      const times = 2 + random.below(2);
      for (let nth = 0; nth < times; nth++) {
        const at = begun + nth * (10 + random.below(60)) * MINUTE;
        const { body, marker } = texts.marked(text.body);
        const own = protocol === 'hotline' ? { matter } : {};
        const entry = enter(day, source, { marker, about: nth === 0 ? 'raised first' : 'the same again', ...own });
        post(day, { channel, entry, at, body: bodyOf(entry, { ...text, body }, at, sender, { nature: 'complaint' }) });
      }
      // The same person on something else.
      const other = texts.unlike(text);
      const { body, marker } = texts.marked(other.body);
      const at = begun + 5 * MINUTE;
      const entry = enter(day, source, { marker, about: 'the same person, another matter' });
      post(day, { channel, entry, at, body: bodyOf(entry, { ...other, body }, at, sender, { nature: 'complaint' }) });
      return times + 1;
    },

    /** Word for word the same, by different people: a petition that goes round. Each is its own. */
    alike(day: Day, source: string): number {
      const text = day.texts.next();
      const at = day.moment();
      for (let nth = 0; nth < 3; nth++) {
        const entry = enter(day, source, { about: 'the same words by somebody else' });
        post(day, { channel, entry, at, body: bodyOf(entry, text, at, { phone: day.phone() }) });
      }
      return 3;
    },

    /** An adapter that was offline for hours, one of them for days: taken, with the time it was received. */
    offline(day: Day, source: string): number {
      const { random, texts } = day;
      const at = Math.min(day.moment(), day.begin + 22 * HOUR);
      const { body, marker } = texts.marked(texts.next().body);
      const entry = enter(day, source, { marker, about: 'received hours ago' });
      const received = at - (random.chance(0.1) ? 9 * 24 : 1 + random.below(5)) * HOUR;
      post(day, {
        channel,
        entry,
        at,
        body: bodyOf(entry, { ...texts.next(), body }, received, { phone: day.phone() }),
      });
      return 1;
    },

    answered(day: Day, source: string): number {
      const { body, marker } = day.texts.marked(day.texts.next().body);
      const at = day.moment();
      const entry = enter(day, source, { marker, about: 'answered on the spot' });
      const more = { answered: { text: '已当场答复。' }, nature: 'inquiry' };
      post(day, {
        channel,
        entry,
        at,
        body: bodyOf(entry, { ...day.texts.next(), body }, at, { phone: day.phone() }, more),
      });
      return 1;
    },

    /** What must leave nothing: another content under a known id, and what no adapter may say. */
    refused(day: Day, source: string): number {
      const { random, texts } = day;
      const at = day.moment();
      const text = texts.next();
      const wrong = texts.marked(texts.next().body);
      const refused = { fate: 'refused' as const, marker: wrong.marker };
      const kind = random.weighted({ content: 2, field: 1, source: 1, key: 1, idempotency: 1 });
      const sender = { phone: day.phone() };
      if (kind === 'content' || kind === 'idempotency') {
        const { body, marker } = texts.marked(text.body);
        const first = enter(day, source, { marker });
        const headers: Record<string, string> =
          kind === 'idempotency' ? { 'idempotency-key': `key-${first.externalId}` } : {};
        post(day, { channel, entry: first, at, body: bodyOf(first, { ...text, body }, at, sender), headers });
        const second = enter(day, source, { ...refused, about: `another content, the same ${kind}` });
        const changed = bodyOf(second, { ...text, body: wrong.body }, at, sender);
        post(day, {
          channel,
          entry: second,
          at: at + 30 * MINUTE,
          body: kind === 'content' ? { ...changed, externalId: first.externalId } : changed,
          headers,
        });
        if (kind === 'content') delete second.externalId;
        return 2;
      }
      const entry = enter(day, source, { ...refused, about: `a wrong ${kind}` });
      const body = bodyOf(entry, { ...text, body: wrong.body }, at, sender);
      if (kind === 'field') post(day, { channel, entry, at, body: { ...body, adress: '拼错的字段' } });
      else if (kind === 'source') post(day, { channel, entry, at, body: { ...body, source: 'no-such-source' } });
      else post(day, { channel, entry, at, body, key: `not-${ADMIN_KEY}` });
      return 1;
    },
  };

  return { plan };
}
