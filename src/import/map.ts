import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { natures } from '../appeals/nature.ts';
import { channels } from '../channels/channel.ts';

/** Something the user has to put right, as one sentence. */
export class ImportError extends Error {
  override name = 'ImportError';
}

const closed = { additionalProperties: false } as const;
const Name = Type.String({ minLength: 1 });

/** Where a text comes from: a field, several fields joined, or always the same. */
const Text = Type.Union([
  Name,
  Type.Object({ fields: Type.Array(Name, { minItems: 1 }), join: Type.Optional(Type.String()) }, closed),
  Type.Object({ constant: Name }, closed),
]);
export type TextRule = Static<typeof Text>;

const Nature = Type.Enum([...natures]);
const Place = Type.Object({ channel: Type.Enum([...channels]), source: Name }, closed);

/** `otherwise` is for values that are not listed; null leaves the field out; absent: such rows are refused. */
const NatureTable = Type.Object(
  {
    field: Name,
    values: Type.Record(Type.String(), Nature),
    otherwise: Type.Optional(Type.Union([Nature, Type.Null()])),
  },
  closed,
);
const RegionCode = Type.String({ pattern: '^[0-9]{6}$' });
const RegionTable = Type.Object(
  {
    field: Name,
    values: Type.Record(Type.String(), RegionCode),
    otherwise: Type.Optional(Type.Union([RegionCode, Type.Null()])),
  },
  closed,
);
/** A field whose words are known (`yes-no.ts`), or a table for words of one's own. */
const YesNo = Type.Union([
  Name,
  Type.Object(
    { field: Name, values: Type.Record(Type.String(), Type.Boolean()), otherwise: Type.Optional(Type.Boolean()) },
    closed,
  ),
]);
export type YesNoRule = Static<typeof YesNo>;
const SourceTable = Type.Object(
  { field: Name, values: Type.Record(Type.String(), Place), otherwise: Type.Optional(Place) },
  closed,
);

export const MapSchema = Type.Object(
  {
    description: Type.Optional(Type.String()),
    timeZone: Type.Optional(Type.String({ description: 'Zone of times without one; default Asia/Shanghai' })),
    source: Type.Union([Place, SourceTable]),
    externalId: Text,
    title: Type.Optional(Text),
    body: Text,
    receivedAt: Type.Optional(Name),
    sender: Type.Optional(
      Type.Object(
        {
          name: Type.Optional(Text),
          phone: Type.Optional(Text),
          account: Type.Optional(Text),
          person: Type.Optional(Text),
          verified: Type.Optional(Type.Boolean()),
          anonymous: Type.Optional(YesNo),
          confidential: Type.Optional(YesNo),
        },
        closed,
      ),
    ),
    nature: Type.Optional(Type.Union([Nature, NatureTable])),
    address: Type.Optional(Text),
    region: Type.Optional(Type.Union([RegionCode, RegionTable])),
    publish: Type.Optional(YesNo),
  },
  closed,
);
export type ImportMap = Static<typeof MapSchema> & {
  timeZone: string;
  /** Every field of a row that the map names. */
  fields: readonly string[];
};

/** @param file a path, or the name of a map that comes with Minsheng. @throws ImportError naming the place in the file. */
export async function readMap(file: string): Promise<ImportMap> {
  const shipped = /^[a-z0-9-]+$/.test(file);
  const path = shipped ? fileURLToPath(new URL(`maps/${file}.json`, import.meta.url)) : file;
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ImportError(
      `The map ${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return checkMap(value, file);
}

/** @throws ImportError naming every place that is wrong. */
export function checkMap(value: unknown, file: string): ImportMap {
  if (!Value.Check(MapSchema, value)) throw new ImportError(`The map ${file} is wrong:\n${describe(value).join('\n')}`);
  const timeZone = value.timeZone ?? 'Asia/Shanghai';
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch (error) {
    if (error instanceof RangeError)
      throw new ImportError(`The map ${file} is wrong:\n  /timeZone ${JSON.stringify(timeZone)} is not a time zone`);
    throw error;
  }
  return { ...value, timeZone, fields: fieldsOf(value) };
}

function fieldsOf(map: Static<typeof MapSchema>): string[] {
  const { person, name, phone, account, anonymous, confidential } = map.sender ?? {};
  const { externalId, title, body, receivedAt, address, publish } = map;
  const rules = [externalId, title, body, receivedAt, address, publish];
  const ofSender = [person, name, phone, account, anonymous, confidential];
  // A nature or region that is a text is the value itself.
  const tables = [map.source, map.nature, map.region].filter((rule) => typeof rule === 'object');
  const fields = [...rules, ...ofSender, ...tables].flatMap((rule) => {
    if (typeof rule === 'string') return [rule];
    if (typeof rule !== 'object') return [];
    if ('fields' in rule) return rule.fields;
    return 'field' in rule ? [rule.field] : [];
  });
  return [...new Set(fields)];
}

/** One line a place. Each field is checked by itself, because TypeBox ends after the first few errors of a value. */
function describe(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ['  / must be an object'];
  const known: Record<string, TSchema> = MapSchema.properties;
  const fields = value as Record<string, unknown>;
  const missing = MapSchema.required
    .filter((name) => fields[name] === undefined)
    .map((name) => `  / ${name} is required`);
  const extra = Object.keys(fields).filter((name) => known[name] === undefined);
  const wrong = Object.entries(known).flatMap(([name, schema]) =>
    fields[name] === undefined ? [] : describeField(`/${name}`, schema, fields[name]),
  );
  return [...missing, ...extra.map((name) => `  / ${name} is not known here`), ...wrong];
}

/** A union reports each of its branches; of these the errors deepest inside are the ones that help. */
function describeField(pointer: string, schema: TSchema, value: unknown): string[] {
  const byPlace = new Map<string, Set<string>>();
  for (const error of Value.Errors(schema, value)) {
    if (error.keyword === 'anyOf' || error.keyword === 'boolean') continue;
    const params = error.params as {
      additionalProperties?: string[];
      requiredProperties?: string[];
      allowedValues?: unknown[];
    };
    const extra = params.additionalProperties?.map((name) => `${name} is not known here`);
    const missing = params.requiredProperties?.map((name) => `${name} is required`);
    const allowed = params.allowedValues && [`must be one of ${params.allowedValues.join(', ')}`];
    const place = `${pointer}${error.instancePath}`;
    byPlace.set(place, new Set([...(byPlace.get(place) ?? []), ...(extra ?? missing ?? allowed ?? [error.message])]));
  }
  const places = [...byPlace.keys()];
  const deepest = places.filter((place) => !places.some((other) => other.startsWith(`${place}/`)));
  return deepest.map((place) => `  ${place} ${[...(byPlace.get(place) ?? [])].join(', or ')}`);
}
