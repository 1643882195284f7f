/**
 * What the citizen is told, in Chinese, from the event that happened and nothing else: "forwarded" is only said of a case
 * that was forwarded. The text is frozen when it is decided; `{code}` stands for the query code, which is put in only at
 * the moment of sending, so that the stored text opens nothing.
 */
export type Subject =
  | { about: 'forwarded'; departmentName: string; dueAt: Date | undefined }
  | { about: 'joined'; departmentName: string }
  | { about: 'assessing' }
  | { about: 'answered'; text: string }
  | { about: 'declined'; text: string }
  | { about: 'diverted'; text: string }
  | { about: 'linked'; targetNumber: string };

export const CODE_PLACE = '{code}';

export function receiptText(appealNumber: string, subject: Subject, day: (date: Date) => string): string {
  return `您的诉求（编号${appealNumber}）${sentence(subject, day)}凭编号和查询码${CODE_PLACE}可查询进展。`;
}

function sentence(subject: Subject, day: (date: Date) => string): string {
  switch (subject.about) {
    case 'forwarded':
      return subject.dueAt
        ? `已受理，转办至${subject.departmentName}，承诺于${day(subject.dueAt)}前办理答复。`
        : `已受理，转办至${subject.departmentName}办理。`;
    case 'joined':
      return `已并入您此前反映的同一事项，由${subject.departmentName}办理。`;
    case 'assessing':
      return '已收到，正在研判承办单位，转办后将另行告知。';
    case 'answered':
      return `已答复：${subject.text}。`.replace(/。。$/, '。');
    case 'declined':
      return `经研判不予受理，原因：${subject.text}。`.replace(/。。$/, '。');
    case 'diverted':
      return `请通过法定途径办理：${subject.text}。`.replace(/。。$/, '。');
    case 'linked':
      return `与${subject.targetNumber}号诉求属同一事项，已并入办理。`;
  }
}
