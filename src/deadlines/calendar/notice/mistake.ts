/** Why a sentence could not be taken at its word. */
export class Misread extends Error {
  override name = 'Misread';
  readonly zh: string;

  constructor(en: string, zh: string) {
    super(en);
    this.zh = zh;
  }
}

/** A sentence of a notice that cannot be used, and why. */
export interface Mistake {
  sentence: string;
  en: string;
  zh: string;
}
