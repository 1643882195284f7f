import { type Static, Type } from 'typebox';
import { natures } from '../appeals/nature.ts';
import { channels } from '../channels/channel.ts';
import { ServiceSchema } from '../channels/open311/service.schema.ts';
import { PolicyChoiceSchema } from '../deadlines/policy-choices.ts';

const Code = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' });
const Words = Type.Array(Type.String({ minLength: 1, maxLength: 40 }));

/** A city as data: its departments, sources and dispatch catalogue. Loaded by `minsheng seed FILE`. */
export const CitySchema = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'Name of the city' }),
    departments: Type.Array(
      Type.Object({ code: Code, name: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
      { minItems: 1, description: 'Departments (承办单位)' },
    ),
    sources: Type.Array(
      Type.Object(
        { code: Code, channel: Type.Enum([...channels]), name: Type.String({ minLength: 1 }) },
        { additionalProperties: false },
      ),
      {
        minItems: 1,
        description: 'Registered sources (来源)',
      },
    ),
    policies: Type.Optional(
      Type.Array(PolicyChoiceSchema, {
        description:
          'Which policy new appeals fall under (规则选用), in order: the first that fits decides; absent: stays as it is',
      }),
    ),
    services: Type.Optional(
      Type.Array(ServiceSchema, {
        description: 'Kinds of request (服务事项) for Open311 clients; codes stay for ever',
      }),
    ),
    catalogue: Type.Array(
      Type.Object(
        {
          department: Code,
          words: Type.Optional(Words),
          sources: Type.Optional(Type.Array(Code)),
          natures: Type.Optional(Type.Array(Type.Enum([...natures]))),
          regions: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9]{2,6}$' }))),
        },
        { additionalProperties: false, minProperties: 2 },
      ),
      { description: 'Dispatch catalogue (派单目录), in order: the first rule that fits decides' },
    ),
  },
  { additionalProperties: false },
);
export type City = Static<typeof CitySchema>;
