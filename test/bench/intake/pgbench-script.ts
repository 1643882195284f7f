import type { Statement } from './capture.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/**
 * Turns the captured transaction into a pgbench script that writes one such appeal after another: the service's own
 * statements in their order, with fresh ids, external id, number and blind indexes; everything else as captured. Ids
 * grow with time like UUIDv7. Values that were computed in Node are literals, so pgbench pays nothing for them.
 */
export function pgbenchScript(statements: readonly Statement[]): string {
  const ids = new Map<string, string>();
  const fresh = freshness(ids);
  const lines = ['\\set k :k + 1'];
  for (const { text, values } of statements) {
    const sql = text
      .replaceAll(/\$(\d+)/g, (_, at: string) => expression(values[Number(at) - 1], fresh))
      .replaceAll(/\s+/g, ' ');
    // The answer is the appeal's number, as in the service (column `n`); \gset costs no round trip of its own.
    lines.push(text.includes('nextval') ? `${sql} \\gset` : `${sql};`);
  }
  return `${lines.join('\n')}\n`;
}

/** Whether a captured statement only reads: what "writing the very same rows" could do without. */
export const isRead = ({ text }: Statement): boolean => /^\s*select(?!.*nextval)/i.test(text);

/** `:k` counts a client's transactions from the run's own start; the place among the ids tells the ids of one appeal apart. */
function freshness(ids: Map<string, string>): (value: string) => string | undefined {
  const idOf = (uuid: string): string => {
    const known = ids.get(uuid);
    if (known) return known;
    const place = ids.size.toString(16).padStart(4, '0');
    const made = `(lpad(to_hex(:k::bigint), 8, '0') || '-${place}-7000-8000-' || lpad(to_hex(:client_id::bigint), 12, '0'))`;
    ids.set(uuid, made);
    return made;
  };
  return (value) => {
    if (INSTANT.test(value) && Math.abs(Date.parse(value) - Date.now()) < 60_000) return 'now()::text';
    if (value === 'bench-captured') return `('pgbench-' || :client_id::text || '-' || :k::text)`;
    if (/^20\d{14}$/.test(value)) return `(${literal(value.slice(0, 8))} || lpad(:n::text, 7, '0') || '0')`;
    const found = value.match(UUID);
    if (!found) return undefined;
    const parts = value.split(UUID).map(literal);
    return `(${parts.map((part, at) => (at === 0 ? part : `${idOf(found[at - 1] ?? '')} || ${part}`)).join(' || ')})`;
  };
}

/** A sender's blind index: 32 bytes that are nobody else's. */
const INDEX = `sha256(convert_to(:client_id::text || '-' || :k::text, 'UTF8'))`;
const INDEX_LENGTH = 32;
/** The first eight bytes of it, as the service locks persons by them. */
const LOCK = `('x' || encode(substr(${INDEX}, 1, 8), 'hex'))::bit(64)::bigint`;

function expression(value: unknown, fresh: (value: string) => string | undefined): string {
  if (Array.isArray(value)) return `array[${value.map((item) => expression(item, fresh)).join(', ')}]`;
  if (value === null || value === undefined) return 'null';
  if (Buffer.isBuffer(value)) return value.length === INDEX_LENGTH ? INDEX : `'\\x${value.toString('hex')}'::bytea`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = String(value);
  if (/^-?\d{17,20}$/.test(text)) return LOCK;
  return fresh(text) ?? literal(text);
}

/** Colons and backslashes are pgbench's own, even within quotes. */
const literal = (text: string): string =>
  `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll(':', '\\x3A')}'`;
