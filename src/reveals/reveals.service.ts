import { v7 as uuid } from 'uuid';
import { lockAppeals, noteAppeals } from '../appeals/appeals.service.ts';
import { contactOf, type Contact as Known, type WhoseContact } from '../appeals/contact.ts';
import { protectionOf } from '../appeals/protection.ts';
import { mustBeReadable, readers } from '../appeals/readable.ts';
import { numberToCall } from '../calls/number-to-call.service.ts';
import type { Zone } from '../deadlines/zone.ts';
import { appealOfRepresentative } from '../matters/representatives.service.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { type Actor, hasScope } from '../platform/access/keys.ts';
import { maskText } from '../platform/access/masking.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { fieldProblem, notFound, ProblemError } from '../platform/problem.ts';
import { countSince, type RevealRow } from './reveals.repo.ts';
import type { Contact } from './reveals.schema.ts';
import { type RevealField, type RevealReason, reveals } from './reveals.table.ts';

/** Opens nothing by itself: which appeals, the key's other scopes say. */
export const REVEAL = 'reveal';
/** Besides `reveal`, for the desk only: who reported, or asked for secrecy or to stay anonymous. */
export const REVEAL_REPORTER = 'reveal:reporter';

interface Deps {
  db: Database;
  keyRing: KeyRing;
  zone: Zone;
  clock: Clock;
  /** Reveals a key has in a day of the city. */
  perDay: number;
}

export interface Why {
  reason: RevealReason;
  note?: string | undefined;
}

/**
 * Shows a citizen's contact data in clear (查看联系方式) and puts it on record. The record, and the event in the appeal's
 * history, are committed before this returns what was asked for: nobody looks unrecorded.
 * @throws ProblemError 404 as for any appeal the caller may not read; 403 whose identity is protected; 429 the day's limit.
 */
export async function revealAppellant(
  deps: Deps,
  actor: Actor,
  appealId: string,
  asked: WhoseContact & Why & { fields: readonly RevealField[] },
): Promise<{ contact: Contact; version: number }> {
  const { messageId, appellantId } = asked;
  if (messageId !== undefined && appellantId !== undefined)
    throw fieldProblem('/appellantId', 'cannot be given together with messageId', '不能与 messageId 同时使用');
  const now = await deps.clock.now();
  return withTransaction(deps.db, async (tx) => {
    const represented = appellantId && (await appealOfRepresentative(tx, appealId, appellantId));
    // Locked: a department that loses the case meanwhile loses this with it.
    const locked = await lockAppeals(tx, [appealId, ...(represented ? [represented] : [])]);
    const appeal = mustBeReadable(actor, locked.get(appealId));
    const found = await findContact(deps, tx, appeal.id, { messageId, appellantId });
    const own = locked.get(found?.ownId ?? '');
    if (!found || !own) throw notFound({ en: 'This appellant of the appeal', zh: '该诉求的反映人' });
    const { known } = found;
    checkProtection(actor, [appeal.nature, own.nature], known);
    const fields = [...asked.fields];
    const subject = { appealId: own.id, messageId: known.messageId, appellantId: known.appellantId };
    const { id, reason, note } = await record(deps, tx, actor, { ...subject, fields }, asked, now);
    const data = { reveal: id, messageId: known.messageId, fields, reason, ...(note === null ? {} : { note }) };
    const told = [...new Set([appeal.id, own.id])];
    await noteAppeals(
      tx,
      told.map((to) => ({ appealId: to, type: 'reveal', actor: actor.name, data })),
      now,
    );
    const shown = Object.fromEntries(fields.map((field) => [field, known[field]]));
    const contact = { revealId: id, messageId: known.messageId, appellantId: known.appellantId, ...shown };
    return { contact, version: appeal.version + 1 };
  });
}

/** Whose contact an appeal opens: of who wrote to it, and of who speaks for it from an appeal that is linked to it. */
async function findContact(
  { keyRing }: Deps,
  tx: Transaction,
  appealId: string,
  whose: WhoseContact,
): Promise<{ known: Known; ownId: string } | undefined> {
  const known = await contactOf(tx, keyRing, appealId, whose);
  if (known) return { known, ownId: appealId };
  const { appellantId } = whose;
  const ownId = appellantId && (await appealOfRepresentative(tx, appealId, appellantId));
  const speaker = ownId ? await contactOf(tx, keyRing, ownId, { appellantId }) : undefined;
  return speaker && ownId ? { known: speaker, ownId } : undefined;
}

/** Shows the number of a caller who waits to be called back. @throws ProblemError 403, 404, 409 (nobody waits), 429. */
export async function revealCaller(deps: Deps, actor: Actor, callBackId: string, why: Why): Promise<Contact> {
  if (!hasScope(actor, ...readers))
    throw new ProblemError('forbidden', {
      en: `The key needs one of these scopes too: ${readers.join(', ')}.`,
      zh: `密钥还缺少以下权限之一：${readers.join('、')}。`,
    });
  const now = await deps.clock.now();
  return withTransaction(deps.db, async (tx) => {
    const phone = await numberToCall(tx, deps.keyRing, callBackId);
    const { id } = await record(deps, tx, actor, { callBackId, fields: ['phone'] }, why, now);
    return { revealId: id, messageId: null, appellantId: null, phone };
  });
}

function checkProtection(actor: Actor, natures: readonly (string | null)[], known: Known): void {
  const isDesk = hasScope(actor, ...readers);
  if (natures.includes(null) && !isDesk)
    throw new ProblemError('forbidden', {
      en: 'The nature of the appeal is not known yet, and it may be a report: until the desk has judged it the contact is not shown to a department.',
      zh: '该件性质尚未认定，可能为举报；认定前不向承办单位提供联系方式。',
    });
  const because = protectionOf(natures, known);
  if (!because) return;
  if (!isDesk)
    throw new ProblemError('forbidden', {
      en: `${because.en}: who they are is never shown to a department.`,
      zh: `${because.zh}，不得向承办单位提供其身份信息。`,
    });
  if (hasScope(actor, REVEAL_REPORTER)) return;
  throw new ProblemError('forbidden', {
    en: `${because.en}: to see who they are the key needs the scope ${REVEAL_REPORTER} too.`,
    zh: `${because.zh}，查看其身份信息还需要 ${REVEAL_REPORTER} 权限。`,
  });
}

async function record(
  { zone, perDay }: Deps,
  tx: Transaction,
  actor: Actor,
  subject: Partial<RevealRow> & Pick<RevealRow, 'fields'>,
  { reason, note }: Why,
  now: Date,
): Promise<RevealRow> {
  if (reason === 'other' && note === undefined)
    throw fieldProblem('/note', 'is required with the reason other', '事由为其他时必填');
  const today = zone.epochDay(now);
  if ((await countSince(tx, actor.name, zone.instantOf(today, 0))) >= perDay)
    throw new ProblemError(
      'too-many-requests',
      {
        en: `This key has been shown ${perDay} contacts today, which is its limit (REVEALS_PER_DAY); it may again tomorrow.`,
        zh: `该密钥今日查看联系方式已达上限 ${perDay} 次，请明日再试。`,
      },
      { retryAfter: Math.ceil((zone.instantOf(today + 1, 0).getTime() - now.getTime()) / 1000) },
    );
  const row = { id: uuid(), at: now, actor: actor.name, reason, note: note === undefined ? null : maskText(note) };
  const [written] = await tx
    .insert(reveals)
    .values({ ...row, ...subject })
    .returning();
  return written!;
}
