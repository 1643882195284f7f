import type { FastifyReply, FastifyRequest } from 'fastify';

export const formats = ['xml', 'json'] as const;
export type Format = (typeof formats)[number];

type Value = string | number | boolean | null | undefined | readonly Value[] | { readonly [name: string]: Value };

/** Names of the elements that lists are made of. */
const ITEMS: Readonly<Record<string, string>> = {
  services: 'service',
  attributes: 'attribute',
  values: 'value',
  service_requests: 'request',
  errors: 'error',
  endpoints: 'endpoint',
  formats: 'format',
};

/** By the suffix of the address, else by what is accepted; XML is what every server must speak. */
export function formatOf(request: FastifyRequest, suffix: string | undefined): Format {
  if (suffix === 'xml' || suffix === 'json') return suffix;
  const path = request.url.split('?')[0] ?? '';
  const own = /\.(xml|json)$/.exec(path)?.[1];
  if (own) return own as Format;
  const accept = request.headers.accept ?? '';
  const [json, xml] = [accept.indexOf('json'), accept.indexOf('xml')];
  return json >= 0 && (xml < 0 || json < xml) ? 'json' : 'xml';
}

/** Splits the suffix off an id: `4711.json`. */
export function withoutSuffix(id: string): string {
  return id.replace(/\.(xml|json)$/, '');
}

/** Sends an answer of GeoReport v2. @param root name of the XML document, which JSON leaves out. */
export function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { root, value, status = 200, suffix }: { root: string; value: Value; status?: number; suffix?: string | undefined },
): FastifyReply {
  const format = formatOf(request, suffix);
  const text =
    format === 'json' ? JSON.stringify(value) : `<?xml version="1.0" encoding="utf-8"?>\n${toXml(root, value)}\n`;
  return reply
    .status(status)
    .type(format === 'json' ? 'application/json; charset=utf-8' : 'text/xml; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(Buffer.from(text));
}

function toXml(name: string, value: Value): string {
  if (value === null || value === undefined || value === '') return `<${name}/>`;
  if (Array.isArray(value)) {
    const item = ITEMS[name] ?? 'item';
    return `<${name}>${value.map((inner) => toXml(item, inner as Value)).join('')}</${name}>`;
  }
  if (typeof value === 'object')
    return `<${name}>${Object.entries(value)
      .map(([key, inner]) => toXml(key, inner as Value))
      .join('')}</${name}>`;
  return `<${name}>${escaped(String(value))}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
/** Not in XML 1.0. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const IMPOSSIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(IMPOSSIBLE, '')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
