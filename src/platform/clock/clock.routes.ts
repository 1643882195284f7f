import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Access } from '../access/access.ts';
import { answers, Choice, Instant, Ref, secured } from '../openapi.ts';
import { fieldProblem, ProblemError } from '../problem.ts';
import type { Clock } from './clock.ts';
import type { ClockDriver } from './simulated-clock.ts';

const ClockSchema = Type.Object(
  { mode: Choice(['system', 'simulated']), now: Instant('Business time') },
  { $id: 'Clock', additionalProperties: false },
);

/** Days, hours, minutes and seconds only: a month has no fixed length. */
const DURATION = '^P(?=.)(\\d{1,4}D)?(T(?=.)(\\d{1,5}H)?(\\d{1,6}M)?(\\d{1,8}S)?)?$';

/** Simulated time; not registered in production. */
export function clockRoutes({
  clock,
  driver,
  access,
  format,
}: {
  clock: Clock;
  driver: ClockDriver | undefined;
  access: Access;
  format: (date: Date) => string;
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addSchema(ClockSchema);
    const common = { tags: ['development'], ...secured('operations') };
    app.get(
      '/v1/dev/clock',
      {
        onRequest: access.requires(['operations']),
        schema: {
          operationId: 'getClock',
          summary: 'Business time',
          ...common,
          response: answers({ 200: Ref(ClockSchema) }),
        },
      },
      async () => ({ mode: clock.mode, now: format(await clock.now()) }),
    );
    app.post(
      '/v1/dev/clock',
      {
        onRequest: access.requires(['operations']),
        schema: {
          operationId: 'moveClock',
          summary: 'Move simulated time; answered when nothing due is left',
          ...common,
          body: Type.Object(
            {
              set: Type.Optional(Type.String({ format: 'date-time', description: 'Go to this instant' })),
              advance: Type.Optional(Type.String({ pattern: DURATION, description: 'Go on by this long: PT2H, P1D' })),
            },
            { additionalProperties: false, minProperties: 1, maxProperties: 1 },
          ),
          response: answers({ 200: Ref(ClockSchema) }),
        },
      },
      async ({ body }) => {
        if (!driver)
          throw new ProblemError('clock-conflict', {
            en: 'This instance runs on the system clock: start it with CLOCK=simulated.',
            zh: '本实例使用系统时钟，请以 CLOCK=simulated 启动。',
          });
        const target =
          body.set === undefined
            ? new Date((await clock.now()).getTime() + durationMs(body.advance ?? ''))
            : new Date(body.set);
        const year = target.getUTCFullYear();
        if (Number.isNaN(target.getTime()) || year < 2000 || year > 2100)
          throw fieldProblem(
            body.set === undefined ? '/advance' : '/set',
            'leads out of the years 2000 to 2100',
            '超出 2000 至 2100 年',
          );
        return { mode: clock.mode, now: format(await driver.moveTo(target)) };
      },
    );
  };
}

function durationMs(text: string): number {
  const [, days = 0, , hours = 0, minutes = 0, seconds = 0] =
    /^P(?:(\d+)D)?(T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text) ?? [];
  return Number(days) * 86_400_000 + Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000;
}
