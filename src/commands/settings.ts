import { SettingsSchema } from '../config.ts';

/** The settings as a Markdown table, made from the schema: what the README holds. */
export function settingsTable(): string {
  const rows = Object.entries(SettingsSchema.properties).map(([name, schema]) => {
    const {
      default: preset,
      description = '',
      enum: allowed,
    } = schema as { default?: unknown; description?: string; enum?: string[] };
    return `| \`${name}\` | ${preset === undefined ? '' : `\`${preset}\``} | ${description}${allowed ? ` One of ${allowed.map((value) => `\`${value}\``).join(', ')}.` : ''} |`;
  });
  return ['| setting | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

export function runSettings(): number {
  console.log(settingsTable());
  return 0;
}
