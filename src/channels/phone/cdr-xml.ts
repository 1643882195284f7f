import { XMLParser } from 'fast-xml-parser';
import { ProblemError } from '../../platform/problem.ts';

/** All stays text: numbers lose their zeros otherwise. No entities but XML's own: a document that declares any is refused. */
const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, maxNestedTags: 32 });

/** The record of mod_xml_cdr. @throws ProblemError 400 when it is none, or declares a document type. */
export function readCdrXml(source: string): Record<string, unknown> {
  if (/<!(?!--|\[CDATA\[)/.test(source)) throw unreadable('declares a document type', '含有文档类型声明');
  let document: { cdr?: unknown };
  try {
    document = parser.parse(source) as typeof document;
  } catch {
    throw notCdr();
  }
  const { cdr } = document;
  if (typeof cdr !== 'object' || cdr === null || Array.isArray(cdr) || !source.trimEnd().endsWith('</cdr>'))
    throw notCdr();
  return cdr as Record<string, unknown>;
}

const notCdr = (): ProblemError => unreadable('is not a call detail record', '不是话单');

export function unreadable(detail: string, detailZh: string): ProblemError {
  return new ProblemError(
    'malformed-body',
    { en: `The body ${detail}.`, zh: `请求内容${detailZh}。` },
    { errors: [{ pointer: '', detail, detailZh }] },
  );
}
