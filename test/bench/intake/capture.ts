import type pg from 'pg';
import { allChannels } from '../../../src/channels/channels.ts';
import { compose, type Instance } from '../../../src/compose.ts';
import { readConfig } from '../../../src/config.ts';
import { registerBatch } from '../../../src/intake/intake.service.ts';
import { prepareMessage } from '../../../src/intake/prepare.ts';
import { createLog } from '../../../src/platform/log.ts';
import { makeTexts, phoneOf } from '../../support/bodies.ts';

export interface Statement {
  text: string;
  values: readonly unknown[];
}

/** What the service itself executes, in one transaction, for one appeal that comes in alone by phone. */
export async function captureAppeal(env: Record<string, string>): Promise<Statement[]> {
  const config = readConfig(env);
  const instance = await compose(config, config.DATABASE_URL ?? '', createLog('error'));
  try {
    return await capture(instance);
  } finally {
    await instance.close();
  }
}

async function capture(instance: Instance): Promise<Statement[]> {
  const channel = allChannels.find(({ name }) => name === 'phone');
  const [text] = makeTexts(1);
  if (!channel || !text) throw new Error('the phone channel is not there');
  const statements: Statement[] = [];
  const pool: pg.Pool = instance.db.$client;
  const idle = await pool.connect();
  const spied = idle.query;
  // The pool lends what was given back last: the transaction gets this very connection.
  idle.query = ((...args: unknown[]) => {
    statements.push(statementOf(args));
    return Reflect.apply(spied, idle, args);
  }) as typeof spied;
  idle.release();
  const body = {
    source: '12345',
    externalId: 'bench-captured',
    receivedAt: new Date().toISOString(),
    region: '530102',
    nature: 'complaint' as const,
    sender: { name: '王女士', phone: phoneOf(1) },
    ...text,
  };
  const [outcome] = await registerBatch(instance, [prepareMessage(instance.keyRing, channel, body, 'key:bench', null)]);
  idle.query = spied;
  if (!outcome || 'refusal' in outcome || outcome.answer.disposition !== 'registered')
    throw new Error('the message to capture was not registered');
  return statements;
}

function statementOf([query, values]: unknown[]): Statement {
  const text = typeof query === 'string' ? query : (query as { text: string }).text;
  return { text, values: Array.isArray(values) ? values : [] };
}
