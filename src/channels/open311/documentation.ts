import { type TSchema, Type } from 'typebox';
import { ServiceArgument } from './arguments.ts';

const Errors = Type.Array(Type.Object({ code: Type.Integer(), description: Type.String() }), {
  description: 'Errors of GeoReport v2; as XML inside `<errors>`',
});
const Text = Type.String({ description: 'The same as an XML document' });
const Format = Type.Object({ format: Type.Enum(['xml', 'json']) });
const list = (item: Record<string, TSchema>) => Type.Array(Type.Object(item));
const Loose = Type.Union([Type.String(), Type.Null()]);

const Request = {
  service_request_id: Type.String({ description: 'Appeal number (工单编号)' }),
  status: Type.Enum(['open', 'closed']),
  status_notes: Loose,
  service_name: Type.String(),
  service_code: Type.String(),
  description: Loose,
  agency_responsible: Loose,
  requested_datetime: Type.String({ format: 'date-time' }),
  updated_datetime: Type.String({ format: 'date-time' }),
  expected_datetime: Loose,
  address: Loose,
  lat: Type.Union([Type.Number(), Type.Null()]),
  long: Type.Union([Type.Number(), Type.Null()]),
};
const pathOf = (name: string, description: string) =>
  Type.Object({ [name]: Type.String({ description: `${description}, with \`.json\` or \`.xml\`` }) });

interface Described {
  operationId: string;
  summary: string;
  params: TSchema;
  query?: TSchema;
  body?: TSchema;
  json: TSchema;
}

const operations: Record<string, Described> = {
  discovery: {
    operationId: 'open311Discovery',
    summary: 'Where and how this endpoint is spoken to',
    params: Format,
    json: Type.Object({ endpoints: Type.Array(Type.Object({ url: Type.String() })) }),
  },
  services: {
    operationId: 'open311Services',
    summary: 'Kinds of request (服务事项)',
    params: Format,
    json: list({
      service_code: Type.String(),
      service_name: Type.String(),
      metadata: Type.Boolean(),
      type: Type.String(),
    }),
  },
  definition: {
    operationId: 'open311ServiceDefinition',
    summary: 'What a kind of request asks for',
    params: pathOf('code', 'Service code'),
    json: Type.Object({
      service_code: Type.String(),
      attributes: list({ code: Type.String(), datatype: Type.String() }),
    }),
  },
  list: {
    operationId: 'open311Requests',
    summary: 'Requests that everybody may see: at most 90 days and 1000 results',
    params: Format,
    query: Type.Object({
      service_request_id: Type.Optional(Type.String({ description: 'Numbers, separated by commas; then no window' })),
      service_code: Type.Optional(Type.String({ description: 'Codes, separated by commas' })),
      start_date: Type.Optional(Type.String({ format: 'date-time' })),
      end_date: Type.Optional(Type.String({ format: 'date-time' })),
      status: Type.Optional(Type.String({ description: '`open`, `closed`, or both' })),
      page: Type.Optional(Type.String()),
      page_size: Type.Optional(Type.String({ description: '1 to 1000' })),
    }),
    json: list(Request),
  },
  post: {
    operationId: 'open311PostRequest',
    summary: 'A new request; needs a key with scope `open311` or `intake:portal` as `api_key`',
    params: Format,
    body: ServiceArgument,
    json: list({ service_request_id: Type.String(), token: Type.String(), service_notice: Type.String() }),
  },
  request: {
    operationId: 'open311Request',
    summary: 'One request that everybody may see',
    params: pathOf('id', 'Appeal number'),
    json: list(Request),
  },
  token: {
    operationId: 'open311Token',
    summary: 'Number of the request a token was given for',
    params: pathOf('token', 'Token'),
    json: list({ service_request_id: Type.String(), token: Type.String() }),
  },
};

/** How a call of the standard stands in the API's document. */
export function described(name: keyof typeof operations): object {
  const { operationId, summary, params, query, body, json } = operations[name] as Described;
  const both = (schema: TSchema, description: string) => ({
    description,
    content: { 'application/json': { schema }, 'text/xml': { schema: Text } },
  });
  return {
    operationId,
    summary,
    tags: ['open311'],
    security: [],
    params,
    querystring: query ?? Type.Object({}),
    ...(body ? { body: { content: { 'application/x-www-form-urlencoded': { schema: body } } } } : {}),
    response: { 200: both(json, 'Done'), '4xx': both(Errors, 'Errors'), '5xx': both(Errors, 'Errors') },
  };
}
