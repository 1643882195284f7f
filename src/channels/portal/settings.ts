import { type Static, Type } from 'typebox';

const MEGABYTE = 1024 * 1024;

/** What a source is told to serve the public form: having these opens it, a source without them has no form. */
export const PortalSettings = Type.Object(
  {
    organisation: Type.String({
      minLength: 1,
      maxLength: 60,
      pattern: '\\S',
      description: 'Who receives the appeals, as the page is headed (受理单位名称)',
    }),
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
  },
  { additionalProperties: false, required: ['organisation'], description: 'The public form (网上写信)' },
);

export type PortalSettings = Static<typeof PortalSettings>;

export interface Limits {
  files: number;
  fileBytes: number;
  totalBytes: number;
}

export const limitsOf = (settings: PortalSettings): Limits => ({
  files: settings.maxFiles,
  fileBytes: settings.maxFileMegabytes * MEGABYTE,
  totalBytes: settings.maxTotalMegabytes * MEGABYTE,
});
