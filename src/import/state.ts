import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ImportError } from './map.ts';

/** What an interrupted import needs to go on as it began. */
export interface StateHeader {
  file: string;
  size: number;
  map: string;
  /** `--sheet`. */
  sheet: string | undefined;
  historic: boolean;
  inventPhones: boolean;
  /** The service's now at the beginning, milliseconds; undefined when no row needs it. */
  now: number | undefined;
  /** Start of a shifted file and its span, milliseconds. */
  over: { start: number; span: number } | undefined;
}

export interface State {
  header: StateHeader;
  done: ReadonlySet<number>;
  add: (row: number) => void;
  /** Everything was tried: the next import starts anew. */
  remove: () => void;
}

/**
 * Progress of an import, kept beside it: a line of JSON, then one line for each row that is in. Only ever appended to, in
 * single writes, so that it survives a kill; a torn last line costs one replay, which the service answers as such.
 * @throws ImportError when the file belongs to another import.
 */
export function openState(path: string, fresh: StateHeader): State {
  const known = existsSync(path) ? readState(path) : undefined;
  if (known) requireSame(path, known.header, fresh);
  else writeFileSync(path, `${JSON.stringify(fresh)}\n`, { mode: 0o600 });
  // Spoils a line that a kill cut off: `12` of `123` must not count as row 12. A header is only missing its end.
  if (known && !known.whole) appendFileSync(path, known.onlyHeader ? '\n' : 'x\n');
  return {
    header: known?.header ?? fresh,
    done: known?.done ?? new Set(),
    add: (row) => appendFileSync(path, `${row}\n`),
    remove: () => rmSync(path, { force: true }),
  };
}

function readState(path: string): { header: StateHeader; done: Set<number>; whole: boolean; onlyHeader: boolean } {
  const text = readFileSync(path, 'utf8');
  const whole = text.endsWith('\n');
  const onlyHeader = !text.includes('\n');
  const [first = '', ...lines] = text.split('\n');
  // Behind the last line break stands nothing, or what a kill left of a line: it may be the beginning of a number.
  lines.pop();
  try {
    return {
      header: JSON.parse(first) as StateHeader,
      done: new Set(lines.filter((line) => /^\d+$/.test(line)).map(Number)),
      whole,
      onlyHeader,
    };
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new ImportError(`${path} is not the state of an import; name another file with --resume.`);
    throw error;
  }
}

function requireSame(path: string, known: StateHeader, now: StateHeader): void {
  const differs = (['file', 'size', 'map', 'sheet', 'historic', 'inventPhones'] as const).filter(
    (field) => known[field] !== now[field],
  );
  if (known.over?.span !== now.over?.span) refuse(path, 'span (--over)');
  if (differs.length > 0) refuse(path, differs.join(', '));
}

function refuse(path: string, what: string): never {
  throw new ImportError(
    `${path} belongs to an import with another ${what}. Repeat that import, remove the file, or name another with --resume.`,
  );
}
