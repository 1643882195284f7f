import { randomBytes } from 'node:crypto';
import { channels } from '../channels/channel.ts';
import { readOrMakeSecret } from '../platform/access/data-key.ts';
import type { Keys } from '../platform/access/keys.ts';
import type { City } from './city.schema.ts';

export type DemoKeys = Record<string, string>;

/** Keys of the demonstration city, by name; kept in DATA_DIR so that every start can print them. Never in production. */
export async function ensureDemoKeys(keys: Keys, dataDir: string, city: City): Promise<DemoKeys> {
  const scopes: Record<string, string[]> = {
    ...Object.fromEntries(channels.map((channel) => [`demo-${channel}`, [`intake:${channel}`]])),
    'demo-dispatcher': ['dispatch', 'reveal'],
    'demo-operations': ['operations'],
    'demo-import': ['import', 'operations', ...channels.map((channel) => `intake:${channel}`)],
    ...Object.fromEntries(city.departments.map(({ code }) => [`demo-${code}`, [`department:${code}`]])),
  };
  const kept = JSON.parse(
    readOrMakeSecret(dataDir, 'demo-keys.json', () =>
      JSON.stringify(
        Object.fromEntries(Object.keys(scopes).map((name) => [name, `ms_${randomBytes(24).toString('base64url')}`])),
        null,
        2,
      ),
    ),
  ) as DemoKeys;
  for (const [name, key] of Object.entries(kept)) {
    if (!scopes[name] || (await keys.authenticate(key))) continue;
    // Made by an instance with another DATA_DIR: the keys that are printed here must work.
    await keys.revoke(name);
    await keys.create({ name, scopes: scopes[name], key });
  }
  return kept;
}
