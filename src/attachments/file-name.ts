import path from 'node:path';

/** Code points of a name that are kept; its ending is among them. */
const LONGEST = 120;

/**
 * A file's name to show: without the folders it lay in, and without what would make it look like another (control
 * characters, turning the writing direction). Never a path in the storage.
 */
export function shownName(given: string): string {
  const last = given.toWellFormed().normalize('NFC').split(/[\\/]/).at(-1) ?? '';
  const plain = last.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').replaceAll(/^[.\s]+|(?<![.\s])[.\s]+$/g, '');
  const extension = path.extname(plain);
  const ending = [...extension].slice(0, 12);
  const stem = [...plain.slice(0, plain.length - extension.length)].slice(0, LONGEST - ending.length);
  const name = [...stem, ...ending].join('');
  return name === '' ? '附件' : name;
}
