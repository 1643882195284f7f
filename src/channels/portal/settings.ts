import { type Static, Type } from 'typebox';

const MEGABYTE = 1024 * 1024;

/** What a source of the portal is told. Naming `organisation` opens its public form; a source without it has none. */
export const PortalSettings = Type.Object(
  {
    organisation: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 60,
        pattern: '\\S',
        description: 'Who receives the appeals, as the page is headed (受理单位名称); without it there is no form',
      }),
    ),
    phone: Type.String({
      maxLength: 32,
      pattern: '^[0-9+() -]+$',
      default: '12345',
      description: 'Number to call for whoever cannot use the form (咨询电话)',
    }),
    notice: Type.String({ maxLength: 2_000, default: '', description: 'What to know before writing (写信须知)' }),
    maxFiles: Type.Integer({ minimum: 0, maximum: 10, default: 5, description: 'Files a message' }),
    maxFileMegabytes: Type.Integer({ minimum: 1, maximum: 20, default: 10, description: 'Size of one file' }),
    maxTotalMegabytes: Type.Integer({
      minimum: 1,
      maximum: 60,
      default: 30,
      description: 'Size of all files together',
    }),
    difficulty: Type.Integer({
      minimum: 10,
      maximum: 20_000,
      default: 1_000,
      description:
        'Derivations (PBKDF2, 1,000 rounds) a browser does before it may send: about a second per 1,000 on a phone',
    }),
    mediaBase: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s/?#@]+(/[^\\s?#]*)?$',
        maxLength: 300,
        description:
          'Where pictures that Open311 clients name may lie though it is no public address, such as the city’s own app',
      }),
    ),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'The public form (网上写信), and what Open311 may fetch',
  },
);

export type PortalSettings = Static<typeof PortalSettings>;

/** Of a source whose form is open. */
export type FormSettings = PortalSettings & { organisation: string };

export interface Limits {
  files: number;
  fileBytes: number;
  totalBytes: number;
}

export const limitsOf = (settings: FormSettings): Limits => ({
  files: settings.maxFiles,
  fileBytes: settings.maxFileMegabytes * MEGABYTE,
  totalBytes: settings.maxTotalMegabytes * MEGABYTE,
});
