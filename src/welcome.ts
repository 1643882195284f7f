import { allChannels } from './channels/channels.ts';
import type { DemoKeys } from './city/demo-keys.ts';
import type { Config } from './config.ts';

/** What a person who just typed `npm start` wants to see: where it is, the keys, and one message a channel to try. */
export function welcome(config: Config, port: number, keys: DemoKeys | undefined): string {
  const host = config.HOST === '0.0.0.0' || config.HOST === '::' ? '127.0.0.1' : config.HOST;
  const base = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const lines = ['', `  Minsheng 民声 is ready: ${base}`, `  API docs:              ${base}/docs`, ''];
  if (!keys) return lines.join('\n');
  lines.push('  Demonstration keys (Authorization: Bearer …):');
  for (const [name, key] of Object.entries(keys)) lines.push(`    ${name.padEnd(24)} ${key}`);
  lines.push('', '  One message by each channel:');
  for (const { name: channel, example } of allChannels) {
    const body = JSON.stringify({ ...example, externalId: `try-${channel}-1` });
    lines.push(
      `    curl -s ${base}/v1/channels/${channel}/messages -H 'Authorization: Bearer ${keys[`demo-${channel}`]}' -H 'Content-Type: application/json' -d '${body}'`,
      '',
    );
  }
  return lines.join('\n');
}
