import type { DueRule } from '../due-rule.schema.ts';
import { complexityWords, conditionWords, natureWords, type Said, urgencyWords } from './words.ts';

type When = NonNullable<DueRule['when']>;

const chinese: Record<string, string> = { ...natureWords, ...urgencyWords, ...complexityWords };

/** For which appeals a rule is. The last of several takes all others. */
export function conditionOf(when: When | undefined, isOnly: boolean): Said {
  if (!when) return isOnly ? { zh: '所有诉求', en: 'Every appeal' } : { zh: '其他诉求', en: 'All others' };
  const parts = (Object.keys(conditionWords) as (keyof typeof conditionWords)[]).flatMap((field): Said[] => {
    const values: readonly string[] | undefined = when[field];
    if (!values) return [];
    const words = conditionWords[field];
    return [
      {
        zh: `${words.zh}为${values.map((value) => chinese[value] ?? value).join('、')}`,
        en: `${words.en} is ${values.join(' or ')}`,
      },
    ];
  });
  return {
    zh: `${parts.map((part) => part.zh).join('且')}的`,
    en: `Where ${parts.map((part) => part.en).join(' and ')}`,
  };
}
