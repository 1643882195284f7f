import { forgetContents, type Keeping } from '../../attachments/attachments.service.ts';
import type { Intake } from '../../intake/intake.ts';
import type { MessageAnswer, MessageBody } from '../../intake/message.schema.ts';
import type { Accompanying } from '../../intake/prepare.ts';
import type { Log } from '../../platform/log.ts';
import { ProblemError } from '../../platform/problem.ts';
import type { Channel } from '../channel.ts';

/**
 * Hands a platform's message to the intake. Undefined: the platform gave an id that is recorded with other words; its id
 * says that this is the same message, so what was recorded first stands, and the platform need not try again.
 * @throws ProblemError 503, or what else keeps it from being recorded now.
 */
export async function acceptPush(
  { intake, ...keeping }: { intake: Intake } & Pick<Keeping, 'db' | 'storage'>,
  log: Pick<Log, 'warn'>,
  channel: Channel,
  actor: string,
  { body, accompanying }: { body: MessageBody; accompanying: Accompanying },
): Promise<MessageAnswer | undefined> {
  const forget = (): Promise<void> => forgetContents(keeping, accompanying.attachments ?? []);
  try {
    const answer = await intake.accept(channel, body, actor, null, accompanying);
    if (answer.disposition === 'replayed') await forget();
    return answer;
  } catch (error) {
    // Whatever else failed may have been committed: then the contents belong to a record.
    if (!(error instanceof ProblemError)) throw error;
    await forget();
    if (error.code !== 'conflict') throw error;
    log.warn({ source: body.source, externalId: body.externalId }, 'a platform repeated an id with other words');
    return undefined;
  }
}
