import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError, readConfig } from './config.ts';
import { serve } from './serve.ts';

const usage = `minsheng 民声

  start            embedded or given database, migrations, demonstration city, API and workers in one process
  api | worker     one role against DATABASE_URL, which must be migrated
  migrate          brings the database up to date
  seed FILE        loads a city (departments, sources, dispatch catalogue) from JSON
  keys             list | create NAME SCOPE… [--per-minute N] [--expires TIME] | revoke NAME
  policy check X   explains a policy (a file, or a code such as gaoyou) and names its mistakes
  import FILE      posts messages from a file through the API: import --help
  calendar         show YEAR | import FILE [--year Y] [--source TEXT] [--apply]: the year's notice, or single days
  demo             a citizen's day through all five channels, in simulated time
  openapi          writes openapi/openapi.json; --check compares, --lint checks it
  settings         the table of settings
  states           the diagram of an appeal's life

  Settings come from the environment; see the README.`;

/** Runs a command. Returns the exit code; impossible configuration is one sentence on stderr. */
export async function main(argv: string[]): Promise<number> {
  try {
    return await run(argv);
  } catch (error) {
    const badUsage = /^ERR_PARSE_ARGS_/.test((error as NodeJS.ErrnoException).code ?? '');
    const sayable = error instanceof ConfigError || (error as Error).name === 'ClockModeError';
    if (!sayable && !badUsage) throw error;
    console.error(`minsheng: ${(error as Error).message}`);
    return badUsage ? 2 : 1;
  }
}

async function run([command = 'help', ...rest]: string[]): Promise<number> {
  switch (command) {
    case 'start':
    case 'api':
    case 'worker':
      return serve(readConfig(process.env), command);
    case 'migrate':
      return (await import('./commands/migrate.ts')).runMigrate(readConfig(process.env));
    case 'seed':
      return (await import('./commands/seed.ts')).runSeed(readConfig(process.env), await readCityFile(rest[0]));
    case 'keys':
      return (await import('./commands/keys.ts')).runKeys(readConfig(process.env), rest);
    case 'policy':
      return (await import('./commands/policy.ts')).runPolicy(rest);
    case 'import':
      return (await import('./import/import.ts')).runImport(rest, {
        stdout: process.stdout,
        stderr: process.stderr,
        env: process.env,
      });
    case 'calendar':
      return (await import('./commands/calendar.ts')).runCalendar(readConfig(process.env), rest);
    case 'demo':
      return (await import('./demo/demo.ts')).runDemo(rest);
    case 'openapi':
      return (await import('./commands/openapi.ts')).runOpenApi(rest);
    case 'settings':
      return (await import('./commands/settings.ts')).runSettings();
    case 'states':
      return (await import('./commands/states.ts')).runStates();
    case 'help':
    case '--help':
      console.log(usage);
      return 0;
    default:
      console.error(`minsheng: ${JSON.stringify(command)} is not a command.\n\n${usage}`);
      return 2;
  }
}

async function readCityFile(file: string | undefined): Promise<unknown> {
  if (!file) throw new ConfigError('Name the file: minsheng seed FILE.');
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${file} cannot be read as JSON: ${(error as Error).message}.`);
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename)
  process.exitCode = await main(process.argv.slice(2));
