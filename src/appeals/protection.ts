import type { Contact } from './contact.ts';

/** Why somebody's identity is protected, as a sentence. */
export interface Protection {
  en: string;
  zh: string;
}

/**
 * Whether somebody's identity is protected (身份保密): who reported (举报), and who asked to be confidential or anonymous.
 * @param natures of the appeals that the question touches, as they are judged now.
 */
export function protectionOf(
  natures: readonly (string | null)[],
  { reported, confidential, anonymous }: Pick<Contact, 'reported' | 'confidential' | 'anonymous'>,
): Protection | undefined {
  if (reported || natures.includes('report')) return { en: 'This is a report', zh: '该件为举报' };
  if (confidential) return { en: 'The appellant asked for confidentiality', zh: '反映人要求保密' };
  return anonymous ? { en: 'The appellant asked to stay anonymous', zh: '反映人要求匿名' } : undefined;
}
