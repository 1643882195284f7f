import type { Service } from './service.schema.ts';

/** A service as `GET services` lists it. Every request gets its number at once: `realtime`. */
export const viewService = ({ code, name, description, group, keywords, attributes }: Service) => ({
  service_code: code,
  service_name: name,
  description: description ?? null,
  metadata: (attributes ?? []).length > 0,
  type: 'realtime',
  keywords: (keywords ?? []).join(','),
  group: group ?? null,
});

export const viewDefinition = ({ code, attributes = [] }: Service) => ({
  service_code: code,
  attributes: attributes.map(({ code, datatype, required, datatypeDescription, description, values }, at) => ({
    variable: true,
    code,
    datatype,
    required: required ?? false,
    datatype_description: datatypeDescription ?? null,
    order: at + 1,
    description,
    ...(values ? { values: values.map(({ key, name }) => ({ key, name })) } : {}),
  })),
});
