import { XMLParser } from 'fast-xml-parser';
import { unreadable } from '../webhook/raw-body.ts';

/** The elements of a WeChat message; what is not plain text (lists of pictures, of templates) we never read. */
export type Elements = Readonly<Record<string, unknown>>;

/**
 * Everything stays text: a parsed `0012` would lose its zeros and a 64-bit id its last digits. Only the five entities of
 * XML itself are known, because a document that declares any is refused before.
 */
const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, maxNestedTags: 16 });

/** @throws ProblemError 400 when this is no `<xml>` document, or one that declares anything. */
export function readXml(source: string): Elements {
  if (declares(source)) throw unreadable('declares a document type', '含有文档类型声明');
  // The parser is lenient about an end that is missing: a message cut off on its way is not half read.
  if (!source.trimEnd().endsWith('</xml>')) throw notXml();
  let document: unknown;
  try {
    document = parser.parse(source);
  } catch {
    throw notXml();
  }
  const root = (document as { xml?: unknown }).xml;
  if (typeof root !== 'object' || root === null || Array.isArray(root)) throw notXml();
  return root as Elements;
}

const notXml = () => unreadable('is not a WeChat message', '不是微信消息');

/** Whether there is any `<!…>` beside comments and CDATA, where a citizen may well write one. */
function declares(source: string): boolean {
  for (let at = source.indexOf('<!'); at !== -1; at = source.indexOf('<!', at)) {
    const end = source.startsWith('<!--', at) ? '-->' : source.startsWith('<![CDATA[', at) ? ']]>' : undefined;
    const closed = end === undefined ? -1 : source.indexOf(end, at + 4);
    if (closed === -1) return true;
    at = closed;
  }
  return false;
}

/** A passive reply: numbers bare, texts as CDATA. */
export function writeXml(elements: Readonly<Record<string, string | number>>): string {
  const inner = Object.entries(elements).map(([name, value]) => {
    const text = typeof value === 'number' ? value : `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
    return `<${name}>${text}</${name}>`;
  });
  return `<xml>${inner.join('')}</xml>`;
}
