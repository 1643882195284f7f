import { parseArgs } from 'node:util';
import { type Config, ConfigError } from '../config.ts';
import { hasDatabase, placeOfDatabase } from '../open-database.ts';
import { KeyNameTakenError, SCOPE_PATTERN, scopeForms } from '../platform/access/keys.ts';
import { withInstance } from './with-instance.ts';

/**
 * `keys list | create NAME SCOPE… | revoke NAME`. A new key is printed once and never again, alone on stdout; stderr says
 * which database knows it: a key in another one than the service's opens nothing.
 */
export async function runKeys(config: Config, argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { 'per-minute': { type: 'string' }, expires: { type: 'string' } },
  });
  const [action = 'list', name, ...scopes] = positionals;
  if (!hasDatabase(config))
    throw new ConfigError(
      `There is no database under DATA_DIR=${config.DATA_DIR}, and so no service that would know the keys: set DATA_DIR or DATABASE_URL to the service's own, or start the service first.`,
    );
  return withInstance(config, async ({ keys, departmentName }) => {
    console.error(`minsheng: keys of the database at ${placeOfDatabase(config)}`);
    if (action === 'list') {
      console.table(
        (await keys.list()).map(({ name, scopes, perMinute, expiresAt, revokedAt }) => ({
          name,
          scopes: scopes.join(' '),
          perMinute,
          expiresAt,
          revokedAt,
        })),
      );
      return 0;
    }
    if (!name) throw new ConfigError(`Name the key: minsheng keys ${action} NAME.`);
    if (action === 'revoke') {
      if (!(await keys.revoke(name))) throw new ConfigError(`There is no key named ${name}.`);
      console.log(`${name} no longer works.`);
      return 0;
    }
    if (action !== 'create')
      throw new ConfigError(`${action} is not something to do with keys: list, create or revoke.`);
    const wrong = scopes.find((scope) => !new RegExp(SCOPE_PATTERN).test(scope));
    if (scopes.length === 0 || wrong)
      throw new ConfigError(
        `${wrong ?? 'Nothing'} is not a scope: those are ${scopeForms.slice(0, -1).join(', ')} and ${scopeForms.at(-1)}.`,
      );
    for (const scope of scopes) {
      const [, code] = /^department:(.+)$/.exec(scope) ?? [];
      if (code !== undefined && (await departmentName(code)) === undefined)
        throw new ConfigError(`${scope} opens nothing: there is no department ${code}.`);
    }
    const perMinute = values['per-minute'] === undefined ? 60_000 : Number(values['per-minute']);
    if (!Number.isInteger(perMinute) || perMinute < 1)
      throw new ConfigError('--per-minute takes a whole number from 1.');
    const expiresAt = values.expires === undefined ? undefined : new Date(values.expires);
    if (expiresAt && Number.isNaN(expiresAt.getTime()))
      throw new ConfigError('--expires takes a time like 2027-12-31T00:00:00+08:00.');
    if (expiresAt && expiresAt.getTime() <= Date.now())
      throw new ConfigError(`--expires ${values.expires} is over: the key would never work.`);
    try {
      console.log(await keys.create({ name, scopes, perMinute, expiresAt }));
      return 0;
    } catch (error) {
      throw error instanceof KeyNameTakenError ? new ConfigError(error.message) : error;
    }
  });
}
