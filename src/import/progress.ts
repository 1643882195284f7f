export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
}

const SECOND = 1_000;
const PLAIN_EVERY = 5 * SECOND;

/** Says how far the import is: one line that is rewritten on a terminal, otherwise a line every five seconds. */
export interface Progress {
  step: () => void;
  note: (text: string) => void;
  /** What keeps the import waiting, shown at once; undefined: nothing any more. */
  trouble: (reason: string | undefined) => void;
  stop: () => void;
}

export function startProgress(output: Output, total: number): Progress {
  const started = performance.now();
  const terminal = output.isTTY === true;
  let count = 0;
  let suffix = '';
  let waitsFor: string | undefined;
  const told = new Set<string>();
  const show = (): void => {
    const seconds = (performance.now() - started) / SECOND;
    const rate = seconds > 0 ? count / seconds : 0;
    const left = rate > 0 ? `, ${clock((total - count) / rate)} left` : '';
    const line = `${count} of ${total} (${total === 0 ? 100 : Math.floor((count / total) * 100)} %), ${rate.toFixed(0)}/s${left}${suffix}${waitsFor === undefined ? '' : `; ${waitsFor}, trying again`}`;
    output.write(terminal ? `\r${line}\u001b[K` : `${line}\n`);
  };
  const timer = setInterval(show, terminal ? SECOND / 4 : PLAIN_EVERY);
  timer.unref();
  return {
    step: () => {
      count += 1;
    },
    note: (text) => {
      suffix = text === '' ? '' : `, ${text}`;
    },
    trouble: (reason) => {
      waitsFor = reason;
      if (reason === undefined || told.has(reason)) return;
      told.add(reason);
      show();
    },
    stop: () => {
      clearInterval(timer);
      waitsFor = undefined;
      show();
      if (terminal) output.write('\n');
    },
  };
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
