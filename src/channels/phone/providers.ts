import type { Sources } from '../../intake/sources.service.ts';
import type { PhoneSettings } from './native.ts';

/** Whose call ids a source tells of when an event names nobody. */
export const providerOf = (source: string, settings: PhoneSettings): string => settings.provider ?? source;

/**
 * Providers that other sources are set to, and this one is not: their calls are known by their ids, so that whoever named
 * them could overwrite another call centre's calls with a secret of their own.
 */
export async function providersOfOthers(
  sources: Sources,
  source: string,
  settings: PhoneSettings,
): Promise<ReadonlySet<string>> {
  const providers = new Set<string>();
  for (const code of await sources.configured('phone')) {
    const others = await sources.settingsOf<PhoneSettings>('phone', code);
    if (others) providers.add(providerOf(code, others));
  }
  providers.delete(providerOf(source, settings));
  return providers;
}
