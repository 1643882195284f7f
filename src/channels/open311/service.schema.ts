import { type Static, Type } from 'typebox';
import { natures } from '../../appeals/nature.ts';

/** Data types of GeoReport v2. */
export const datatypes = ['string', 'number', 'datetime', 'text', 'singlevaluelist', 'multivaluelist'] as const;

const Code = Type.String({ pattern: '^[A-Za-z0-9_-]{1,40}$' });
const Name = Type.String({ minLength: 1, maxLength: 100 });

const AttributeSchema = Type.Object(
  {
    code: Code,
    description: Type.String({ minLength: 1, maxLength: 200, description: 'What is asked' }),
    datatype: Type.Enum([...datatypes]),
    required: Type.Optional(Type.Boolean()),
    datatypeDescription: Type.Optional(Type.String({ maxLength: 200, description: 'How to answer' })),
    values: Type.Optional(
      Type.Array(Type.Object({ key: Code, name: Name }, { additionalProperties: false }), {
        minItems: 1,
        maxItems: 100,
      }),
    ),
  },
  { additionalProperties: false },
);

/** A kind of request that Open311 clients may choose (服务事项), in the city's file. */
export const ServiceSchema = Type.Object(
  {
    /** Kept for ever: also the category of what is requested by it. */
    code: Code,
    name: Name,
    description: Type.Optional(Type.String({ maxLength: 500 })),
    group: Type.Optional(Name),
    keywords: Type.Optional(Type.Array(Name, { maxItems: 20 })),
    nature: Type.Optional(Type.Enum([...natures])),
    attributes: Type.Optional(Type.Array(AttributeSchema, { maxItems: 30 })),
  },
  { additionalProperties: false },
);

export type Service = Static<typeof ServiceSchema>;
export type ServiceAttribute = Static<typeof AttributeSchema>;
