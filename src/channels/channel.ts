import type { TObject } from 'typebox';
import type { Executor } from '../platform/database/database.ts';

export const channels = ['phone', 'wechat', 'weibo', 'mailbox', 'portal'] as const;
export type ChannelName = (typeof channels)[number];

/**
 * What is particular to a channel (渠道): its own block in the message and whom it vouches for. Adding a channel is
 * adding one of these and a folder.
 */
export interface Channel {
  name: ChannelName;
  zh: string;
  /** Name and schema of the channel's own block in the message body. */
  block: string;
  schema: TObject;
  /** The channel's own identity of the sender (openid, uid, e-mail address), from its block. */
  accountOf(block: Record<string, unknown>): string | undefined;
  /** The call a message was told in, from the channel's block; only the phone has any. */
  callOf?(block: Record<string, unknown>): NamedCall | undefined;
  /** Whose identity the channel itself proves when the adapter says nothing: the number, the account, or nobody's. */
  vouchesFor: 'phone' | 'account' | 'nobody';
  /**
   * What a source of this channel must be told to speak its platform's protocol; secrets are marked `writeOnly`. Left out:
   * the channel has no protocol of its own.
   */
  settings?: TObject;
  /** Sources of the same channel that the settings name, by where they stand there; each must exist. */
  sourcesIn?(settings: Record<string, unknown>): { pointer: string; code: string }[];
  /** What must be forgotten with a source's former settings, in the transaction that changes or removes them. */
  onSettings?(tx: Executor, source: string): Promise<void>;
  /** A message of the demonstration city, without its external id: shown in the API docs and at the start. */
  example: Record<string, unknown>;
}

/** A call as a message names it: by the call centre's id. */
export interface NamedCall {
  callId: string;
  called: string | undefined;
  recordingUrl: string | undefined;
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 ? value : undefined;
