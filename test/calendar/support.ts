import type { City, Problem, Reply } from '../support/city.ts';

export interface Day {
  date: string;
  name: string;
  kind: string;
  worked?: { from?: string; to?: string };
  scope: string;
  source: string;
}

export interface Preview {
  base: number;
  fingerprint: string;
  source: string;
  differences: { date: string; scope: string; before: Day | null; after: Day | null }[];
  moves: {
    count: number;
    items: { appealId: string; number: string; name: string; from: string; to: string; provisional: boolean }[];
    next: string | null;
  };
}

export interface Change {
  appealId: string;
  name: string;
  cause: string;
  from: { dueAt: string; provisional: boolean; policy: { calendarVersion: number } };
  to: { dueAt: string; provisional: boolean; policy: { calendarVersion: number } };
  actor: string;
  at: string;
}

/** A notice as the State Council words them, with days of our own making: 2027 had none when this was written. */
export const notice2027 = `国务院办公厅关于2027年部分节假日安排的通知
国办发明电〔2026〕99号

各省、自治区、直辖市人民政府，国务院各部委：
现将2027年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期安排通知如下。
一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日（农历腊月二十九、周五）至11日（周四）放假调休，共7天。2月13日（周六）、14日（周日）上班。
三、清明节：4月5日（周一）放假，与周末连休。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。4月25日（周日）、5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天，不调休。
六、中秋节：9月15日（周三）放假1天，不调休。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
节假日期间，各单位要安排好值班。

国务院办公厅
2026年11月25日
（此件公开发布）`;

export async function preview(city: City, input: object, query = ''): Promise<Preview> {
  const reply = await city.call<Preview>('POST', `/v1/calendar/preview${query}`, input);
  if (reply.status !== 200) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`);
  return reply.body;
}

export function apply(city: City, input: object, fingerprint: string): Promise<Reply<Problem & { version: number }>> {
  return city.call('POST', '/v1/calendar/versions', input, { 'if-match': `"${fingerprint}"` });
}

/** Looks at what would change, puts it in force and lets the workers move what moves. */
export async function change(city: City, input: object): Promise<Preview> {
  const seen = await preview(city, input);
  const reply = await apply(city, input, seen.fingerprint);
  if (reply.status !== 201) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`);
  await city.clock.settle();
  return seen;
}

export const changes = (city: City, query = ''): Promise<Change[]> => city.all<Change>(`/v1/deadline-changes?${query}`);

/** `name dueAt` of the deadlines of an appeal that are running. */
export async function running(city: City, appealId: string): Promise<string[]> {
  const found = await city.deadlines(appealId);
  return found.filter(({ state }) => state === 'running').map(({ name, dueAt }) => `${name} ${dueAt}`);
}
