/** Characters that are compared; behind them a line counts as said nowhere else, so that it is kept, twice at worst. */
const COMPARED = 200_000;
/** What a mail program puts in the place of a text it did not write. */
const STUB = /html.{0,60}(?:不支持|无法|请|support|display|view)|(?:不支持|无法|support|display|view).{0,60}html/i;
/** How programs write links and pictures into plain text; the HTML's words have none. */
const LINK = /<?\bhttps?:\/\/[^\s<>]{1,2000}>?|\[(?:cid|image):[^\]\n]{0,300}\]/gi;

/**
 * The words of a mail that has both plain text and HTML. By RFC 2046, 5.1.4, the HTML of an alternative is the fuller one,
 * and mostly it says the same: then the plain text is what the sender's program made for reading. Otherwise the longer of
 * the two, and behind it the lines that only the other has; of the plain text not those that merely stand in for the HTML.
 * @param plain all plain text. @param rich words of all HTML.
 */
export function wholeWords(plain: string, rich: string): string {
  const onlyRich = linesBeyond(rich, plain);
  if (onlyRich.length === 0) return plain;
  const onlyPlain = linesBeyond(plain, rich).filter((line) => !STUB.test(line.slice(0, 500)));
  if (onlyPlain.length === 0) return rich;
  const [first, rest] = bare(plain).length > bare(rich).length ? [plain, onlyRich] : [rich, onlyPlain];
  return `${first.trimEnd()}\n\n${rest.join('\n')}`;
}

/** Letters and digits alone: programs break lines, mark lists and space words as they like. */
const bare = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');

/** Lines with words that a text does not hold, by the runs of four characters in them. Linear in both. */
function linesBeyond(from: string, text: string): string[] {
  const said = new Set<string>();
  const letters = bare(text.slice(0, COMPARED));
  for (let at = 0; at < letters.length; at += 1)
    for (let length = 1; length <= 4; length += 1) said.add(letters.slice(at, at + length));
  const isSaid = (words: string): boolean => {
    for (let at = 0; at === 0 || at + 4 <= words.length; at += 1) if (!said.has(words.slice(at, at + 4))) return false;
    return true;
  };
  return from.split('\n').filter((line) => {
    const words = bare(line.replaceAll(LINK, '').replace(/^\s*(?:\*|\d{1,3}\.)\s/, ''));
    return words !== '' && !isSaid(words);
  });
}
