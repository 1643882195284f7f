import { createHash } from 'node:crypto';
import type { AttachmentKind } from '../../attachments/attachments.table.ts';
import { textOf } from '../channel.ts';
import { unreadable } from '../webhook/raw-body.ts';
import { type Fields, fieldsOf, idOf, timeOf } from './json.ts';

interface Envelope {
  /** uid of the sender. */
  from: string;
  /** uid of the account itself. */
  to: string;
}

/** A private message (私信), or a post or comment that mentions the account. */
export interface Line extends Envelope {
  kind: 'line';
  createdAt: Date | undefined;
  /**
   * Weibo gives no message id: who, when, what kind and which words, hashed. A mention has the id of its post, under
   * which the poller would find it too.
   */
  externalId: string;
  text: string;
  media: { kind: AttachmentKind; name: string; fid: string } | undefined;
  mention: { statusId: string } | { commentId: string } | undefined;
}

export interface Event extends Envelope {
  kind: 'event';
  subtype: string;
}

/** Default words Weibo puts where the sender wrote none. */
const DEFAULT_TEXTS = new Set(['发送了一个位置', '发了一个语音消息', '发了一张图片']);

/**
 * What a push says. Undefined: of a kind we do not know, which Weibo asks to be ignored.
 * @throws ProblemError 400 when it does not say from whom and of what kind it is.
 */
export function readPush(fields: Fields): Line | Event | undefined {
  const type = textOf(fields.type);
  if (type === undefined) throw unreadable('has no type', '缺少 type');
  const [from, to] = [idOf(fields.sender_id), idOf(fields.receiver_id)];
  if (from === undefined) throw unreadable('has no sender_id', '缺少 sender_id');
  const envelope = { from, to: to ?? '' };
  const data = fieldsOf(fields.data) ?? {};
  if (type === 'event') return { ...envelope, kind: 'event', subtype: textOf(data.subtype) ?? '' };
  const said = textOf(fields.text)?.trim() ?? '';
  const text = textOfLine(type, DEFAULT_TEXTS.has(said) ? '' : said, data);
  if (text === undefined) return undefined;
  const mention = type === 'mention' ? mentionIn(data) : undefined;
  return {
    ...envelope,
    kind: 'line',
    createdAt: timeOf(fields.created_at),
    externalId: mention ? externalIdOf(mention) : hashOf([from, fields.created_at, type, fields.text, data]),
    text,
    media: mediaIn(type, data),
    mention,
  };
}

/** How a post or comment is known, however we heard of it. */
export const externalIdOf = (mention: NonNullable<Line['mention']>): string =>
  'statusId' in mention ? `status:${mention.statusId}` : `comment:${mention.commentId}`;

const hashOf = (parts: readonly unknown[]): string =>
  `push:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;

function textOfLine(type: string, said: string, data: Fields): string | undefined {
  switch (type) {
    case 'text':
    case 'mention':
      return said;
    case 'image':
      return `[图片] ${said}`.trim();
    case 'voice':
      return `[语音] ${said}`.trim();
    case 'position': {
      const [latitude, longitude] = [textOf(data.latitude) ?? '', textOf(data.longitude) ?? ''];
      return `${`[位置] ${said}`.trim()}\n纬度 ${latitude}，经度 ${longitude}`;
    }
    default:
      return undefined;
  }
}

function mediaIn(type: string, data: Fields): Line['media'] {
  // Each side has an id of its own for the same file; `tovfid` is the receiver's.
  const fid = idOf(data.tovfid);
  if (fid === undefined) return undefined;
  if (type === 'image') return { kind: 'image', name: '图片', fid };
  return type === 'voice' ? { kind: 'voice', name: '语音', fid } : undefined;
}

function mentionIn(data: Fields): Line['mention'] {
  const id = idOf(data.key);
  if (id === undefined) return undefined;
  return data.subtype === 'comment' ? { commentId: id } : { statusId: id };
}
