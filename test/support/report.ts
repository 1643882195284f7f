import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/**
 * A reporter for logs: one line a file as it ends, and of what failed the line and its diagnostics. Two thousand passing
 * assertions need no lines.
 */
export async function reportTap(output: Readable, print: (line: string) => void): Promise<void> {
  let failing: number | undefined;
  for await (const line of createInterface({ input: output })) {
    const point = /^( *)(not )?ok \d+/.exec(line);
    const indent = line.length - line.trimStart().length;
    if (point) {
      failing = point[2] ? indent : undefined;
      if (point[2] || indent === 0) print(line.replace(/ \{$/, ''));
    } else if (failing !== undefined && indent > failing) print(line);
    else if (line.trim() !== '') failing = undefined;
  }
}
