import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { ImportError } from './map.ts';
import { readDuration } from './times.ts';

export const USAGE = `minsheng import FILE --map MAP: posts the messages of a .jsonl, .csv or .xlsx file through the REST API

  --map MAP          which fields give what: a JSON file, or fuzhou-12345 | teddycup-hot
  --url URL          the service (default http://127.0.0.1:3000)
  --key KEY          API key (default: MINSHENG_KEY)
  --concurrency N    requests in flight, 1 to 256 (default 32)
  --historic         old cases: filed without receipts and deadlines
  --over P7D         plays the file over that much simulated time from the service's now; moves its clock
  --invent-phones    rows without a number get an invented one, the same for the same person; trials only
  --sheet NAME       of an xlsx file (default: the first visible one with the columns that the map names)
  --limit N          only the first N lines of the file
  --resume FILE      where the progress is kept (default: FILE.jsonl.import-state.json in this folder)
  --refused FILE     writes refused rows with their reasons there (JSON lines, with personal data)
  --numbers FILE     writes both numbers of every row that is in there, the source's and ours (JSON lines)
  --dry-run          shows what would be posted, posts nothing
  --preview          asks the service what would become of each row, writes nothing
  --json             the last line is one JSON object

Exit code: 0 all rows are in, 1 rows were refused or the import stopped, 2 not understood, 130 interrupted.`;

export interface Options {
  file: string;
  map: string;
  url: string;
  key: string;
  concurrency: number;
  historic: boolean;
  /** Milliseconds of simulated time. */
  over: number | undefined;
  inventPhones: boolean;
  sheet: string | undefined;
  limit: number;
  state: string;
  refused: string | undefined;
  numbers: string | undefined;
  dryRun: boolean;
  preview: boolean;
  json: boolean;
}

/** @returns the options, or undefined when help is asked for. @throws ImportError saying what is wrong. */
export function readOptions(argv: string[], env: Record<string, string | undefined>): Options | undefined {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new ImportError('Name one file: minsheng import FILE --map MAP.');
  if (values.map === undefined) throw new ImportError('Say with --map which fields give what (docs/import.md).');
  const key = values.key ?? env.MINSHENG_KEY ?? '';
  if (key === '' && !values['dry-run']) throw new ImportError('Give an API key with --key or MINSHENG_KEY.');
  const over = values.over === undefined ? undefined : readDuration(values.over);
  if (values.over !== undefined && over === undefined)
    throw new ImportError(`--over ${values.over} is not a duration such as P7D or PT12H.`);
  if (over !== undefined && values.historic)
    throw new ImportError('--over and --historic exclude each other: old cases have no deadlines to play.');
  if (values.preview && values.over !== undefined)
    throw new ImportError('--preview and --over exclude each other: a preview does not move the clock.');
  return {
    file,
    map: values.map,
    url: values.url ?? 'http://127.0.0.1:3000',
    key,
    concurrency: wholeNumber('--concurrency', values.concurrency ?? '32', 256),
    historic: values.historic ?? false,
    over,
    inventPhones: values['invent-phones'] ?? false,
    sheet: values.sheet,
    limit:
      values.limit === undefined
        ? Number.POSITIVE_INFINITY
        : wholeNumber('--limit', values.limit, Number.MAX_SAFE_INTEGER),
    state: values.resume ?? `${basename(file)}.import-state.json`,
    refused: values.refused,
    numbers: values.numbers,
    dryRun: values['dry-run'] ?? false,
    preview: values.preview ?? false,
    json: values.json ?? false,
  };
}

function parse(argv: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        map: text,
        url: text,
        key: text,
        concurrency: text,
        historic: flag,
        over: text,
        'invent-phones': flag,
        sheet: text,
        limit: text,
        resume: text,
        refused: text,
        numbers: text,
        'dry-run': flag,
        preview: flag,
        json: flag,
        help: { ...flag, short: 'h' },
      },
    });
  } catch (error) {
    throw new ImportError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, largest: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > largest)
    throw new ImportError(`${name} ${text} is not a whole number from 1 to ${largest}.`);
  return value;
}
