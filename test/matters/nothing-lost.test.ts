import fc from 'fast-check';
import type { CitizenView } from '../../src/appeals/appeals.schema.ts';
import type { MessageAnswer } from '../../src/intake/message.schema.ts';
import { createCity } from '../support/city.ts';
import t from '../support/tap.ts';

const PEOPLE = 3;
const actions = ['message', 'message', 'link', 'unlink', 'answer', 'decline', 'reopen', 'assign', 'hour'] as const;
const stepOf = fc.record({
  action: fc.constantFrom(...actions),
  who: fc.nat(PEOPLE - 1),
  other: fc.nat(PEOPLE - 1),
});

t.test('whatever is attached, linked, unlinked and reopened by two processes at once, nothing is lost', async (t) => {
  const city = await createCity(t);
  const nodes = [city, await city.start()];
  const acknowledged: MessageAnswer[] = [];
  let runs = 0;

  async function run(rounds: (typeof stepOf extends fc.Arbitrary<infer T> ? T : never)[][]): Promise<void> {
    runs += 1;
    const known: string[] = [];
    const say = async (who: number, at: number): Promise<void> => {
      const sender = { phone: `1395${String(runs).padStart(4, '0')}${String(who).padStart(3, '0')}` };
      const body = `第${who}号楼前的健身器材坏了一个多月，老人孩子用着都不安全，请尽快来人`;
      const answer = await city.register('phone', { body, sender }, nodes[at % 2]);
      acknowledged.push(answer);
      known[who] ??= answer.appealId;
    };
    for (let who = 0; who < PEOPLE; who += 1) await say(who, who);
    await city.clock.settle();
    for (const round of rounds)
      await Promise.all(
        round.map(async ({ action, who, other }, at) => {
          if (action === 'hour') return;
          if (action === 'message') return say(who, at);
          const id = known[who] ?? '';
          const { version } = await city.appeal(id);
          const body = {
            link: { target: known[other] },
            unlink: { reason: '误' },
            reopen: { reason: '误' },
            assign: { department: 'housing' },
            answer: { text: '已答复' },
            decline: { text: '不予受理' },
          }[action];
          const headers = { 'if-match': `"${version}"` };
          const reply = await city.call('POST', `/v1/appeals/${id}/${action}`, body, headers, nodes[at % 2]);
          if (![200, 400, 409, 412].includes(reply.status))
            throw new Error(`${action}: ${reply.status} ${JSON.stringify(reply.body)}`);
        }),
      ).then(() => (round.some(({ action }) => action === 'hour') ? city.clock.advance('PT1H') : undefined));
  }

  let looked = 0;
  await fc.assert(fc.asyncProperty(fc.array(fc.array(stepOf, { minLength: 1, maxLength: 4 }), { maxLength: 6 }), run), {
    numRuns: 8,
  });
  await city.clock.advance('P3D');

  const ids = acknowledged.map(({ messageId }) => messageId);
  t.equal(new Set(ids).size, ids.length);
  const [stored] = await city.rows<{ messages: string; appellants: string; receipts: string }>(
    `select (select count(*) from messages where id = any($1)) as messages,
      (select count(*) from messages m join appellants a on a.id = m.appellant_id and a.appeal_id = m.appeal_id) as appellants,
      (select count(*) from receipts where kind = 'receipt' and status = 'delivered' and message_id = any($1)) as receipts`,
    [ids],
  );
  t.same(stored, { messages: `${ids.length}`, appellants: `${ids.length}`, receipts: `${ids.length}` });
  const numberNow = new Map(
    (
      await city.rows<{ id: string; number: string }>(
        'select m.id, a.number from messages m join appeals a on a.id = m.appeal_id',
      )
    ).map(({ id, number }) => [id, number]),
  );
  for (const { appealNumber, queryCode, messageId } of acknowledged.slice(-40)) {
    // Each from an address of its own: look-ups are limited per address.
    looked += 1;
    const view = await city.inject<CitizenView>({
      url: `/v1/citizen/appeals/${appealNumber}?code=${queryCode}`,
      remoteAddress: `127.1.${looked >> 8}.${looked & 255}`,
    });
    // What joined a case through a link that was taken apart is answered under the number it went back to.
    if (view.status !== 200 || view.body.number !== numberNow.get(messageId))
      t.fail(`${appealNumber}: ${view.status} ${view.body.number}`);
  }
  t.same(await city.rows("select a.id from appeals a where (a.status = 'linked') <> (a.linked_to is not null)"), []);
  t.same(await city.rows('select appeal_id from appeal_events group by 1 having max(seq) <> count(*)'), []);
  t.same(
    await city.rows(`select appeal_id from deadlines where name in ('forward', 'resolve') and state = 'running'
      group by appeal_id, name having count(*) > 1`),
    [],
    'no obligation runs twice',
  );
  t.same(
    await city.rows(`select s.id from assignments s join appeals a on a.id = s.appeal_id
      where (s.status in ('pending', 'signed', 'submitted')) <> (a.assignment_id is not distinct from s.id)`),
    [],
    'a department has what it holds, and nothing else',
  );
  t.same(
    await city.rows('select department from department_feed group by 1 having max(seq) <> count(*)'),
    [],
    'no feed has a gap',
  );
  t.same((await city.get<{ items: unknown[] }>('/v1/agenda?status=failed')).items, []);
  t.same(await city.rows('select receipt_id from sink_outbox group by 1 having count(*) > 1'), []);
});
