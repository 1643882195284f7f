import type { Answer } from '../../support/send.ts';
import { APP_SECRET, message, push, textIn } from '../../support/weibo.ts';
import type { Entry, File } from './book.ts';
import { type Day, HOUR, MINUTE, type Protocol, wordsOfReply } from './context.ts';
import { contentOf, hashOf, WEIBO_TOKEN } from './platforms.ts';
import { drawCourse, platform } from './senders.ts';
import { STEP_MS } from './timeline.ts';

const SOURCE = 'weibo-12345';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/** Weibo's ids are larger than a JSON number holds. */
let ids = 4_985_000_000_000_000_000n;
const newId = (): bigint => {
  ids += 1_003n;
  return ids;
};

/** `Tue Mar 10 09:59:00 +0800 2026` */
function writtenAt(time: number): string {
  const at = new Date(time + 8 * HOUR);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':');
  return `${DAYS[at.getUTCDay()]} ${MONTHS[at.getUTCMonth()]} ${two(at.getUTCDate())} ${clock} +0800 ${at.getUTCFullYear()}`;
}

/** Private messages and events, pushed. */
export const weibo: Protocol = {
  async connect({ service, platforms }) {
    await service.must('PUT', `/v1/sources/${SOURCE}/settings`, {
      appSecret: APP_SECRET,
      accessToken: WEIBO_TOKEN,
      mentionsEverySeconds: 10,
      apiBaseUrl: platforms.weibo,
      uploadBaseUrl: platforms.weiboUpload,
    });
  },

  plan(day, count) {
    const { random, texts, book } = day;
    for (let left = count; left > 0; left--) {
      const uid = newId();
      let at = day.moment();
      if (random.chance(0.15)) {
        planPush(day, at, uid, { type: 'event', text: '', data: { subtype: random.pick(EVENTS) } }, 'nothing');
        continue;
      }
      const matter = book.newMatter();
      planLine(day, at, uid, matter, false, texts.next().body);
      for (; random.chance(0.3); left--) {
        at += (1 + random.below(4)) * STEP_MS;
        planLine(day, at, uid, matter, true, texts.next().body);
      }
    }
  },
};

const EVENTS = ['follow', 'unfollow', 'subscribe', 'unsubscribe', 'click', 'scan'];

function planLine(day: Day, at: number, uid: bigint, matter: string, isLine: boolean, text: string): void {
  const { random, texts } = day;
  const { body, marker } = texts.marked(text);
  const type = random.weighted({ text: 70, image: 15, voice: 8, position: 7 });
  const fid = newId();
  const files: File[] =
    type === 'image' || type === 'voice' ? [{ sha256: hashOf(contentOf(String(fid))), kind: type }] : [];
  const data =
    type === 'position'
      ? { longitude: '102.71', latitude: '25.04' }
      : files.length > 0
        ? { vfid: `#${newId()}#`, tovfid: `#${fid}#` }
        : {};
  const fields = { type, text: body, data };
  planPush(day, at, uid, fields, 'message', { matter, isLine, marker, files, about: type });
}

function planPush(
  day: Day,
  at: number,
  uid: bigint,
  fields: Record<string, unknown>,
  fate: 'message' | 'nothing',
  more: Partial<Entry> = {},
): void {
  const { book, random } = day;
  const about = `event ${JSON.stringify(fields.data)}`;
  const entry = book.enter({ protocol: 'weibo', source: SOURCE, fate, about, course: drawCourse(random), ...more });
  const body = message({ sender_id: `#${uid}#`, created_at: writtenAt(at), ...fields });
  day.timeline.at(at, () =>
    day.deliver({
      entry,
      sender: platform,
      request: () => push(body),
      ...(fate === 'message' ? { read: reads(day) } : {}),
    }),
  );
}

const reads =
  (day: Day) =>
  ({ body }: Answer, entry: Entry): void =>
    day.book.note(entry, wordsOfReply(textIn(JSON.parse(body) as { data: string })));

/** Posts and comments that mention the account: read by the service itself, some of them pushed as well. */
export const mentions: Protocol = {
  plan(day, count) {
    const { random, texts, book, timeline, platforms } = day;
    for (let left = count; left > 0; left--) {
      const { body, marker } = texts.marked(texts.next().body);
      const text = `@12345 ${body}`;
      const at = Math.min(day.moment(), day.begin + 23 * HOUR);
      const list = random.chance(0.7) ? 'statuses' : 'comments';
      const kind = random.weighted({ plain: 50, long: 12, repost: 10, pictures: 12, deleted: 6, pushed: 10 });
      const picture = `${marker}.jpg`;
      const files: File[] = kind === 'pictures' ? [{ sha256: hashOf(contentOf(picture)), kind: 'image' }] : [];
      const entry = book.enter({
        protocol: 'mentions',
        source: SOURCE,
        marker,
        files,
        fate: kind === 'deleted' ? 'nothing' : 'message',
        about: `${kind} in ${list}`,
      });
      const isPushedFirst = random.chance(0.5);
      timeline.at(at, async () => {
        // Their numbers follow the order in which they were written, as the reader relies on.
        const id = newId();
        const more = { created_at: writtenAt(at), ...shapes(kind, text, `${platforms.weibo}/thumbnail/${picture}`) };
        const shown = kind === 'long' ? `${text.slice(0, 20)}…全文` : text;
        platforms.lists[list].push({ id, text: kind === 'deleted' ? '抱歉，此微博已被作者删除' : shown, more });
        entry.deliveries += 1;
        if (kind !== 'pushed') return;
        const subtype = list === 'statuses' ? 'status' : 'comment';
        const uid = id - 1n;
        const push = { type: 'mention', text, data: { subtype, key: `#${id}#` } };
        if (isPushedFirst) await pushMention(day, entry, at, uid, push);
        else timeline.at(at + 5 * MINUTE, () => pushMention(day, entry, at, uid, push));
      });
    }
  },
};

function pushMention(day: Day, entry: Entry, at: number, uid: bigint, fields: object): Promise<void> {
  const body = message({ sender_id: `#${uid}#`, created_at: writtenAt(at), ...fields });
  return day.deliver({
    entry,
    sender: platform,
    request: () => push(body),
    // Known by its id from the list already: other words, and nothing to say.
    read: (answer) => answer.body !== '' && reads(day)(answer, entry),
  });
}

function shapes(kind: string, text: string, thumbnail_pic: string): object {
  switch (kind) {
    case 'long':
      return { longText: { longTextContent: text } };
    case 'repost':
      return { retweeted_status: { text: '翠湖东路太黑', user: { screen_name: '邻居' } } };
    case 'pictures':
      return { pic_urls: [{ thumbnail_pic }] };
    case 'deleted':
      return { user: undefined, deleted: '1' };
    default:
      return {};
  }
}
