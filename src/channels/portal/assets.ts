import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { projectRoot } from '../../config.ts';

const require = createRequire(import.meta.url);
const own = (name: string): string => path.join(projectRoot, 'public/portal', name);
/** Packages keep these files out of their `exports`; they are for pages to load as they are. */
const altcha = (name: string): string => path.join(path.dirname(require.resolve('altcha')), '..', name);

const files: Record<string, string> = {
  'portal.css': own('portal.css'),
  'portal.js': own('portal.js'),
  'altcha.js': altcha('external/altcha.min.js'),
  'altcha.css': altcha('external/altcha.css'),
  'altcha-worker.js': altcha('workers/pbkdf2.js'),
  'altcha-zh-cn.js': altcha('i18n/zh-cn.js'),
};

export interface Asset {
  content: Buffer;
  type: string;
  etag: string;
}

/** Everything the pages load, by name: from this server alone. */
export function readAssets(): ReadonlyMap<string, Asset> {
  return new Map(
    Object.entries(files).map(([name, file]) => {
      const content = readFileSync(file);
      const type = name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
      return [
        name,
        { content, type, etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"` },
      ];
    }),
  );
}
