import { makeTexts, phoneOf } from '../../support/bodies.ts';
import { openConnection } from './connection.ts';

/** A process of its own: posts messages over keep-alive connections and prints one JSON line of what it saw. */
export interface LoadOptions {
  port: number;
  path: string;
  key: string;
  connections: number;
  /** Measured seconds, after `warmSeconds` that do not count. */
  seconds: number;
  warmSeconds: number;
  /** Arrivals a second, whether or not answers come (latency counts from the arrival); undefined: as fast as answers come. */
  rate?: number;
  /** Part of the messages that say again what the same connection's last one said, of the same sender: 0..1. */
  repeats: number;
  /** Senders and external ids are numbered from here, so that runs on one database do not meet. */
  from: number;
}

export interface LoadResult {
  /** Answers with 2xx a second within the measured time. */
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** 2xx over the whole run, warming up included: what must be in the database afterwards. */
  accepted: number;
  refused: number;
}

const texts = makeTexts(2_000).map((text) => JSON.stringify(text).slice(1));

async function run(options: LoadOptions): Promise<LoadResult> {
  const begin = performance.now() + options.warmSeconds * 1_000;
  const end = begin + options.seconds * 1_000;
  const latencies: number[] = [];
  let next = options.from;
  let refused = 0;
  let accepted = 0;
  let arrivals = 0;

  /** When the next request is to be sent, or undefined when the run is over. Several connections share the arrivals. */
  function arrival(): number | undefined {
    const at = options.rate
      ? begin - options.warmSeconds * 1_000 + (arrivals++ * 1_000) / options.rate
      : performance.now();
    return at < end ? at : undefined;
  }

  async function work(): Promise<void> {
    const connection = await openConnection(options.port);
    let sender = next;
    for (let at = arrival(); at !== undefined; at = arrival()) {
      const early = at - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      const id = next++;
      if (options.repeats === 0 || Math.random() >= options.repeats) sender = id;
      const status = await connection.send(request(options, id, sender));
      const now = performance.now();
      if (status < 200 || status > 299) refused += 1;
      else {
        accepted += 1;
        if (now >= begin && now < end) latencies.push(now - at);
      }
    }
    connection.close();
  }

  await Promise.all(Array.from({ length: options.connections }, work));
  const sorted = Float64Array.from(latencies).sort();
  const at = (part: number): number => Math.round((sorted[Math.floor(sorted.length * part)] ?? Number.NaN) * 10) / 10;
  return { perSecond: sorted.length / options.seconds, p50: at(0.5), p99: at(0.99), accepted, refused };
}

function request({ path, key }: LoadOptions, id: number, sender: number): string {
  const body = `{"source":"12345","externalId":"bench-${id}","receivedAt":"${new Date().toISOString()}","region":"530102","nature":"complaint","sender":{"name":"王女士","phone":"${phoneOf(sender)}"},${texts[sender % texts.length]}`;
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? '{}') as LoadOptions)));
