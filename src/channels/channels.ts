import type { Channel } from './channel.ts';
import { mailbox } from './mailbox/mailbox.channel.ts';
import { phone } from './phone/phone.channel.ts';
import { portal } from './portal/portal.channel.ts';
import { wechat } from './wechat/wechat.channel.ts';
import { weibo } from './weibo/weibo.channel.ts';

/** The five channels (渠道) that messages come by. */
export const allChannels: readonly Channel[] = [phone, wechat, weibo, mailbox, portal];
