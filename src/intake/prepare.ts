import { v7 as uuid } from 'uuid';
import { type Person, sealPerson } from '../appeals/appellants.ts';
import { announcesReport, type Urgency } from '../appeals/nature.ts';
import { parsePhone } from '../appeals/phone-number.ts';
import type { NewAttachment } from '../attachments/attachments.service.ts';
import type { Channel, NamedCall } from '../channels/channel.ts';
import type { KeyRing } from '../platform/access/key-ring.ts';
import { maskText } from '../platform/access/masking.ts';
import { isCourtesy } from './follow-up.ts';
import type { MessageBody, NoReceiptReason } from './message.schema.ts';

/** A message made ready for the batch: everything that needs no database is done, personal data are sealed. */
export interface PreparedMessage {
  messageId: string;
  appellantId: string;
  channel: Channel;
  source: string;
  externalId: string;
  idempotencyKey: string | null;
  actor: string;
  /** Undefined: the moment it is recorded. */
  receivedAt: Date | undefined;
  title: string;
  body: string;
  address: string | null;
  region: string | null;
  nature: string | null;
  category: string | null;
  urgency: Urgency;
  answered: string | null;
  historic: boolean;
  noReceiptReason: NoReceiptReason | null;
  appellant: AppellantFields;
  /** Blind indexes of proved identities under every key of the ring, base64: what same matter may go by. */
  verified: readonly string[];
  fingerprint: Buffer;
  /** The same under every key of the ring. */
  fingerprints: readonly Buffer[];
  sealedMessage: Buffer;
  attachments: readonly NewAttachment[];
  conversation: boolean;
  /** The call it was told in (通话), as its channel's block names it. */
  call: NamedCall | undefined;
  /** Source of the line that was dialled, where the message tells it. */
  lineSource: string | undefined;
  /** The citizen allows publication (可公开). A report (举报), and what is confidential, never is. */
  publish: boolean;
  belongsTo: string | undefined;
  /** It says thanks, or good-bye, and raises nothing: it opens nothing again. */
  isCourtesy: boolean;
  refersTo: string | undefined;
  followedBy: Errand | undefined;
}

/** Work of a channel's own that a message causes; the agenda item's subject is the message. */
export interface Errand {
  kind: string;
  dueAt: Date;
}

/** What comes with a message and is no part of its body: the channel's own knowledge. */
export interface Accompanying {
  /** Files that came with it. A replayed message leaves those of its first arrival as they are. */
  attachments?: readonly NewAttachment[];
  /**
   * One line of a conversation, as the platforms' webhooks deliver them: it joins the sender's case while that waits for
   * more lines, and routing waits with it.
   */
  conversation?: boolean;
  /** Id of the appeal it continues, as the channel knows for certain: it is meant for that one, whatever it says. */
  belongsTo?: string;
  /** Whether it only thanks, where the channel knows what of the body its sender has quoted. */
  isCourtesy?: boolean;
  /** Number of an appeal it only mentions: a hint for the desk, never a way into the case. */
  refersTo?: string;
  /** What the channel has to do once the message is recorded: committed with it, and not with a replayed one. */
  followedBy?: Errand | undefined;
}

interface AppellantFields {
  phoneIndex: Buffer | null;
  accountIndex: Buffer | null;
  phoneVerified: boolean;
  accountVerified: boolean;
  anonymous: boolean;
  confidential: boolean;
  language: string;
  sealed: Buffer;
}

const TITLE_LENGTH = 30;

/** @param idempotencyKey of the caller, scoped to its key. */
export function prepareMessage(
  keyRing: KeyRing,
  channel: Channel,
  body: MessageBody,
  actor: string,
  idempotencyKey: string | null,
  { attachments = [], conversation = false, belongsTo, isCourtesy: thanks, refersTo, followedBy }: Accompanying = {},
): PreparedMessage {
  const messageId = uuid();
  const appellantId = uuid();
  const sender = body.sender ?? {};
  const block = (body[channel.block] ?? {}) as Record<string, unknown>;
  const account = channel.accountOf(block);
  const phone = parsePhone(sender.phone);
  const phoneVerified = phone !== undefined && (sender.verified ?? channel.vouchesFor === 'phone');
  const accountVerified = account !== undefined && (sender.verified ?? channel.vouchesFor === 'account');
  const person: Person = {
    ...(sender.name ? { name: sender.name } : {}),
    ...(sender.phone ? { phone: phone?.number ?? sender.phone } : {}),
    ...(account ? { account } : {}),
  };
  const accountValue = account && `${channel.name}:${account}`;
  const phoneIndexes = phone ? keyRing.blindIndexes('phone', phone.number) : [];
  const accountIndexes = accountValue ? keyRing.blindIndexes('account', accountValue) : [];
  const content = canonical(body);
  const fingerprints = keyRing.blindIndexes('content', content);
  const text = maskText(body.body, sender.name);
  return {
    messageId,
    appellantId,
    channel,
    source: body.source,
    externalId: body.externalId,
    idempotencyKey,
    actor,
    receivedAt: body.receivedAt === undefined ? undefined : new Date(body.receivedAt),
    // Masked before it is cut: half a number is not recognised any more.
    title: body.title?.trim() ? maskText(body.title.trim(), sender.name) : firstWords(text),
    body: text,
    address: body.address === undefined ? null : maskText(body.address, sender.name),
    region: body.region ?? null,
    nature: body.nature ?? null,
    category: body.category ?? null,
    urgency: body.suggestedUrgency ?? 'normal',
    answered: body.answered?.text ?? null,
    historic: body.historic ?? false,
    noReceiptReason: body.historic ? 'historic' : noReceiptReason(sender.phone, phone?.mobile ?? false),
    appellant: {
      phoneIndex: phoneIndexes[0] ?? null,
      accountIndex: accountIndexes[0] ?? null,
      phoneVerified,
      accountVerified,
      anonymous: sender.anonymous ?? false,
      confidential: sender.confidential ?? false,
      language: sender.language ?? 'zh-CN',
      sealed: sealPerson(keyRing, appellantId, person),
    },
    verified: [...(phoneVerified ? phoneIndexes : []), ...(accountVerified ? accountIndexes : [])].map((index) =>
      index.toString('base64'),
    ),
    fingerprint: fingerprints[0] ?? Buffer.alloc(0),
    fingerprints,
    sealedMessage: keyRing.seal(`message:${messageId}`, body),
    attachments,
    conversation,
    call: channel.callOf?.(block),
    lineSource: undefined,
    publish:
      block.publish === true &&
      body.nature !== 'report' &&
      !sender.confidential &&
      !announcesReport(`${body.title ?? ''}\n${text}`),
    belongsTo,
    isCourtesy: thanks ?? (attachments.length === 0 && isCourtesy(body.body)),
    refersTo,
    followedBy,
  };
}

function noReceiptReason(given: string | undefined, mobile: boolean): NoReceiptReason | null {
  if (!given) return 'no-number';
  return mobile ? null : 'not-a-mobile-number';
}

export function firstWords(body: string): string {
  const line = body.trim().replaceAll(/\s+/g, ' ');
  return [...line.slice(0, TITLE_LENGTH * 2)].slice(0, TITLE_LENGTH).join('');
}

/** What makes two messages the same: all that was said, whatever the order of fields; not when the adapter took it. */
function canonical(body: MessageBody): string {
  const { receivedAt: _clockOfTheAdapter, ...content } = body;
  return JSON.stringify(sorted(content));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
