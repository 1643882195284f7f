import { readXml } from '../../../src/channels/wechat/xml.ts';
import type { Answer } from '../../support/send.ts';
import type { Entry } from './book.ts';
import type { Day, Protocol } from './context.ts';
import { drawCourse, onlyOnce, persistent } from './senders.ts';

const SERVICES = ['flooding', 'pothole', 'illegal-building', 'garbage', 'illegal-parking', 'bus', 'other'] as const;

/** GeoReport v2. Clients that name their request may repeat it; the others must not, and send once. */
export const open311: Protocol = {
  plan(day, count) {
    for (let left = count; left > 0; left--) planRequest(day);
  },
};

function planRequest(day: Day): void {
  const { random, texts, book, service } = day;
  const { body, marker } = texts.marked(texts.next().body);
  const isNamed = random.chance(0.8);
  const isRefused = random.chance(0.06);
  const course = isNamed ? drawCourse(random) : random.chance(0.1) ? 'unread' : 'once';
  const format = random.pick(['json', 'xml'] as const);
  const entry = book.enter({
    protocol: 'open311',
    source: 'open311',
    marker,
    course,
    fate: isRefused ? 'refused' : 'message',
    about: `${format}${isNamed ? ', named' : ''}${isRefused ? ', without a place' : ''}`,
  });
  const form = new URLSearchParams({
    api_key: service.open311Key,
    service_code: random.pick(SERVICES),
    description: body,
    ...(isRefused ? {} : { lat: '25.04', long: '102.71' }),
    ...(random.chance(0.6) ? { phone: day.phone(), first_name: '先生', last_name: '孙' } : {}),
  });
  const request = {
    method: 'POST' as const,
    url: `/open311/v2/requests.${format}`,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(isNamed ? { 'idempotency-key': `open311-${marker}` } : {}),
    },
    payload: form.toString(),
  };
  const sender = isNamed ? persistent : onlyOnce;
  day.timeline.at(day.moment(), () =>
    day.deliver({ entry, sender, request: () => request, read: (answer) => read(day, answer, entry, format) }),
  );
}

interface Registered {
  service_request_id: string;
  token: string;
  service_notice: string;
}

function read(day: Day, { body }: Answer, entry: Entry, format: 'json' | 'xml'): void {
  const registered =
    format === 'json'
      ? (JSON.parse(body) as Registered[])[0]
      : (readXml(`<xml>${body.replace(/^<\?xml[^>]*\?>/, '')}</xml>`) as { service_requests: { request: Registered } })
          .service_requests.request;
  const code = /查询码 ([0-9A-Z]{8})/.exec(registered?.service_notice ?? '')?.[1];
  if (!registered || code === undefined) throw new Error('names no number and code');
  day.book.note(entry, { number: registered.service_request_id, messageId: registered.token, code });
}
