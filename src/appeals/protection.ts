/** What a person's own messages ask for them. */
export interface Wishes {
  /**
   * Told it as a report (举报) in any message to the appeal or the one they meant, which stays, whatever the desk judges it to be later; or meant it for a linked appeal that
   * is one.
   */
  reported: boolean;
  /** Asked for by them in any message to the appeal, or to the linked one they meant. */
  anonymous: boolean;
  confidential: boolean;
}

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
  { reported, confidential, anonymous }: Wishes,
): Protection | undefined {
  if (reported || natures.includes('report')) return { en: 'This is a report', zh: '该件为举报' };
  if (confidential) return { en: 'The appellant asked for confidentiality', zh: '反映人要求保密' };
  return anonymous ? { en: 'The appellant asked to stay anonymous', zh: '反映人要求匿名' } : undefined;
}

/**
 * Whether a department must not be led to somebody, by whatever way: protected, or of a nature that nobody has judged yet,
 * since that may be a report.
 */
export const isHiddenFromDepartments = (natures: readonly (string | null)[], wishes: Wishes): boolean =>
  natures.includes(null) || protectionOf(natures, wishes) !== undefined;
