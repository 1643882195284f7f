import { XMLParser } from 'fast-xml-parser';
import { unreadable } from '../webhook/raw-body.ts';

/** The elements of a WeChat message; what is not plain text (lists of pictures, of templates) we never read. */
export type Elements = Readonly<Record<string, unknown>>;

/** What XML 1.0 knows without a declaration: characters by number, and five entities. */
const REFERENCE = /&(?:#([0-9]+)|#x([0-9a-fA-F]+)|(amp|lt|gt|apos|quot));/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', apos: "'", quot: '"' };

/** References in text outside CDATA, each resolved once; what refers to nothing is left as it stands. */
const resolveReferences = (text: string): string =>
  text.replaceAll(REFERENCE, (written, decimal?: string, hexadecimal?: string, name = '') => {
    const code = decimal ? Number(decimal) : Number.parseInt(hexadecimal ?? '', 16);
    return ENTITIES[name] ?? (isCharacter(code) ? String.fromCodePoint(code) : written);
  });

/** XML 1.0, production 2 (Char). */
const isCharacter = (code: number): boolean =>
  code === 0x9 ||
  code === 0xa ||
  code === 0xd ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff);

const nothing = (): void => undefined;

/**
 * Everything stays text: a parsed `0012` would lose its zeros and a 64-bit id its last digits. No character is lost but
 * what XML 1.0 (2.11) takes: a line ends in LF, however it was written. There are no entities to be told, because a document
 * that declares any is refused before.
 */
const parser = new XMLParser({
  parseTagValue: false,
  ignoreAttributes: true,
  maxNestedTags: 16,
  trimValues: false,
  entityDecoder: {
    decode: resolveReferences,
    reset: nothing,
    setXmlVersion: nothing,
    addInputEntities: nothing,
    setExternalEntities: nothing,
  },
});

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
  // How the elements are laid out is nobody's text.
  return Object.fromEntries(Object.entries(root).filter(([name]) => name !== '#text'));
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
