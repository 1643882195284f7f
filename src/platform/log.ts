import { type Logger, pino } from 'pino';

export type Log = Logger;

interface DatabaseFailure {
  code?: string;
  constraint?: string;
  table?: string;
  cause?: unknown;
}

/**
 * Structured logs on stderr-free stdout. Errors are reduced to name, code, constraint and stack frames: a database
 * driver's message quotes the values of the row, which here are citizens' names and numbers.
 *
 * Levels: `error` is our fault and must be mended; `warn` a deviation we survive; `info` a fact of the domain or of the
 * process's life; `debug` a step of the implementation.
 */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: safeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** An error without anything a row or a request could have put into its message. */
export function safeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: 'NonError' };
  const failure = error as Error & DatabaseFailure;
  const frames = failure.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12);
  const quoting = failure.cause !== undefined || (failure.code !== undefined && /^[0-9A-Z]{5}$/.test(failure.code));
  return {
    name: failure.name,
    ...(quoting ? {} : { message: failure.message }),
    ...(failure.code ? { code: failure.code } : {}),
    ...(failure.constraint ? { constraint: failure.constraint } : {}),
    ...(failure.table ? { table: failure.table } : {}),
    ...(failure.cause ? { cause: safeError(failure.cause) } : {}),
    stack: frames,
  };
}

/**
 * Code of an error, or of the one that caused it: `fetch` says only there whether nobody listened (ECONNREFUSED), the name is
 * unknown (ENOTFOUND) or nobody answered (UND_ERR_…). Unlike messages, codes quote nothing.
 */
export function codeOf(error: unknown): string | undefined {
  let next = error;
  while (next instanceof Error) {
    const { code, cause } = next as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
    next = cause;
  }
  return undefined;
}
