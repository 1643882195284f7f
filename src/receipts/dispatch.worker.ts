import { inArray, type SQL, sql } from 'drizzle-orm';
import { contactsOf } from '../appeals/appellants.ts';
import { type DeadlineEnd, endDeadlines } from '../deadlines/deadlines.service.ts';
import type { RuleBook, RulesInForce } from '../deadlines/rule-book.service.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { type AgendaItem, type Lease, LeaseLostError, recordFailure, settle } from '../platform/agenda/agenda.ts';
import type { AgendaHandler } from '../platform/agenda/agenda-worker.ts';
import type { Clock } from '../platform/clock/clock.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { arrayOf } from '../platform/database/rows.ts';
import { withTransaction } from '../platform/database/transaction.ts';
import { decide } from './decide.ts';
import type { Found, SendOutcome, SmsGateway } from './gateways/gateway.ts';
import { RECEIPT } from './receipts.service.ts';
import { receipts } from './receipts.table.ts';
import { CODE_PLACE } from './texts.ts';

type Row = typeof receipts.$inferSelect;
type Verdict = SendOutcome | { outcome: 'unknown' };

interface Deps {
  db: Database;
  book: RuleBook;
  keyRing: KeyRing;
  gateway: SmsGateway;
  clock: Clock;
}

/** Business milliseconds between attempts at a gateway that refused for now, or that cannot say what it did. */
const RETRY_MS = 5 * 60_000;
const MAX_ATTEMPTS = 48;

/**
 * Sends what is due: write "attempt started", let go of the database, call the gateway, settle. After a crash in between
 * the row still says `sending`; then the gateway is asked, and the message is sent only if it never arrived there. Each
 * attempt says what holds when it begins.
 */
export function createReceiptHandler(deps: Deps): AgendaHandler {
  const { db, book, gateway, keyRing, clock } = deps;

  async function handle(lease: Lease, now: Date): Promise<void> {
    const { started, interrupted } = await book.transact((tx, rules) => begin(tx, rules, lease, now));
    const found =
      interrupted.length === 0 ? new Map<string, Found>() : await gateway.find(interrupted.map((row) => row.id));
    const told = interrupted.flatMap((row) => {
      const verdict = verdictOf(found.get(row.id));
      return verdict ? [{ row, verdict }] : [];
    });
    const notSent = new Set(interrupted.filter((row) => !told.some((entry) => entry.row === row)).map(({ id }) => id));
    const again =
      notSent.size === 0 ? [] : (await book.transact((tx, rules) => begin(tx, rules, lease, now, notSent))).started;
    const open = [...started, ...again];
    const contacts = await contactsOf(
      db,
      keyRing,
      open.map((row) => row.messageId),
    );
    const sent = await Promise.all(
      open.map(async (row) => ({ row, verdict: await send(lease, row, contacts.get(row.messageId)) })),
    );
    const sentAt = await clock.now();
    await withTransaction(db, (tx) => finish(tx, lease, [...told, ...sent], sentAt));
  }

  async function send(
    lease: Lease,
    row: Row,
    contact: { phone: string | undefined; queryCode: string } | undefined,
  ): Promise<Verdict> {
    // A process that was frozen for longer than its lease must not send: another one may have done so already.
    if (Date.now() > lease.heldUntil) throw new LeaseLostError('the lease ran out before the message was sent');
    if (!contact?.phone) return { outcome: 'refused', permanent: true, reason: 'no number' };
    try {
      return await gateway.send({
        receiptId: row.id,
        to: contact.phone,
        text: (row.text ?? '').replaceAll(CODE_PLACE, contact.queryCode),
      });
    } catch {
      // The call broke off: it may have left or not. Only the gateway can tell, at the next attempt.
      return { outcome: 'unknown' };
    }
  }

  async function finish(
    tx: Transaction,
    lease: Lease,
    verdicts: { row: Row; verdict: Verdict }[],
    at: Date,
  ): Promise<void> {
    const done: Row[] = [];
    for (const { row, verdict } of verdicts) {
      const item = lease.items.find((candidate) => candidate.subjectId === row.id);
      if (item && isOpen(verdict) && item.attempts < MAX_ATTEMPTS) {
        await mark(
          tx,
          [row],
          verdict.outcome === 'unknown' ? 'unknown' : 'temporary-failure',
          gateway.name,
          at,
          verdict,
        );
        await recordFailure(tx, lease, item, verdict.outcome, at, new Date(at.getTime() + RETRY_MS));
        continue;
      }
      done.push(row);
      if (verdict.outcome !== 'accepted')
        await mark(tx, [row], isOpen(verdict) ? 'technical-failure' : 'permanent-failure', gateway.name, at, verdict);
    }
    const sent = verdicts.filter(({ verdict }) => verdict.outcome === 'accepted');
    const delivered = sent.filter(({ verdict }) => verdict.outcome === 'accepted' && verdict.delivered);
    await mark(
      tx,
      delivered.map(({ row }) => row),
      'delivered',
      gateway.name,
      at,
    );
    await mark(
      tx,
      sent.filter((entry) => !delivered.includes(entry)).map(({ row }) => row),
      'sent',
      gateway.name,
      at,
    );
    await endDeadlines(tx, await promisesOf(tx, sent), at);
    await settle(tx, lease, itemsOf(lease, done), at);
  }

  return { kind: RECEIPT, drains: 4, batchSize: 100, attempts: MAX_ATTEMPTS, handle };
}

/** The promises that were kept, as their rows are now: a message may have gone to another appeal while it was sent. */
async function promisesOf(tx: Transaction, sent: readonly { row: Row }[]): Promise<DeadlineEnd[]> {
  const ids = sent.flatMap(({ row }) => (row.kind === 'receipt' ? [row.id] : []));
  if (ids.length === 0) return [];
  const rows = await tx
    .select({ appealId: receipts.appealId, messageId: receipts.messageId })
    .from(receipts)
    .where(inArray(receipts.id, ids));
  return rows.map((row) => ({ ...row, name: 'receipt' }));
}

/**
 * Locks what is to be sent and says so in the rows, in words that hold now; what needs no sending any more is settled here.
 * @param notSent given: only these, of which the gateway says that the interrupted attempt never got there.
 * @returns also the attempts that were interrupted, of which the gateway has to be asked first.
 */
async function begin(
  tx: Transaction,
  rules: RulesInForce,
  lease: Lease,
  now: Date,
  notSent?: ReadonlySet<string>,
): Promise<{ started: Row[]; interrupted: Row[] }> {
  const ids = notSent ? [...notSent] : lease.items.map((item) => item.subjectId);
  const rows = await tx
    .select()
    .from(receipts)
    .where(sql`${receipts.id} = any(${arrayOf(ids, 'uuid')})`)
    .orderBy(receipts.id)
    .for('update');
  const interrupted = notSent ? [] : rows.filter(isUnderWay);
  const unsent = rows.filter(
    (row) =>
      row.status === 'created' || row.status === 'temporary-failure' || (notSent !== undefined && isUnderWay(row)),
  );
  const isVoid = (row: Row): boolean => row.kind === 'notice' && row.frozenAt === null;
  const isUndecided = (row: Row): boolean => row.kind === 'receipt' && row.frozenAt === null;
  const decided = await decide(tx, rules, unsent.filter(isUndecided), now);
  const started = [...unsent.filter((row) => row.frozenAt !== null), ...decided];
  await setStatus(tx, unsent.filter(isVoid), sql`status = 'cancelled'`);
  await setStatus(tx, started, sql`status = 'sending', attempt_started_at = ${now.toISOString()}`);
  await settle(
    tx,
    lease,
    itemsOf(
      lease,
      rows.filter((row) => !interrupted.includes(row) && !started.some(({ id }) => id === row.id)),
    ),
    now,
  );
  return { started, interrupted };
}

const isUnderWay = ({ status }: Row): boolean => status === 'sending' || status === 'unknown';

async function setStatus(tx: Transaction, rows: readonly Row[], set: SQL): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(
    sql`update receipts set ${set} where id = any(${arrayOf(
      rows.map((row) => row.id),
      'uuid',
    )})`,
  );
}

/** The gateway's word on an interrupted attempt; undefined: it never got there, so send. */
function verdictOf(found: Found | undefined): Verdict | undefined {
  if (found === 'accepted' || found === 'delivered') return { outcome: 'accepted', delivered: found === 'delivered' };
  return found === 'unknown' ? { outcome: 'unknown' } : undefined;
}

const isOpen = (verdict: Verdict): boolean =>
  verdict.outcome === 'unknown' || (verdict.outcome === 'refused' && !verdict.permanent);

/** Writes what became of attempts. Of one that another worker has ended meanwhile, nothing. */
async function mark(
  tx: Transaction,
  rows: readonly Row[],
  status: Row['status'],
  gateway: string,
  at: Date,
  verdict?: Verdict,
): Promise<void> {
  if (rows.length === 0) return;
  const left = status === 'sent' || status === 'delivered';
  await tx.execute(sql`update receipts set status = ${status}, gateway = ${gateway},
      sent_at = case when ${left} then coalesce(sent_at, ${at.toISOString()}::timestamptz) end,
      delivered_at = case when ${status === 'delivered'} then ${at.toISOString()}::timestamptz end,
      failure = ${verdict?.outcome === 'refused' ? verdict.reason : null}
    where id = any(${arrayOf(
      rows.map((row) => row.id),
      'uuid',
    )}) and status in ('sending', 'unknown')`);
}

function itemsOf(lease: Lease, rows: readonly Row[]): AgendaItem[] {
  const ids = new Set(rows.map((row) => row.id));
  return lease.items.filter((item) => ids.has(item.subjectId));
}
