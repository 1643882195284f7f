import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

/**
 * Every setting of the service: the only reader of the environment. The README's table is made from these
 * descriptions (`minsheng settings`).
 */
export const SettingsSchema = Type.Object({
  PORT: Type.Integer({
    minimum: 0,
    maximum: 65535,
    default: 3000,
    description: 'Port of the REST API; 0 takes a free one.',
  }),
  HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'Address the REST API listens on.' }),
  DATA_DIR: Type.String({
    minLength: 1,
    default: '.data',
    description: 'Folder of the embedded database, the generated data key and the demonstration keys.',
  }),
  DATABASE_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://.+',
      examples: ['postgres://user:password@127.0.0.1:5432/minsheng'],
      description: 'PostgreSQL 15 or newer. Unset: an embedded PostgreSQL 18 under DATA_DIR.',
    }),
  ),
  REDIS_URL: Type.Optional(
    Type.String({
      pattern: '^rediss?://.+',
      examples: ['redis://127.0.0.1:6379'],
      description: 'Redis for BullMQ. Unset: BullMQ runs on the PostgreSQL database.',
    }),
  ),
  CLOCK: Type.Enum(['system', 'simulated'], {
    default: 'system',
    description: 'Business time. `simulated` stands still until `POST /v1/dev/clock` moves it; refused in production.',
  }),
  POLICY: Type.String({
    pattern: '^[a-z][a-z0-9-]*$',
    examples: ['kunming-hotline'],
    default: 'kunming-hotline',
    description:
      "Code of the city's time rules (policy) for new appeals that no policy choice fits; its time zone is the city's.",
  }),
  DATA_KEY: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9-]{1,16}:[A-Za-z0-9+/]{43}=(,[a-z0-9-]{1,16}:[A-Za-z0-9+/]{43}=)*$',
      examples: ['k1:$(openssl rand -base64 32)'],
      description:
        'Key ring for personal data: `id:base64 of 32 bytes`, several separated by commas, the first one encrypts. Required in production; made and kept in DATA_DIR otherwise.',
    }),
  ),
  MINSHENG_ADMIN_KEY: Type.Optional(
    Type.String({
      minLength: 24,
      description: 'A bearer key with every scope and no rate limit, for trials; refused in production.',
    }),
  ),
  STORAGE_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^?#\\s]+$',
      examples: ['https://s3.example.com/bucket'],
      description:
        'Bucket of an S3-compatible object storage that holds attachments: its own address, with a prefix if wanted. Unset: the folder `attachments` under DATA_DIR, which all processes must share.',
    }),
  ),
  STORAGE_REGION: Type.String({
    pattern: '^[A-Za-z0-9-]+$',
    default: 'us-east-1',
    description: 'Region that calls to STORAGE_URL are signed for.',
  }),
  STORAGE_ACCESS_KEY: Type.Optional(
    Type.String({ minLength: 1, examples: ['an access key id'], description: 'Access key of STORAGE_URL.' }),
  ),
  STORAGE_SECRET_KEY: Type.Optional(
    Type.String({ minLength: 1, examples: ['a secret access key'], description: 'Secret key of STORAGE_URL.' }),
  ),
  REVEALS_PER_DAY: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 100,
    description: "How many citizens' contact data one key may be shown in clear a day, in the city's time zone.",
  }),
  TRUST_PROXY: Type.Optional(
    Type.String({
      pattern: '^[0-9a-fA-F.:/, ]+$',
      examples: ['10.0.0.0/8'],
      description:
        "Addresses or networks of the reverse proxies in front, separated by commas: only from them is X-Forwarded-For believed. Citizens' look-ups are limited per address.",
    }),
  ),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severe level that is logged.',
  }),
});

type Settings = Static<typeof SettingsSchema>;

export interface Config extends Readonly<Settings> {
  /** `NODE_ENV=production` and nothing else. */
  readonly production: boolean;
  readonly version: string;
}

/** Impossible configuration; the message is one sentence that says what to set. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Root folder of the project, seen from `src/` and from `dist/src/` alike. */
export const projectRoot = findRoot(import.meta.dirname);

function findRoot(from: string): string {
  try {
    readFileSync(path.join(from, 'package.json'));
    return from;
  } catch {
    const up = path.dirname(from);
    if (up === from) throw new ConfigError('package.json of minsheng was not found above the program files.');
    return findRoot(up);
  }
}

/** @throws ConfigError naming the setting, what is wrong with it and what it may be. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const given: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(SettingsSchema.properties)) {
    const raw = env[name];
    const value = raw === undefined || raw === '' ? (schema as { default?: unknown }).default : raw;
    const isNumber = (schema as { type?: string }).type === 'integer' && /^\d+$/.test(String(value));
    if (value !== undefined) given[name] = isNumber ? Number(value) : value;
  }
  const wrong = [...Value.Errors(SettingsSchema, given)][0];
  if (wrong) {
    const name = wrong.instancePath.slice(1).split('/')[0] ?? '';
    throw new ConfigError(sentenceAbout(name, wrong.keyword, wrong.message));
  }
  const settings = given as Settings;
  checkUrl('DATABASE_URL', settings.DATABASE_URL);
  checkUrl('REDIS_URL', settings.REDIS_URL);
  checkStorage(settings);
  const production = env.NODE_ENV === 'production';
  if (production) refuseInProduction(settings);
  const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  return Object.freeze({ ...settings, DATA_DIR: path.resolve(settings.DATA_DIR), production, version });
}

/** Never quotes the value: it may be a secret. */
function sentenceAbout(name: string, keyword: string, message: string): string {
  const property = (
    SettingsSchema.properties as unknown as Record<
      string,
      { description?: string; enum?: string[]; examples?: string[] } | undefined
    >
  )[name];
  const example = property?.examples ? `set it like ${property.examples[0]}` : `it ${message}`;
  const what = keyword === 'enum' ? `set it to one of ${property?.enum?.join(', ')}` : example;
  return `${name} is not usable: ${what}. ${property?.description ?? ''}`.trim();
}

function checkUrl(name: string, value: string | undefined): void {
  if (value !== undefined && !URL.canParse(value))
    throw new ConfigError(
      `${name} is not a URL: set it like postgres://user:password@host:5432/minsheng or redis://host:6379.`,
    );
}

function checkStorage({ STORAGE_URL, STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY }: Settings): void {
  if (STORAGE_URL === undefined) return;
  if (!URL.canParse(STORAGE_URL) || new URL(STORAGE_URL).username !== '')
    throw new ConfigError('STORAGE_URL is not the address of a bucket: set it like https://s3.example.com/bucket.');
  for (const [name, value] of Object.entries({ STORAGE_ACCESS_KEY, STORAGE_SECRET_KEY }))
    if (value === undefined)
      throw new ConfigError(`${name} is required with STORAGE_URL: set it, or unset STORAGE_URL.`);
}

function refuseInProduction(settings: Settings): void {
  if (settings.CLOCK === 'simulated') throw new ConfigError('CLOCK=simulated is refused in production: unset CLOCK.');
  if (settings.MINSHENG_ADMIN_KEY)
    throw new ConfigError('MINSHENG_ADMIN_KEY is refused in production: unset it and make keys with `minsheng keys`.');
  if (!settings.DATA_KEY)
    throw new ConfigError('DATA_KEY is required in production: set it to `id:base64 of 32 random bytes`.');
}
