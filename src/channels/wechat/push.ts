import { createHash } from 'node:crypto';
import type { AttachmentKind } from '../../attachments/attachments.table.ts';
import { textOf } from '../channel.ts';
import { readable } from '../webhook/line.ts';
import { unreadable } from '../webhook/raw-body.ts';
import type { Elements } from './xml.ts';

interface Envelope {
  /** OpenID of the sender. */
  from: string;
  /** The account itself. */
  to: string;
  createdAt: Date;
}

/** A line somebody wrote, spoke or showed. */
export interface Line extends Envelope {
  kind: 'line';
  type: string;
  /** MsgId; where there is none, who said what and when, hashed: the same for every repeat. */
  externalId: string;
  messageId: string | undefined;
  /** What a person would read of it. */
  text: string;
  address: string | undefined;
  media: { kind: AttachmentKind; name: string; id: string } | undefined;
}

/** Something that happened (关注, 菜单 …): never an appeal by itself. */
export interface Event extends Envelope {
  kind: 'event';
  event: string;
}

/** What a push says. @throws ProblemError 400 when it does not even say from whom, when and of what kind it is. */
export function readPush(elements: Elements): Line | Event {
  const said = (name: string): string | undefined => textOf(textOf(elements[name])?.trim());
  const [from, seconds, type] = [said('FromUserName'), said('CreateTime'), said('MsgType')?.toLowerCase()];
  if (!from || from.length > 128) throw unreadable('has no FromUserName', '缺少 FromUserName');
  if (!seconds || !/^[0-9]{1,12}$/.test(seconds)) throw unreadable('has no CreateTime', '缺少 CreateTime');
  if (!type || type.length > 32) throw unreadable('has no MsgType', '缺少 MsgType');
  const envelope = { from, to: said('ToUserName') ?? '', createdAt: new Date(Number(seconds) * 1000) };
  if (type === 'event') return { ...envelope, kind: 'event', event: said('Event')?.toLowerCase() ?? '' };

  const messageId = [said('MsgId'), said('MsgID')].find((id) => id !== undefined && /^[0-9]{1,20}$/.test(id));
  // What somebody wrote is kept with its blanks; all else may be laid out as the platform likes.
  const text = type === 'text' ? (textOf(elements.Content) ?? '') : textOfLine(type, said);
  const media = mediaOfLine(type, said('MediaId'));
  const externalId = messageId ?? hashOf([from, seconds, type, text, media?.id ?? '']);
  return {
    ...envelope,
    kind: 'line',
    type,
    externalId,
    messageId,
    text,
    address: type === 'location' ? readable(said('Label')?.slice(0, 300) ?? '') || undefined : undefined,
    media,
  };
}

const hashOf = (parts: readonly string[]): string =>
  `line:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`;

/** What a person would read where nothing was written; a kind we do not know yet is shown as such, to be looked at. */
function textOfLine(type: string, said: (name: string) => string | undefined): string {
  switch (type) {
    case 'image':
      return '[图片]';
    case 'voice':
      // The platform's speech recognition may be switched off, or there and empty.
      return said('Recognition') ?? '[语音]';
    case 'video':
    case 'shortvideo':
      return '[视频]';
    case 'location':
      return lines(
        `[位置] ${said('Label') ?? ''}`,
        `纬度 ${said('Location_X') ?? ''}，经度 ${said('Location_Y') ?? ''}`,
      );
    case 'link':
      return lines(`[链接] ${said('Title') ?? ''}`, said('Description'), said('Url'));
    default:
      return lines(`[暂不能显示的消息：${type}]`, said('Title'), said('Content'), said('Url'));
  }
}

const lines = (...parts: (string | undefined)[]): string =>
  parts
    .map((part) => part?.trim())
    .filter(Boolean)
    .join('\n');

function mediaOfLine(type: string, id: string | undefined): Line['media'] {
  if (id === undefined || id.length > 512) return undefined;
  switch (type) {
    case 'image':
      return { kind: 'image', name: '图片', id };
    case 'voice':
      return { kind: 'voice', name: '语音', id };
    case 'video':
    case 'shortvideo':
      return { kind: 'video', name: '视频', id };
    default:
      return undefined;
  }
}
