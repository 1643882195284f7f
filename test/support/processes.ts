import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/platform/database/embedded/free-port.ts';

export interface Running {
  port: number;
  pid: number;
  stop(): Promise<void>;
  /** `kill -9`. Resolves when it is gone. */
  kill(): Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 8_000;
const PROBE_MS = 2_000;

/**
 * Runs a Node program of the build that listens on PORT, its output in a file; resolves when it answers `probe`. Without
 * a probe it listens to nobody, and resolves at once.
 */
export async function startServer(options: {
  program: string;
  args?: string[];
  env: Record<string, string>;
  logFile: string;
  probe?: string;
  /** Default: a free one. */
  port?: number;
}): Promise<Running> {
  const port = options.port ?? (await freePort());
  const out = openSync(options.logFile, 'a');
  const child = spawn(process.execPath, [options.program, ...(options.args ?? [])], {
    stdio: ['ignore', out, out],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env, PORT: String(port) },
  });
  closeSync(out);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(late);
  };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  const running = { port, pid: child.pid ?? 0, stop, kill };
  if (options.probe === undefined) return running;
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`${path.basename(options.program)} ended; see ${options.logFile}`);
    if (await answers(`http://127.0.0.1:${port}${options.probe}`)) return running;
  }
  await stop();
  throw new Error(`${path.basename(options.program)} did not answer within ${START_MS / 1000} s`);
}

/**
 * A port for a process that comes back: from below those that outgoing connections are given, so that none of them has it
 * when the process is started again.
 */
export async function steadyPort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Runs a program to its end and returns its stdout. @throws Error with the last lines of stderr when it fails. */
export async function output(file: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${path.basename(file)}: ${Buffer.concat(stderr).toString().trim().slice(-800)}`);
  return Buffer.concat(stdout).toString();
}
