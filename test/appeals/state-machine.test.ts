import fc from 'fast-check';
import {
  type AppealStatus,
  allowedActions,
  appealActions,
  appealStatuses,
  findTransition,
  openStatuses,
  transitions,
} from '../../src/appeals/states.ts';
import { createCity, type Problem } from '../support/city.ts';
import t from '../support/tap.ts';

t.test('the table leads everywhere, and nowhere in two directions', async (t) => {
  const reachable = new Set<AppealStatus>(['registered', 'answered', 'archived']);
  for (let size = 0; size < reachable.size; ) {
    size = reachable.size;
    for (const { from, to } of transitions) if (reachable.has(from)) reachable.add(to);
  }
  t.same([...reachable].sort(), [...appealStatuses].sort(), 'every status can be reached');
  const keys = transitions.map(({ from, action }) => `${from} ${action}`);
  t.equal(new Set(keys).size, keys.length);
  for (const status of openStatuses) t.match(findTransition(status, 'attach'), { to: status }, 'joining moves nothing');
});

const desk = ['assign', 'answer', 'decline', 'divert', 'link', 'reclassify', 'unlink', 'reopen', 'represent'] as const;
const departments = ['water', 'housing', 'planning'];

const step = fc.record({
  action: fc.constantFrom(
    ...desk,
    'sign' as const,
    'return' as const,
    'submit' as const,
    'message' as const,
    'hour' as const,
  ),
  department: fc.constantFrom(...departments),
  stale: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

t.test('no sequence of actions leaves the table, loses an event or breaks the service', async (t) => {
  const city = await createCity(t);
  const target = await city.register('phone', { body: '另一件事' });
  let callers = 0;

  async function run(body: string, steps: (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): Promise<void> {
    callers += 1;
    const sender = { phone: `1370000${String(callers).padStart(4, '0')}` };
    const { appealId } = await city.register('phone', { body, sender });
    await city.clock.settle();
    let assignmentId = (await city.appeal(appealId)).assignment?.id;
    for (const { action, department, stale } of steps) {
      const before = await city.appeal(appealId);
      if (action === 'hour') await city.clock.advance('PT1H');
      if (action === 'message') {
        const joined = await city.register('phone', { body, sender });
        const takes = openStatuses.includes(before.status) || before.status === 'answered';
        equal(joined.appealId === appealId, takes, `message while ${before.status}`);
        if (before.status === 'linked') equal(joined.appealId, target.appealId, 'goes where it is worked on');
        if (before.status === 'answered') equal(joined.status, 'triage', 'opened again');
      }
      if (action === 'hour' || action === 'message') continue;
      const reply = await act();
      const transition = findTransition(before.status, action);
      const after = await city.appeal(appealId);
      if (reply.status === 200) {
        equal(after.status, transition?.to, `${action} from ${before.status}`);
        equal(after.version, before.version + 1, 'one step, one version');
        assignmentId = after.assignment?.id ?? assignmentId;
      } else {
        equal(
          [409, 412].includes(reply.status),
          true,
          `${action} from ${before.status}: ${JSON.stringify(reply.body)}`,
        );
        equal(reply.status === 412, stale, `${action} from ${before.status}: ${reply.status}`);
        equal(after.version, before.version, 'a refusal changes nothing');
        if (reply.status === 409)
          for (const allowed of reply.body.allowed ?? [])
            equal(allowedActions(before.status).includes(allowed as 'sign'), true, `${allowed} is offered`);
        const mayFail = action === 'return' || stale;
        if (transition) equal(mayFail, true, `${action} is allowed from ${before.status}`);
      }

      async function act(): Promise<{ status: number; body: Problem }> {
        const isDesk = (desk as readonly string[]).includes(action);
        if (!isDesk && !assignmentId) return { status: stale ? 412 : 409, body: {} as Problem };
        const kind = isDesk ? 'appeals' : 'assignments';
        const id = isDesk ? appealId : (assignmentId ?? '');
        const bodies: Record<string, object> = {
          assign: { department },
          link: { target: target.appealNumber },
          reclassify: { nature: 'complaint', urgency: 'urgent', complexity: 'simple' },
          sign: {},
          return: { reason: '非我单位' },
          submit: { result: '已办' },
          unlink: { reason: '不是同一件事' },
          reopen: { reason: '答复有误' },
          represent: { appellants: [] },
        };
        const { version } = await city.get<{ version: number }>(`/v1/${kind}/${id}`);
        return city.act<Problem>(kind, id, action, bodies[action] ?? { text: '已告知' }, stale ? version + 1 : version);
      }
    }
    const events = await city.events(appealId);
    const { version, status } = await city.appeal(appealId);
    equal(
      events.map(({ seq }) => seq).join(),
      Array.from({ length: version }, (_, at) => at + 1).join(),
      'events are the versions',
    );
    equal(
      events.every(({ type }) => type === 'register' || (appealActions as readonly string[]).includes(type)),
      true,
      'known events',
    );
    const running = (await city.deadlines(appealId)).filter(({ state }) => state === 'running').map(({ name }) => name);
    equal(
      running.includes('forward'),
      status === 'triage' || status === 'registered',
      `forward while ${status}: ${running}`,
    );
    equal(running.includes('sign'), status === 'assigned', `sign while ${status}: ${running}`);
  }

  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('一言难尽啊', '自来水很浑浊'),
      fc.array(step, { minLength: 1, maxLength: 14 }),
      run,
    ),
    { numRuns: 25 },
  );
  await city.clock.advance('P30D');
  const failed = await city.get<{ items: unknown[] }>('/v1/agenda?status=failed');
  t.same(failed.items, [], 'nothing failed behind the scenes');
  t.same(await city.rows("select id from receipts where status not in ('delivered', 'cancelled')"), []);
  t.same(await city.rows('select receipt_id from sink_outbox group by 1 having count(*) > 1'), []);
});

function equal(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)}, not ${String(expected)}`);
}
