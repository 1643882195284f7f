import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { buildApp } from '../app.ts';
import demoCity from '../city/demo-city.json' with { type: 'json' };
import { withThrowAway } from '../commands/throw-away.ts';
import type { Instance } from '../compose.ts';
import { type Account, figuresOf, giveAccount } from './account.ts';
import { createClient } from './client.ts';
import { day, end, lookedUp } from './day.ts';
import { play } from './play.ts';
import { type Paper, print } from './print.ts';
import type { Names } from './rows.ts';

const usage = `demo [--json]
  A citizen's day through all five channels, in simulated time, against a city of its own that is gone afterwards.
  --json   last line: the figures as one JSON object`;

/** `npm run demo`. Needs nothing and leaves nothing behind. */
export async function runDemo(argv: string[]): Promise<number> {
  const { values } = parseArgs({ args: argv, options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const begun = performance.now();
  console.error('minsheng: a city of its own is being set up, and thirteen days go by …');
  await withThrowAway(async (instance) => {
    const account = await actOut(instance);
    console.log(`\n${print(account, await namesOf(instance), paper())}\n`);
    const seconds = Math.round((performance.now() - begun) / 100) / 10;
    if (values.json) console.log(JSON.stringify({ ...figuresOf(account), seconds }));
    else console.error(`minsheng: ${seconds} s`);
  });
  return 0;
}

/** Runs API and workers in this process, and the day against them over HTTP. */
export async function actOut(instance: Instance): Promise<Account> {
  const app = await buildApp(instance);
  try {
    await instance.startWorkers();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const client = createClient(`http://127.0.0.1:${port}`, instance.demoKeys ?? {});
    const said = await play(client, day, end);
    const codes = demoCity.departments.map(({ code }) => code);
    return await giveAccount(client, said, codes, lookedUp);
  } finally {
    instance.stopTaking();
    await app.close();
    await instance.intake.stop();
    await instance.stopWorkers();
  }
}

export async function namesOf({ book, config }: Instance): Promise<Names> {
  const roles = (await book.current()).find(config.POLICY)?.policy.roles ?? {};
  const departments = new Map(demoCity.departments.map(({ code, name }) => [code, name]));
  return {
    department: (code) => departments.get(code) ?? code,
    role: (code) => {
      const { zh = code, en = '' } = roles[code] ?? {};
      return `${zh} ${en}`.trim();
    },
  };
}

const NARROWEST = 100;
const WIDEST = 132;

/** Colours and the terminal's own width only on a terminal that wants them. */
function paper(): Paper {
  const { isTTY, columns = WIDEST } = process.stdout;
  const colours = isTTY && !process.env.NO_COLOR;
  const sgr = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const width = isTTY ? Math.min(WIDEST, Math.max(NARROWEST, columns)) : WIDEST;
  return { width, style: { strong: sgr(1), faint: sgr(2) } };
}
