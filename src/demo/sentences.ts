import type { Figures } from './account.ts';

/** The closing sentence, in Chinese and in English; every number counted from what the API says. */
export function closingSentences(figures: Figures): string[] {
  const { messages, channels, appeals, attached, replayed, forwarded, departments, returned, answeredAtOnce } = figures;
  const { receipts, receiptsInTime, notices, escalations, escalatedAppeals, submitted } = figures;
  const allInTime = receiptsInTime === receipts;
  return [
    `${channels}个渠道来件${messages}件，归并为${appeals}件诉求（并入${attached}件，重复送达${replayed}次未重复登记）；` +
      `当场答复${answeredAtOnce}件，转办${forwarded}件至${departments}个单位，退单${returned}次；` +
      `短信回执${receipts}条，${allInTime ? '全部' : `${receiptsInTime}条`}在承诺时间前发出，另告知进展${notices}条；` +
      `${escalatedAppeals}件诉求催办${escalations}次；已反馈办理结果${submitted}件，${appeals - answeredAtOnce - submitted}件未了。`,
    `${messages} messages by ${channels} channels became ${appeals} appeals (${attached} joined an open one, ${replayed} ` +
      `delivered twice and counted once); ${answeredAtOnce} answered on the spot, ${forwarded} forwarded to ` +
      `${departments} departments, ${returned} sent back; ${allInTime ? `all ${receipts}` : `${receiptsInTime} of ${receipts}`} ` +
      `receipts left before they were due, followed by ${notices} notices; ${escalations} reminders on ` +
      `${escalatedAppeals} appeals; ${submitted} results handed in, ${appeals - answeredAtOnce - submitted} left open.`,
  ];
}
