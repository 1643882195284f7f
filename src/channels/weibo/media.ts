import type { Fetched, Fetcher } from '../../attachments/fetch.worker.ts';
import type { Sources } from '../../intake/sources.service.ts';
import { asFile, download, PlatformError } from '../webhook/platform-call.ts';
import type { WeiboSettings } from './weibo.channel.ts';

export const WEIBO_API = 'https://api.weibo.com/2';
const UPLOAD = 'https://upload.api.weibo.com/2';
/** How long we try; Weibo does not say how long it keeps a file. */
export const WEIBO_MEDIA_MS = 3 * 86_400_000;

/** Brings the files of private messages (by the receiver's id of a file) and the pictures of posts (by address). */
export function createWeiboFetcher({ sources }: { sources: Pick<Sources, 'settingsOf'> }): Fetcher {
  return async ({ source, fid, picture }, signal) => {
    const settings = await sources.settingsOf<WeiboSettings>('weibo', source);
    if (settings === undefined) throw new PlatformError('NO_SETTINGS');
    if (typeof picture === 'string') {
      if (!isPicture(picture, settings)) return { gone: 'not an address of Weibo’s pictures' };
      return file(picture, signal);
    }
    if (settings.accessToken === undefined) throw new PlatformError('NO_ACCESS_TOKEN');
    const address = new URL(`${settings.uploadBaseUrl ?? UPLOAD}/mss/msget`);
    address.search = new URLSearchParams({ access_token: settings.accessToken, fid: String(fid) }).toString();
    return file(address.href, signal);
  };
}

/** Only where Weibo itself keeps pictures: a post must not make us call just any address. */
function isPicture(address: string, { apiBaseUrl = WEIBO_API }: WeiboSettings): boolean {
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) return false;
  const url = new URL(address);
  return url.hostname.endsWith('.sinaimg.cn') || url.host === new URL(apiBaseUrl).host;
}

async function file(address: string, signal: AbortSignal): Promise<Fetched> {
  const got = await download(address, signal);
  if ('gone' in got) return got;
  if (got.status === 404 || got.status === 410) return { gone: `Weibo answered ${got.status}` };
  const code = got.content[0] === 0x7b ? errorCodeIn(got.content) : undefined;
  if (got.status !== 200 || code !== undefined || got.content.length === 0) throw new PlatformError(code ?? got.status);
  return asFile(got.content);
}

/** Weibo's error, which comes as JSON where a file was asked for. */
function errorCodeIn(content: Buffer): string | undefined {
  return /"error_code"\s*:\s*"?(\d+)/.exec(content.toString('utf8', 0, 2_000))?.[1];
}
