import type { Sources } from '../intake/sources.service.ts';

/** A dialled number as the settings' `lines` are looked up by: without its punctuation. */
export const lineNumber = (dialled: string): string => dialled.normalize('NFKC').replaceAll(/[^\d+*#]/g, '');

/**
 * The source of a dialled number (12369, 市长电话): as the settings of the source that tells of it say, or the source of
 * that very code. Undefined: a number that is no line of ours.
 */
export async function sourceOfLine(
  sources: Sources,
  toldBy: string,
  dialled: string | null | undefined,
): Promise<string | undefined> {
  if (!dialled) return undefined;
  const settings = await sources.settingsOf<{ lines?: Record<string, string> }>('phone', toldBy);
  const number = lineNumber(dialled);
  const lines = settings?.lines ?? {};
  for (const code of [dialled, number]
    .flatMap((key) => (Object.hasOwn(lines, key) ? [lines[key]] : []))
    .concat(dialled, number))
    if (code && (await sources.channelOf(code)) === 'phone') return code;
  return undefined;
}
