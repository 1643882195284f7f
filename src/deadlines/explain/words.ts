import type { Complexity, Nature, Urgency } from '../../appeals/nature.ts';
import type { DeadlineName, StartEvent } from '../deadline-names.ts';
import type { TextName } from '../policy-texts.ts';

/** The same thing said in both languages. */
export interface Said {
  zh: string;
  en: string;
}

/** What each deadline is called, and what it promises. */
export const deadlineWords: Record<DeadlineName, Said & { promise: Said }> = {
  forward: {
    zh: '转办',
    en: 'Forwarding',
    promise: { zh: '诉求转交承办单位。', en: 'The appeal is handed to the department in charge.' },
  },
  receipt: {
    zh: '短信回执',
    en: 'Receipt',
    promise: { zh: '以短信告知群众受理情况。', en: 'The citizen is told by SMS what became of the message.' },
  },
  respond: {
    zh: '响应',
    en: 'Response',
    promise: { zh: '首次联系反映人。', en: 'Somebody gets in touch with the appellant.' },
  },
  sign: {
    zh: '签收',
    en: 'Signing',
    promise: { zh: '承办单位签收或退单。', en: 'The department signs for the case, or returns it.' },
  },
  'on-site': {
    zh: '现场核实',
    en: 'On site',
    promise: { zh: '承办单位到现场核实。', en: 'The department is at the place and has verified the matter.' },
  },
  resolve: {
    zh: '办结',
    en: 'Resolving',
    promise: { zh: '承办单位办理并提交结果。', en: 'The department has handled the case and hands in the result.' },
  },
  'sign-off': {
    zh: '把关',
    en: 'Sign-off',
    promise: { zh: '各级对办理结果审核把关。', en: 'A level of sign-off approves the result or sends it back.' },
  },
  'follow-up': {
    zh: '回访',
    en: 'Follow-up',
    promise: { zh: '回访反映人是否满意。', en: 'The appellant is asked whether the matter is settled.' },
  },
  supervise: {
    zh: '督办',
    en: 'Supervision',
    promise: { zh: '被督办单位报告办理情况。', en: 'The supervised department reports what it has done.' },
  },
  register: {
    zh: '登记',
    en: 'Registering',
    promise: { zh: '信访机构登记信访事项。', en: 'The petition office has registered the petition.' },
  },
  accept: {
    zh: '受理告知',
    en: 'Accepting',
    promise: {
      zh: '书面告知信访人是否受理及办理途径。',
      en: 'The petitioner is told in writing whether it is accepted.',
    },
  },
  object: {
    zh: '转送异议',
    en: 'Objecting',
    promise: { zh: '责任单位可提出异议（非本单位职责）。', en: 'The unit may object that the matter is not its own.' },
  },
  'review-request': {
    zh: '申请复查',
    en: 'Asking for review',
    promise: { zh: '信访人可申请复查。', en: 'The petitioner may ask for a review.' },
  },
  review: { zh: '复查', en: 'Review', promise: { zh: '作出复查意见。', en: 'The review is decided.' } },
  're-examination-request': {
    zh: '申请复核',
    en: 'Asking for re-examination',
    promise: { zh: '信访人可申请复核。', en: 'The petitioner may ask for a re-examination.' },
  },
  're-examination': {
    zh: '复核',
    en: 'Re-examination',
    promise: { zh: '作出复核意见。', en: 'The re-examination is decided.' },
  },
};

/** The event from which a deadline runs, as the end of "runs from when …". */
export const eventWords: Record<StartEvent, Said> = {
  received: { zh: '收到来件', en: 'the message is received' },
  assigned: { zh: '派单至承办单位', en: 'the case is handed to the department' },
  submitted: { zh: '提交办理结果', en: 'the result is handed in' },
  'signed-off': { zh: '办理结果把关通过', en: 'the result is signed off' },
  supervised: { zh: '下达督办单', en: 'the supervise order is issued' },
  answered: { zh: '收到书面处理意见', en: 'the written answer is received' },
  'review-requested': { zh: '收到复查申请', en: 'the request for review is received' },
  'review-answered': { zh: '收到复查意见', en: 'the review is received' },
  're-examination-requested': { zh: '收到复核申请', en: 'the request for re-examination is received' },
};

export const natureWords: Record<Nature, string> = {
  inquiry: '咨询',
  assistance: '求助',
  complaint: '投诉',
  report: '举报',
  suggestion: '建议',
  commendation: '表扬',
};

export const urgencyWords: Record<Urgency, string> = { normal: '一般', urgent: '紧急', critical: '特急' };

export const complexityWords: Record<Complexity, string> = { simple: '简单', complex: '复杂', petition: '信访' };

export const conditionWords = {
  nature: { zh: '性质', en: 'nature' },
  urgency: { zh: '紧急程度', en: 'urgency' },
  complexity: { zh: '难易程度', en: 'complexity' },
  category: { zh: '类别', en: 'category' },
} as const satisfies Record<string, Said>;

/** Units after a number. */
export const unitWords = {
  minutes: { zh: '分钟', one: 'minute', many: 'minutes' },
  hours: { zh: '小时', one: 'hour', many: 'hours' },
  'working-minutes': { zh: '个工作分钟', one: 'working minute', many: 'working minutes' },
  'working-days': { zh: '个工作日', one: 'working day', many: 'working days' },
  'calendar-days': { zh: '日', one: 'day', many: 'days' },
} as const;
export type Unit = keyof typeof unitWords;

/** `2 working days`, `2个工作日`. */
export function amountOf(amount: number, unit: Unit): Said {
  const { zh, one, many } = unitWords[unit];
  return { zh: `${amount}${zh}`, en: `${amount} ${amount === 1 ? one : many}` };
}

/** The texts to citizens that are whole messages, by the event they tell. */
export const textWords: Record<Exclude<TextName, 'prefix' | 'closing' | 'provisional'>, Said> = {
  forwarded: { zh: '已转办', en: 'forwarded' },
  forwardedUndated: { zh: '已转办（无办结时限）', en: 'forwarded, without a limit' },
  joined: { zh: '并入', en: 'joined an appeal of the same sender' },
  assessing: { zh: '研判中', en: 'being assessed' },
  answered: { zh: '已答复', en: 'answered' },
  declined: { zh: '不予受理', en: 'declined' },
  diverted: { zh: '法定途径', en: 'diverted' },
  linked: { zh: '关联', en: 'linked' },
  unlinked: { zh: '拆单', en: 'taken apart again' },
  reopened: { zh: '重新研判', en: 'answered before, looked at again' },
  repeated: { zh: '再次反映', en: 'raised again after it ended' },
  progress: { zh: '重复反映，告知进展', en: 'a repeat with nothing new: the progress' },
  progressUndated: { zh: '重复反映，告知进展（无办结时限）', en: 'the same, without a limit' },
};
