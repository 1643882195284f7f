/** Plain text for a terminal, where a Chinese character is as wide as two Latin ones. */

/** East Asian Wide and Fullwidth (Unicode TR 11), as far as they occur in citizens' words. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Must not begin a line: closing punctuation (行首禁则). */
const CLOSING = /[，。、；：？！）》」』”’,.;:?!)]/u;

export const widthOf = (text: string): number =>
  [...text].reduce((width, character) => width + (WIDE.test(character) ? 2 : 1), 0);

export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** Breaks a text into lines of at most `width` columns: between Chinese characters, and between Latin words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of piecesOf(text, width)) {
    if (widthOf(line + piece.trimEnd()) > width && line !== '') {
      lines.push(line.trimEnd());
      line = piece.trimStart();
    } else line += piece;
  }
  return [...lines, line.trimEnd()];
}

/** What may not be torn: a Chinese character with the punctuation after it, a word; over-long words are cut. */
function piecesOf(text: string, width: number): string[] {
  const pieces: string[] = [];
  for (const character of text) {
    const last = pieces.at(-1);
    const joins =
      last !== undefined &&
      (CLOSING.test(character) || (!WIDE.test(character) && !WIDE.test(last.at(-1) ?? '') && !/\s$/.test(last)));
    if (joins && widthOf(last + character) <= width) pieces[pieces.length - 1] = last + character;
    else pieces.push(character);
  }
  return pieces;
}
