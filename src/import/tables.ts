import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse';
import { readSheet } from 'read-excel-file/node';
import { maskText } from '../platform/access/masking.ts';
import { ImportError } from './map.ts';
import { readNumber, sheetsOf } from './workbook.ts';

/** A row of column names is looked for among so many: titles and who filled it in stand above it. */
const LEADING_ROWS = 20;
/** What is shown of a table without the columns. */
const SHOWN = { rows: 3, cell: 20 };

/** JSON lines, open for reading. */
export interface RowFile {
  file: FileHandle;
  /** Which part of a table was taken, as one line; undefined for JSON lines. */
  taken: string | undefined;
}

/**
 * JSON lines are taken as they are. A table (csv, xlsx) is written out as JSON lines, line n being row n of the table; the
 * first row that holds `columns` names the fields. What is written has no name in the file system: whatever ends the
 * process, nothing readable stays behind.
 * @param sheet of an xlsx file; without it the first visible one that has the columns. @throws ImportError
 */
export async function openRows(file: string, columns: readonly string[], sheet: string | undefined): Promise<RowFile> {
  const kind = path.extname(file).toLowerCase();
  if (sheet !== undefined && kind !== '.xlsx')
    throw new ImportError(`--sheet is for xlsx files; ${file} has no sheets.`);
  try {
    if (kind !== '.csv' && kind !== '.xlsx') return { file: await open(file), taken: undefined };
    const { where, header, row, rows } =
      kind === '.csv' ? await findInCsv(file, columns) : await findInXlsx(file, columns, sheet);
    return { file: await writeRows(header, row, rows), taken: `Taken: ${where}, its columns named in row ${row}.` };
  } catch (error) {
    if (error instanceof ImportError) throw error;
    const { code, message, syscall } = error as NodeJS.ErrnoException;
    throw new ImportError(
      syscall !== undefined
        ? `${file} cannot be opened: ${code ?? message}.`
        : `${file} is no readable ${kind.slice(1)} file: ${message}`,
    );
  }
}

interface FoundTable {
  where: string;
  header: string[];
  /** Row of the header, from 1. */
  row: number;
  /** Those behind the header. */
  rows: AsyncIterable<string[]> | Iterable<string[]>;
}

async function findInCsv(file: string, columns: readonly string[]): Promise<FoundTable> {
  const rows = readCsv(file);
  const leading: string[][] = [];
  for (let next = await rows.next(); !next.done; next = await rows.next()) {
    if (leading.push(next.value) === LEADING_ROWS || holdsAll(next.value, columns)) break;
  }
  const at = leading.findIndex((cells) => holdsAll(cells, columns));
  if (at < 0) {
    await rows.return(undefined);
    throw withoutColumns(columns, [{ where: file, leading }]);
  }
  return { where: file, header: namesIn(leading[at] ?? [], columns), row: at + 1, rows };
}

async function findInXlsx(file: string, columns: readonly string[], wanted: string | undefined): Promise<FoundTable> {
  const content = await readFile(file);
  const sheets = sheetsOf(content);
  const known = sheets.map(({ name, hidden }) => `${JSON.stringify(name)}${hidden ? ' (hidden)' : ''}`).join(', ');
  const tried = sheets.filter(({ name, hidden }) => (wanted === undefined ? !hidden : name === wanted));
  if (tried.length === 0)
    throw new ImportError(
      wanted === undefined
        ? `${file} has no visible sheet; name one with --sheet: ${known}.`
        : `${file} has no sheet ${JSON.stringify(wanted)}; it has ${known}.`,
    );
  const without: SeenTable[] = [];
  for (const { name, number } of tried) {
    const rows = await readXlsx(content, number);
    const where = `sheet ${JSON.stringify(name)}`;
    const at = rows.slice(0, LEADING_ROWS).findIndex((cells) => holdsAll(cells, columns));
    if (at >= 0) return { where, header: namesIn(rows[at] ?? [], columns), row: at + 1, rows: rows.slice(at + 1) };
    without.push({ where, leading: rows.slice(0, LEADING_ROWS) });
  }
  throw withoutColumns(columns, without);
}

const holdsAll = (cells: readonly string[], columns: readonly string[]): boolean =>
  missing(cells, columns).length === 0 && cells.some((cell) => cell !== '');

function missing(cells: readonly string[], columns: readonly string[]): string[] {
  const names = new Set(cells.map((cell) => cell.trim()));
  return columns.filter((column) => !names.has(column));
}

/** Two columns of one name are a fault where the map means one of them. */
function namesIn(cells: readonly string[], columns: readonly string[]): string[] {
  const names = cells.map((cell) => cell.trim());
  const twice = columns.find((column) => names.indexOf(column) !== names.lastIndexOf(column));
  if (twice !== undefined) throw new ImportError(`The table has two columns named ${JSON.stringify(twice)}.`);
  return names;
}

interface SeenTable {
  where: string;
  leading: string[][];
}

/** Of the row that has most of the columns, which it lacks and what it has; where no row has any, what the first ones hold. */
function withoutColumns(columns: readonly string[], tables: readonly SeenTable[]): ImportError {
  const rows = tables.flatMap(({ where, leading }) =>
    leading.map((cells, at) => ({ place: `${where}, row ${at + 1}`, cells, lacks: missing(cells, columns) })),
  );
  const filled = rows.filter(({ cells }) => cells.some((cell) => cell !== ''));
  const best = filled.reduce<(typeof rows)[number] | undefined>(
    (most, row) => (row.lacks.length < (most?.lacks.length ?? columns.length) ? row : most),
    undefined,
  );
  if (best) {
    const has = best.cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
    return new ImportError(
      `The map names columns that are not there: ${best.lacks.join(', ')}.\n${best.place} has: ${has.map(show).join(', ')}`,
    );
  }
  const seen = filled.slice(0, SHOWN.rows).map(({ place, cells }) => {
    const first = cells.filter((cell) => cell.trim() !== '').map(show);
    return `${place}: ${first.join(', ')}`;
  });
  return new ImportError(
    [
      `None of the columns that the map names stands in the first ${LEADING_ROWS} rows: ${columns.join(', ')}.`,
      ...(seen.length > 0 ? seen : ['There is nothing in them.']),
    ].join('\n'),
  );
}

/** It may be a person's: masked and cut short. */
function show(cell: string): string {
  const text = [...maskText(cell.trim())];
  return text.length > SHOWN.cell ? `${text.slice(0, SHOWN.cell).join('')}…` : text.join('');
}

async function writeRows(
  header: readonly string[],
  headerRow: number,
  rows: AsyncIterable<string[]> | Iterable<string[]>,
): Promise<FileHandle> {
  const target = path.join(tmpdir(), `minsheng-import-${randomUUID()}`);
  const handle = await open(target, 'wx+', 0o600);
  try {
    await rm(target);
    await handle.write('\n'.repeat(headerRow));
    for await (const cells of rows) {
      const line = cells.some((cell) => cell !== '')
        ? JSON.stringify(Object.fromEntries(header.map((name, at) => [name, cells[at] ?? ''])))
        : '';
      await handle.write(`${line}\n`);
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** UTF-8, or what Chinese office programs write otherwise: GB18030, which covers GBK and GB2312. */
async function* readCsv(file: string): AsyncGenerator<string[]> {
  const encoding = (await isUtf8(file)) ? 'utf-8' : 'gb18030';
  const parser = parse({ relax_column_count: true, skip_empty_lines: false, info: false });
  const decoder = new TextDecoder(encoding);
  const input = createReadStream(file);
  input.on('data', (chunk) => {
    if (!parser.write(decoder.decode(chunk as Buffer, { stream: true }))) {
      input.pause();
      parser.once('drain', () => input.resume());
    }
  });
  input.on('end', () => parser.end(decoder.decode()));
  input.on('error', (error) => parser.destroy(error));
  try {
    for await (const record of parser) yield record as string[];
  } finally {
    input.destroy();
  }
}

async function isUtf8(file: string): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(file)) decoder.decode(chunk as Buffer, { stream: true });
    decoder.decode();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function readXlsx(content: Buffer, sheet: number): Promise<string[][]> {
  const rows: unknown[][] | undefined = await readSheet(content, sheet, { parseNumber: readNumber });
  // A sheet that is a chart has no rows.
  return (rows ?? []).map((row) => row.map((cell) => textOf(cell)));
}

/** A date cell is its wall clock time, to the second: days are kept as fractions. At midnight it is a day. */
function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (!(cell instanceof Date)) return String(cell);
  const text = new Date(Math.round(cell.getTime() / 1_000) * 1_000).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.slice(0, 19).replace('T', ' ');
}
