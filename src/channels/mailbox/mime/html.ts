import { htmlToText } from 'html-to-text';
import { MAX_HTML, MAX_HTML_DEPTH } from './limits.ts';

/** Elements that end by themselves: they open no level. */
const SELF_ENDING =
  /^(area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|dt|dd|option|optgroup|tr|td|th|thead|tbody|tfoot)$/;

/** The words of an HTML mail: no styles, scripts, pictures or link addresses. */
export function textOfHtml(html: string): string {
  const bounded = html.slice(0, MAX_HTML);
  if (nestsTooDeep(bounded)) return bounded.replaceAll(/<[^<>]*>/g, ' ');
  return htmlToText(bounded, {
    wordwrap: false,
    limits: { maxDepth: MAX_HTML_DEPTH },
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'style', format: 'skip' },
      { selector: 'script', format: 'skip' },
      { selector: 'title', format: 'skip' },
      { selector: 'a', options: { ignoreHref: true } },
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  });
}

/** In one pass; the converter's own time grows with the square of the depth. An end tag without its start ends nothing. */
function nestsTooDeep(html: string): boolean {
  const open = new Map<string, number>();
  let depth = 0;
  for (const [, end, tag = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9:-]{0,30})/gi)) {
    const name = tag.toLowerCase();
    if (SELF_ENDING.test(name)) continue;
    const count = open.get(name) ?? 0;
    if (end && count === 0) continue;
    open.set(name, end ? count - 1 : count + 1);
    depth += end ? -1 : 1;
    if (depth > MAX_HTML_DEPTH) return true;
  }
  return false;
}
