import { sourceOfLine } from '../calls/lines.ts';
import type { Channel } from '../channels/channel.ts';
import { isUniqueViolation } from '../platform/database/database.ts';
import { createGroupCommit } from '../platform/group-commit.ts';
import { fieldProblem, type ProblemError } from '../platform/problem.ts';
import { RECEIPT } from '../receipts/receipts.service.ts';
import type { CatalogueRule } from '../routing/catalogue.ts';
import { ROUTE } from '../routing/routing.service.ts';
import { type IntakeDeps, type Outcome, registerBatch } from './intake.service.ts';
import type { MessageAnswer, MessageBody } from './message.schema.ts';
import { type Accompanying, type PreparedMessage, prepareMessage } from './prepare.ts';
import { type Foreseen, foresee } from './preview.service.ts';
import type { Sources } from './sources.service.ts';

const MAX_BATCH = 200;
const MAX_WAITING = 5_000;

export interface Intake {
  /** @throws ProblemError what is wrong with the message, or 503 when too many wait. */
  accept(
    channel: Channel,
    body: MessageBody,
    actor: string,
    idempotencyKey: string | null,
    accompanying?: Accompanying,
  ): Promise<MessageAnswer>;
  /** What would become of messages if they were posted one after the other; only that it was asked is written. */
  preview(channel: Channel, bodies: readonly MessageBody[], actor: string): Promise<Foreseen[]>;
  stop(): Promise<void>;
}

/** The seam between one request and the batch it is committed in. `nudge` wakes the workers after COMMIT. */
export function createIntake(
  deps: IntakeDeps & { sources: Sources; nudge: (kind: string) => void; catalogue: () => Promise<CatalogueRule[]> },
): Intake {
  const line = createGroupCommit<PreparedMessage, Outcome>({ commit, maxBatch: MAX_BATCH, maxWaiting: MAX_WAITING });

  /** Alone and still refused as known: another replica was faster, and now its record can be seen. */
  async function register(batch: PreparedMessage[]): Promise<Outcome[]> {
    try {
      return await registerBatch(deps, batch);
    } catch (error) {
      if (batch.length > 1 || !isUniqueViolation(error)) throw error;
      return registerBatch(deps, batch);
    }
  }

  async function commit(batch: PreparedMessage[]): Promise<Outcome[]> {
    const outcomes = await register(batch);
    const answers = outcomes.flatMap((outcome) =>
      'answer' in outcome && outcome.answer.disposition !== 'replayed' ? [outcome.answer] : [],
    );
    if (answers.some((answer) => answer.status === 'registered')) deps.nudge(ROUTE);
    if (answers.some((answer) => answer.receiptDueAt !== null && answer.status !== 'registered')) deps.nudge(RECEIPT);
    for (const kind of new Set(batch.flatMap(({ followedBy }) => followedBy?.kind ?? []))) deps.nudge(kind);
    return outcomes;
  }

  async function accept(
    channel: Channel,
    body: MessageBody,
    actor: string,
    idempotencyKey: string | null,
    accompanying?: Accompanying,
  ): Promise<MessageAnswer> {
    const wrong = await wrongSource(channel, body);
    if (wrong) throw wrong;
    const prepared = prepareMessage(deps.keyRing, channel, body, actor, idempotencyKey, accompanying);
    if (prepared.call) prepared.lineSource = await sourceOfLine(deps.sources, body.source, prepared.call.called);
    const outcome = await line.submit(prepared);
    if ('refusal' in outcome) throw outcome.refusal;
    return outcome.answer;
  }

  async function wrongSource(channel: Channel, { source }: MessageBody): Promise<ProblemError | undefined> {
    const known = await deps.sources.channelOf(source);
    if (known === undefined) return fieldProblem('/source', 'is not a registered source', '不是已登记的来源');
    if (known === channel.name) return undefined;
    return fieldProblem('/source', `is a source of the channel ${known}`, `属于 ${known} 渠道`);
  }

  async function preview(channel: Channel, bodies: readonly MessageBody[], actor: string): Promise<Foreseen[]> {
    const messages: (PreparedMessage | ProblemError)[] = [];
    for (const body of bodies)
      messages.push(
        (await wrongSource(channel, body)) ?? prepareMessage(deps.keyRing, channel, body, actor, null, undefined),
      );
    return foresee(deps, { channel, messages, actor }, await deps.catalogue());
  }

  return { accept, preview, stop: () => line.stop() };
}
