import type { ChannelName } from '../channels/channel.ts';

/** What is said, done and decided, in order of time. `matter` names a message by its `externalId`. */
export type Moment = { at: string } & (
  | { says: Saying }
  | { department: string; does: 'sign' | 'return' | 'submit'; matter: string; words?: string }
  | { dispatcher: 'assign'; matter: string; department: string; note: string }
);

export interface Saying {
  channel: ChannelName;
  source: string;
  externalId: string;
  body: string;
  [field: string]: unknown;
}

const wang = { name: '王女士', phone: '13900001001' };

const streetLight: Saying = {
  channel: 'phone',
  source: '12345',
  externalId: 'street-light',
  title: '路灯不亮',
  body: '通达小区东门外人行道上的三盏路灯一个星期没亮了，晚上很黑，老人孩子走路不安全，请尽快修好。',
  address: '通达小区东门',
  nature: 'complaint',
  sender: wang,
  call: { agent: 'E021' },
};

/**
 * The eve of National Day 2026, a Wednesday: the next seven days are holidays, and the Saturday after them is a working day
 * that makes up for one. The hotline's own rules take no holidays; the departments' do.
 */
export const day: readonly Moment[] = [
  {
    at: '2026-09-30T09:12:00+08:00',
    says: {
      channel: 'phone',
      source: '12345',
      externalId: 'opening-hours',
      title: '国庆期间政务大厅开放时间',
      body: '想问一下国庆节期间政务服务大厅开不开门，能不能办居住证？',
      nature: 'inquiry',
      sender: { name: '赵先生', phone: '13900001006' },
      answered: { text: '10月1日至7日放假，8日起照常办理，居住证可在网上申领' },
      call: { agent: 'E007' },
    },
  },
  { at: '2026-09-30T16:40:00+08:00', says: streetLight },
  // The call centre's line broke off before the answer came: it sends the same message again.
  { at: '2026-09-30T16:41:00+08:00', says: streetLight },
  {
    at: '2026-09-30T16:52:00+08:00',
    says: {
      channel: 'portal',
      source: 'portal',
      externalId: 'street-light-form',
      title: '路灯不亮',
      body: '通达小区东门外人行道上的三盏路灯一个星期没亮了，晚上很黑，老人孩子走路不安全，附现场照片，请尽快修好。',
      address: '通达小区东门',
      nature: 'complaint',
      // The portal has confirmed the number by SMS.
      sender: { ...wang, verified: true },
      form: { formId: 'F-0930-118' },
    },
  },
  { at: '2026-09-30T16:58:00+08:00', department: 'urban-management', does: 'sign', matter: 'street-light' },
  {
    at: '2026-09-30T17:00:00+08:00',
    says: {
      channel: 'wechat',
      source: 'wechat-12345',
      externalId: 'flooded-yard',
      body: '福林路口一下雨就积水，水没到小腿，车和人都过不去，反映过几次没有人管。',
      address: '福林路与人民路交叉口',
      nature: 'complaint',
      sender: { name: '李先生', phone: '13900001002' },
      wechat: { openId: 'o-demo-li' },
    },
  },
  {
    at: '2026-09-30T17:30:00+08:00',
    says: {
      channel: 'phone',
      source: '12345',
      externalId: 'wages',
      title: '拖欠工资',
      body: '我们班组八个人在城东工地做完三个月了，拖欠工资到现在，过节回家的钱都没有。',
      nature: 'assistance',
      sender: { name: '张师傅', phone: '13900001003' },
      call: { agent: 'E015' },
    },
  },
  {
    at: '2026-09-30T21:40:00+08:00',
    says: {
      channel: 'mailbox',
      source: 'mayor-mailbox',
      externalId: 'pocket-park',
      title: '建议口袋公园延长开放',
      body: '市长您好，建议把老城几处口袋公园的开放时间延长到晚上十点，方便下班的人散步。',
      nature: 'suggestion',
      sender: { name: '陈老师', phone: '13900001004' },
      mail: { from: 'chen@example.com' },
    },
  },
  {
    at: '2026-09-30T23:50:00+08:00',
    says: {
      channel: 'weibo',
      source: 'weibo-12345',
      externalId: 'night-building-site',
      body: '@12345 快半夜十二点了，滨江路工地还在打桩，噪音大得全楼睡不着！',
      address: '滨江路88号工地',
      nature: 'complaint',
      sender: { phone: '13900001005' },
      weibo: { uid: '1234567890' },
    },
  },
  { at: '2026-10-01T08:20:00+08:00', department: 'ecology', does: 'sign', matter: 'night-building-site' },
  {
    at: '2026-10-01T08:40:00+08:00',
    department: 'urban-management',
    does: 'submit',
    matter: 'street-light',
    words: '三盏路灯的电缆接头烧毁，9月30日夜间已更换并恢复照明。',
  },
  {
    at: '2026-10-01T09:42:00+08:00',
    dispatcher: 'assign',
    matter: 'pocket-park',
    department: 'urban-management',
    note: '口袋公园由市城市管理局园林处管理',
  },
  {
    at: '2026-10-08T09:40:00+08:00',
    department: 'housing',
    does: 'return',
    matter: 'flooded-yard',
    words: '积水点在市政道路上，排水管网由市水务局管养',
  },
  {
    at: '2026-10-08T10:05:00+08:00',
    dispatcher: 'assign',
    matter: 'flooded-yard',
    department: 'water',
    note: '市政排水管网，水务局主办',
  },
  { at: '2026-10-08T10:30:00+08:00', department: 'water', does: 'sign', matter: 'flooded-yard' },
  { at: '2026-10-08T10:40:00+08:00', department: 'urban-management', does: 'sign', matter: 'pocket-park' },
  {
    at: '2026-10-08T11:10:00+08:00',
    department: 'ecology',
    does: 'submit',
    matter: 'night-building-site',
    words: '夜间施工无许可，10月1日凌晨已责令停工并立案，此后夜查未再施工。',
  },
  {
    at: '2026-10-09T16:20:00+08:00',
    department: 'urban-management',
    does: 'submit',
    matter: 'pocket-park',
    words: '采纳：6处口袋公园自10月15日起开放至22时。',
  },
  {
    at: '2026-10-12T11:00:00+08:00',
    department: 'water',
    does: 'submit',
    matter: 'flooded-yard',
    words: '雨水井淤堵，已清淤并加装两处排水口，10月11日雨后无积水。',
  },
  // Nobody signs for the wages until the whole ladder has been climbed.
  { at: '2026-10-12T08:50:00+08:00', department: 'labour', does: 'sign', matter: 'wages' },
  {
    at: '2026-10-13T15:00:00+08:00',
    department: 'labour',
    does: 'submit',
    matter: 'wages',
    words: '总包单位已将8人工资共9.6万元支付到位。',
  },
].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)) as readonly Moment[];

/** When the story ends. */
export const end = '2026-10-13T17:30:00+08:00';
/** Whose case the citizen looks up at the end, with number and query code. */
export const lookedUp = 'flooded-yard';
