import { randomUUID } from 'node:crypto';
import type { Answer } from '../../support/send.ts';
import { type Mode, message, push, replyIn, settingsFor } from '../../support/wechat.ts';
import type { Entry, File } from './book.ts';
import { type Day, HOUR, MINUTE, type Protocol, wordsOfReply } from './context.ts';
import { contentOf, hashOf, WECHAT_SECRET } from './platforms.ts';
import { drawCourse, platform } from './senders.ts';
import { STEP_MS } from './timeline.ts';

/** An account in each mode. */
export const accounts: Record<string, Mode> = {
  'wechat-12345': 'encrypted',
  'wechat-compatible': 'compatible',
  'wechat-plain': 'plain',
};
const ACCOUNT = 'gh_city12345';
const THANKS = ['谢谢', '好的，谢谢', '收到', '麻烦你们了'];

let messageIds = 23_000_000_000_000_000n;

export const wechat: Protocol = {
  async connect({ service, platforms }) {
    for (const [source, mode] of Object.entries(accounts))
      await service.must('PUT', `/v1/sources/${source}/settings`, {
        ...settingsFor(mode, { appSecret: WECHAT_SECRET, apiBaseUrl: platforms.wechat }),
      });
  },

  plan(day, count) {
    const { random } = day;
    for (let left = count; left > 0; ) {
      const source = random.pick(Object.keys(accounts));
      left -= random.chance(0.12) ? planEvent(day, source) : planConversation(day, source);
    }
  },
};

/** What somebody sends within two quiet minutes of each other is one case; thanks belong to it, another matter does not. */
function planConversation(day: Day, source: string): number {
  const { random, texts, book } = day;
  const openId = `o${randomUUID()}`;
  const text = texts.next();
  const matter = book.newMatter();
  let at = day.moment();
  const begun = at;
  const lines = random.weighted({ '1': 50, '2': 28, '3': 14, '5': 8 });
  const comesBack = lines === '1' && begun < day.begin + 20 * HOUR && random.chance(0.2);
  const first = { source, openId, at, matter, isLine: false, body: text.body };
  // Only words can be compared with words.
  planLine(day, comesBack ? { ...first, type: 'text' } : first);
  for (let nth = 1; nth < Number(lines); nth++) {
    at += (1 + random.below(4)) * STEP_MS;
    planLine(day, { source, openId, at, matter, isLine: true, body: texts.next().body });
  }
  if (comesBack) {
    at += (60 + random.below(90)) * MINUTE;
    const isSame = random.chance(0.5);
    const body = isSame ? text.body : texts.unlike(text).body;
    const again = isSame ? { matter, about: 'the same again' } : { matter: book.newMatter(), about: 'another matter' };
    planLine(day, { source, openId, at, isLine: false, type: 'text', body, ...again });
    return 2;
  }
  if (random.chance(0.15)) {
    at += (4 + random.below(15)) * MINUTE;
    planLine(day, { source, openId, at, matter, isLine: true, type: 'text', body: random.pick(THANKS), bare: true });
    return Number(lines) + 1;
  }
  return Number(lines);
}

interface NewLine {
  source: string;
  openId: string;
  at: number;
  matter: string;
  isLine: boolean;
  body: string;
  type?: 'text';
  /** No marker: it must stay the few words it is. */
  bare?: boolean;
  about?: string;
}

function planLine(day: Day, { source, openId, at, matter, isLine, body, type, bare, about }: NewLine): void {
  const { random, texts } = day;
  const kind = type ?? (isLine ? random.weighted(furtherTypes) : random.weighted(firstTypes));
  const { body: marked, marker } = texts.marked(body);
  // Some platforms in front of the account do not pass the id on; then the words are all there is to know it by.
  const hasId = bare === true || kind !== 'text' || random.chance(0.9);
  messageIds += 7n;
  const id = String(messageIds);
  const mediaId = `${kind}-${id}`;
  const file: File[] = ['image', 'voice', 'video', 'shortvideo'].includes(kind)
    ? [{ sha256: hashOf(contentOf(mediaId)), kind: kind === 'shortvideo' ? 'video' : kind }]
    : [];
  const saysMarker = !bare && !['image', 'video', 'shortvideo', 'voice'].includes(kind);
  const entry = day.book.enter({
    protocol: 'wechat',
    source,
    matter,
    isLine,
    about: about ?? kind,
    course: drawCourse(random),
    files: file,
    ...(hasId ? { externalId: id } : {}),
    ...(saysMarker ? { marker } : {}),
  });
  const elements: Record<string, string | number | undefined> = {
    ToUserName: ACCOUNT,
    FromUserName: openId,
    CreateTime: Math.floor(at / 1000),
    MsgType: kind,
    MsgId: hasId ? id : undefined,
    ...elementsOf(kind, bare ? body : marked, mediaId, marker),
  };
  const mode = accounts[source] ?? 'plain';
  const xml = message(elements);
  day.timeline.at(at, () =>
    day.deliver({
      entry,
      sender: platform,
      request: () => push(xml, mode, { source }),
      read: readReply(day, openId),
    }),
  );
}

const firstTypes = { text: 80, location: 5, link: 4, voice: 4, unknown: 2, image: 5 };
const furtherTypes = { text: 45, image: 25, voice: 10, video: 6, shortvideo: 4, location: 10 };

function elementsOf(type: string, text: string, MediaId: string, marker: string): Record<string, string | undefined> {
  switch (type) {
    case 'text':
      return { Content: text };
    case 'image':
      return { MediaId, PicUrl: 'http://mmbiz.qpic.cn/never-called' };
    case 'voice':
      return { MediaId, Format: 'amr', Recognition: '' };
    case 'video':
    case 'shortvideo':
      return { MediaId, ThumbMediaId: 'thumb' };
    case 'location':
      return { Location_X: '25.04', Location_Y: '102.71', Scale: '15', Label: `翠湖东路${marker}` };
    case 'link':
      return { Title: `现场情况${marker}`, Description: '网友发布', Url: 'https://example.com/a?b=1&c=2' };
    default:
      return { MsgType: 'miniprogrampage', Title: `小程序${marker}` };
  }
}

/** The passive reply: to its sender, from the account, with the number and the code; a repeat is told the same. */
const readReply =
  (day: Day, openId: string) =>
  ({ body }: Answer, entry: Entry): void => {
    const { ToUserName, FromUserName, MsgType, Content } = replyIn(body);
    if (ToUserName !== openId || FromUserName !== ACCOUNT || MsgType !== 'text')
      throw new Error('the reply is not to its sender');
    day.book.note(entry, wordsOfReply(String(Content)));
  };

const events = ['subscribe', 'CLICK', 'unsubscribe', 'VIEW', 'SCAN', 'LOCATION', 'TEMPLATESENDJOBFINISH'] as const;

/** Without an id of their own, and never an appeal. */
function planEvent(day: Day, source: string): number {
  const { random, book } = day;
  const event = random.pick(events);
  const openId = `o${randomUUID()}`;
  const at = day.moment();
  const about = `event ${event}`;
  const entry = book.enter({ protocol: 'wechat', source, fate: 'nothing', about, course: drawCourse(random) });
  const more = { MsgType: 'event', MsgId: undefined, Event: event, EventKey: 'menu-1' };
  const xml = message({ FromUserName: openId, CreateTime: Math.floor(at / 1000), ...more });
  const greets = event === 'subscribe' || event === 'CLICK';
  day.timeline.at(at, () =>
    day.deliver({
      entry,
      sender: platform,
      request: () => push(xml, accounts[source], { source }),
      read: ({ body }) => {
        if (!greets && body !== 'success') throw new Error('an event was answered');
        if (greets && !/您好/.test(String(replyIn(body).Content))) throw new Error('nobody was greeted');
      },
    }),
  );
  return 1;
}
