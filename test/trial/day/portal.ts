import { randomUUID } from 'node:crypto';
import type { Challenge } from 'altcha-lib';
import { exe, jpeg, pdf, png } from '../../support/files.ts';
import { another, multipart, type Sent, type SentFile, solve } from '../../support/portal.ts';
import type { File } from './book.ts';
import type { Day, Protocol } from './context.ts';
import { hashOf } from './platforms.ts';
import { drawCourse, persistent } from './senders.ts';

const SOURCE = 'portal';

/** The public form, with its proof of work and files; who gets no answer presses the button again. */
export const portal: Protocol = {
  async connect({ service }) {
    await service.must('PUT', `/v1/sources/${SOURCE}/settings`, { organisation: '示范市12345热线', difficulty: 10 });
  },

  plan(day, count) {
    for (let left = count; left > 0; left--) planForm(day);
  },
};

const samples = { 'jpg image': jpeg, 'png image': png, 'pdf file': pdf };

function planForm(day: Day): void {
  const { random, texts, book, service } = day;
  const text = texts.next();
  const { body, marker } = texts.marked(text.body);
  const form = randomUUID();
  const isRefused = random.chance(0.06);
  const sent: SentFile[] = [];
  const files: File[] = [];
  for (let nth = 0; nth < (random.chance(0.5) ? random.below(3) : 0); nth++) {
    const [type, start] = random.pick(Object.entries(samples));
    const [ending, kind = ''] = type.split(' ');
    const content = Buffer.concat([start, Buffer.from(`${marker}-${nth}`)]);
    sent.push({ name: `照片${nth}.${ending}`, content });
    files.push({ sha256: hashOf(content), kind });
  }
  if (isRefused) sent.push({ name: '程序.exe', content: exe });
  const about = isRefused ? 'a form with a program' : `a form with ${files.length} files`;
  const course = drawCourse(random);
  const entry = book.enter({
    protocol: 'portal',
    source: SOURCE,
    marker,
    externalId: form,
    about,
    course,
    files,
    fate: isRefused ? 'refused' : 'message',
  });
  const who: [string, string][] = random.chance(0.2)
    ? [['anonymous', 'true']]
    : [
        ['name', '赵先生'],
        ['phone', day.phone()],
      ];
  const address = another();
  let proven: string | undefined;
  day.timeline.at(day.moment(), async () => {
    const url = `/v1/portal/${SOURCE}/challenge`;
    const from = { 'x-forwarded-for': address };
    proven ??= await solve(await service.must<Challenge>('GET', url, undefined, from));
    const fields: [string, string][] = [
      ['form', form],
      ['altcha', proven],
      ['body', body],
      ['title', text.title],
      ...who,
    ];
    const { payload, headers } = multipart(fields, sent);
    const request = {
      method: 'POST' as const,
      url: `/v1/portal/${SOURCE}/messages`,
      headers: { ...headers, ...from },
      payload,
    };
    await day.deliver({
      entry,
      sender: persistent,
      request: () => request,
      read: ({ body }) => {
        const { appealNumber: number, queryCode: code, receiptDueAt } = JSON.parse(body) as Sent;
        book.note(entry, { number, code, ...(receiptDueAt ? { receiptDueAt } : {}) });
        entry.receiptDueAt ??= null;
      },
    });
  });
}
