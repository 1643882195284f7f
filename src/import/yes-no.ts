/** What a yes or no of a message is about: some words mean the opposite elsewhere (公开). */
export type YesNoTarget = 'anonymous' | 'confidential' | 'publish';

const YES = ['true', '1', 'y', 'yes', '是', '有', '√', '✓', '✔', '☑'];
const NO = ['', 'false', '0', 'n', 'no', '否', '不', '无', '×', '✗', '✘', '☐'];

const OWN: Record<YesNoTarget, { yes: string[]; no: string[] }> = {
  anonymous: { yes: ['匿名'], no: ['不匿名', '非匿名', '实名'] },
  confidential: { yes: ['保密'], no: ['不保密', '公开'] },
  publish: { yes: ['公开', '可公开'], no: ['不公开', '保密'] },
};

/** In any case and width; nothing is no. @returns undefined when the word is neither: guessing would expose somebody. */
export function readYesNo(text: string, target: YesNoTarget): boolean | undefined {
  const word = text.normalize('NFKC').trim().toLowerCase();
  if (YES.includes(word) || OWN[target].yes.includes(word)) return true;
  return NO.includes(word) || OWN[target].no.includes(word) ? false : undefined;
}
