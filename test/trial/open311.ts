import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import type { City as CityFile } from '../../src/city/city.schema.ts';
import demoCity from '../../src/city/demo-city.json' with { type: 'json' };
import { seedCity } from '../../src/city/seed.ts';
import type { City } from '../support/city.ts';
import { withCity } from './city.ts';
import type { Outcome, Trial } from './trial.ts';

interface Sample {
  id: string;
  subtest: string;
  method: 'GET' | 'POST';
  path: string;
  params: [string, string][];
  expect_success: boolean;
  note: string;
  expected_xml: string | null;
}

/** The services of the endpoint the samples were recorded at. */
const services = [
  {
    code: 'POT',
    name: 'Pothole Repairs',
    description: 'Pothole Repairs Service',
    nature: 'assistance',
    group: 'highways',
    keywords: ['deep', 'hole', 'wow'],
    attributes: [
      {
        code: 'depth',
        description: 'depth of pothole, in centimetres',
        datatype: 'number',
        datatypeDescription: 'an integer',
        required: true,
      },
      {
        code: 'shape',
        description: 'shape of the pothole',
        datatype: 'singlevaluelist',
        datatypeDescription: 'square | circle | triangle',
        values: [
          { key: 'circle', name: 'Circle' },
          { key: 'square', name: 'Square' },
          { key: 'triangle', name: 'Triangle' },
        ],
      },
    ],
  },
  { code: 'SPOT', name: 'Spot', group: 'highways' },
  { code: 'BIN', name: 'Bin Enforcement', description: 'Bin Enforcement Service', group: 'sanitation' },
];

const xml = new XMLParser({ parseTagValue: false });

/** Whatever order elements stand in, the same names with the same texts. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value.trim() : value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, canonical(inner)]),
  );
};
const parsed = (text: string): string => {
  const { '?xml': _declaration, ...document } = xml.parse(text) as Record<string, unknown>;
  return JSON.stringify(canonical(document));
};

/** Fields of one request in a client's example answer, each of which ours must have too. */
const fieldsOf = (document: unknown): string[] => {
  const text = JSON.stringify(document);
  return [...new Set([...text.matchAll(/"([a-z_]+)":/g)].map(([, name]) => name ?? ''))].sort();
};

/** Requests another server was sent, and the shapes that clients of other cities read. */
export const trial: Trial = (folder) =>
  withCity({}, async (city) => {
    await seedCity(city.instance.db, { ...demoCity, services } as unknown as CityFile);
    const apiKey = (await city.key('open311')).authorization.slice('Bearer '.length);
    const posted = await send(city, {
      method: 'POST',
      path: '/requests.json',
      params: [
        ['api_key', apiKey],
        ['service_code', 'POT'],
        ['address_string', '22 Acacia Avenue'],
        ['attribute[depth]', '10'],
      ],
    });
    const [{ service_request_id: number, token }] = JSON.parse(posted.text) as [Record<string, string>];
    const outcomes: Outcome[] = [];
    for (const sample of casesOf(folder)) {
      // The recorded server knew its requests as 0 and 1; ours are numbers of its own.
      const own = sample.path.replace(/\/requests\/[01]\./, `/requests/${number}.`);
      const params = sample.params.map(([name, value]): [string, string] => [
        name,
        name === 'api_key' ? apiKey : value,
      ]);
      const { status, text } = await send(city, { ...sample, path: own, params });
      const success = status < 300;
      const same = sample.expected_xml === null || own !== sample.path || parsed(sample.expected_xml) === parsed(text);
      outcomes.push({
        sample: `${sample.id} ${sample.method} ${sample.path} (${sample.note})`,
        expected: `${sample.expect_success ? 'success' : 'refused'}${sample.expected_xml ? `, ${parsed(sample.expected_xml)}` : ''}`,
        got: `${status}, ${text.startsWith('<?xml') ? parsed(text) : text}`,
        ok: success === sample.expect_success && same,
      });
    }
    for (const file of readdirSync(folder).filter((name) => /\.(xml|json)$/.test(name)))
      outcomes.push(await shape(city, path.join(folder, file), { number: number ?? '', token: token ?? '' }));
    return outcomes;
  });

function casesOf(folder: string): Sample[] {
  return readFileSync(path.join(folder, 'adapter-server-cases.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Sample);
}

async function send(
  city: City,
  { method, path, params }: Pick<Sample, 'method' | 'path' | 'params'>,
): Promise<{ status: number; text: string }> {
  const response = await city.app.inject({
    method,
    url: `/open311/v2${path}`,
    ...(method === 'POST'
      ? {
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          payload: new URLSearchParams(params).toString(),
        }
      : {}),
  });
  return { status: response.statusCode, text: response.body };
}

/** A client's example answer: what it reads there, it must find in ours. */
async function shape(city: City, file: string, { number, token }: { number: string; token: string }): Promise<Outcome> {
  const name = path.basename(file);
  const json = name.endsWith('.json');
  const format = json ? 'json' : 'xml';
  const address = /definition/.test(name)
    ? `/services/POT.${format}`
    : /services\./.test(name)
      ? `/services.${format}`
      : /token/.test(name)
        ? `/tokens/${token}.${format}`
        : /requests_many|service_requests/.test(name)
          ? `/requests.${format}`
          : `/requests/${number}.${format}`;
  const { text } = await send(city, { method: 'GET', path: address, params: [] });
  const read = (source: string): unknown => (json ? JSON.parse(source) : xml.parse(source));
  const [wanted, got] = [fieldsOf(read(readFileSync(file, 'utf8'))), fieldsOf(read(text))];
  const missing = wanted.filter((field) => !got.includes(field));
  return {
    sample: name,
    expected: wanted.join(' '),
    got: missing.length === 0 ? 'all there' : `missing: ${missing.join(' ')}`,
    ok: missing.length === 0,
  };
}
