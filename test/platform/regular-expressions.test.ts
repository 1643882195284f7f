import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Literal } from 'acorn';
import { parse } from 'acorn';
import { full } from 'acorn-walk';
import { analyse } from 'scslre';
import t from '../support/tap.ts';

/** Built code, since the types are gone there. */
const SRC = path.join(import.meta.dirname, '..', '..', 'src');

/** Not linear, and why that does no harm. */
const BOUNDED = new Map([['(?:附近|旁边|门口|对面|路口|处|内|里|旁)+$', 'an address has at most 300 characters']]);

t.test('no regular expression takes more than linear time, whatever a stranger sends', async (t) => {
  const unused = new Set(BOUNDED.keys());
  let count = 0;
  for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))) {
    const tree = parse(readFileSync(path.join(SRC, file), 'utf8'), {
      ecmaVersion: 'latest',
      sourceType: 'module',
      locations: true,
    });
    full(tree, (node) => {
      const { regex } = node as Literal;
      if (!regex) return;
      count += 1;
      const { pattern: source, flags } = regex;
      if (unused.delete(source) || BOUNDED.has(source)) return;
      const { reports } = analyse({ source, flags });
      for (const { type } of reports)
        t.fail(`${file}:${node.loc?.start.line} /${source}/${flags} backtracks (${type})`);
    });
  }
  t.ok(count > 200, `${count} of them were looked at`);
  t.same([...unused], [], 'every exception is still there');
});
