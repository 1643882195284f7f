import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse';
import { readSheet } from 'read-excel-file/node';
import { ImportError } from './map.ts';

/** A file of JSON lines, and how to be rid of it when it was made for this import only. */
export interface JsonLines {
  file: string;
  remove: () => Promise<void>;
}

/**
 * JSON lines are taken as they are. A table (csv, xlsx: its first sheet) is written out as JSON lines beside, readable by
 * its owner only: the first row names the fields, and line n is row n of the table. @throws ImportError
 */
export async function asJsonLines(file: string): Promise<JsonLines> {
  const kind = path.extname(file).toLowerCase();
  if (kind !== '.csv' && kind !== '.xlsx') return { file, remove: async () => {} };
  const folder = await mkdtemp(path.join(tmpdir(), 'minsheng-import-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const target = path.join(folder, 'rows.jsonl');
    await writeRows(kind === '.csv' ? readCsv(file) : readXlsx(file), target, file);
    return { file: target, remove };
  } catch (error) {
    await remove();
    if (error instanceof ImportError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ImportError(
      code === 'ENOENT'
        ? `${file} cannot be opened: ENOENT.`
        : `${file} is no readable ${kind.slice(1)} file: ${message}`,
    );
  }
}

async function writeRows(rows: AsyncIterable<string[]>, target: string, file: string): Promise<void> {
  const handle = await open(target, 'wx', 0o600);
  try {
    let fields: string[] | undefined;
    for await (const cells of rows) {
      let line = '';
      if (fields === undefined) fields = fieldsOf(cells, file);
      else if (cells.some((cell) => cell !== ''))
        line = JSON.stringify(Object.fromEntries(fields.map((field, at) => [field, cells[at] ?? ''])));
      await handle.write(`${line}\n`);
    }
    if (fields === undefined) throw new ImportError(`${file} is empty.`);
  } finally {
    await handle.close();
  }
}

function fieldsOf(cells: readonly string[], file: string): string[] {
  const fields = cells.map((cell) => cell.trim());
  const twice = fields.find((field, at) => field !== '' && fields.indexOf(field) !== at);
  if (twice !== undefined) throw new ImportError(`${file} has two columns named ${JSON.stringify(twice)}.`);
  if (fields.every((field) => field === '')) throw new ImportError(`${file} has no column names in its first row.`);
  return fields;
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
  for await (const record of parser) yield record as string[];
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

/** Numbers stay as they are written, so that a long one keeps its last digits; a date is its wall clock time. */
async function* readXlsx(file: string): AsyncGenerator<string[]> {
  const rows = await readSheet(file, { parseNumber: (text: string) => text });
  for (const row of rows) yield row.map((cell) => textOf(cell));
}

function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  return cell instanceof Date ? cell.toISOString().slice(0, 19).replace('T', ' ') : String(cell);
}
