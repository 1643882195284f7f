import type { Fetched, Fetcher } from '../../attachments/fetch.worker.ts';
import type { Sources } from '../../intake/sources.service.ts';
import { asFile, callPlatform, download, PlatformError, within } from '../webhook/platform-call.ts';
import type { WechatSettings } from './wechat.channel.ts';

const API = 'https://api.weixin.qq.com';
/** Machine milliseconds a token is given up before it ends. */
const TOKEN_MARGIN_MS = 300_000;
const LONGEST_ANSWER = 64 * 1024;
/** Access token not valid, or past its end. */
const TOKEN_CODES = new Set([40001, 40014, 42001]);

interface ApiAnswer {
  errcode?: number;
  access_token?: string;
  expires_in?: number;
  video_url?: string;
}

interface Token {
  /** AppID and AppSecret it was given for: a corrected setting must not go on with another account's. */
  account: string;
  value: string;
  until: number;
}

/**
 * Brings what citizens sent (获取临时素材) while WeChat has it, which its three days say and no answer of WeChat's: 40007 is
 * what it answers of a deleted file, and also of every file of another account, until somebody corrects the settings. The token is WeChat's stable one: every process that asks
 * is given the same, so that replicas, and what else the city runs on the account, do not take it from each other.
 */
export function createWechatFetcher({ sources }: { sources: Pick<Sources, 'settingsOf'> }): Fetcher {
  const tokens = new Map<string, Token>();

  async function tokenOf(source: string, settings: WechatSettings, signal: AbortSignal): Promise<string> {
    const { appId: appid, appSecret: secret } = settings;
    if (secret === undefined) throw new PlatformError('NO_APP_SECRET');
    const account = JSON.stringify([appid, secret]);
    const known = tokens.get(source);
    if (known?.account === account && known.until > Date.now()) return known.value;
    const { content, status } = await callPlatform(`${settings.apiBaseUrl ?? API}/cgi-bin/stable_token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credential', appid, secret }),
      most: LONGEST_ANSWER,
      signal: within(signal),
    });
    const { access_token: value, expires_in: seconds = 0, errcode } = answerIn(content) ?? {};
    if (value === undefined) throw new PlatformError(errcode ?? status);
    tokens.set(source, { account, value, until: Date.now() + seconds * 1000 - TOKEN_MARGIN_MS });
    return value;
  }

  return async ({ source, mediaId }, signal) => {
    const settings = await sources.settingsOf<WechatSettings>('wechat', source);
    if (settings === undefined) throw new PlatformError('NO_SETTINGS');
    for (let isAgain = false; ; isAgain = true) {
      const token = await tokenOf(source, settings, signal);
      const address = new URL(`${settings.apiBaseUrl ?? API}/cgi-bin/media/get`);
      address.search = new URLSearchParams({ access_token: token, media_id: String(mediaId) }).toString();
      const got = await download(address.href, signal);
      if ('gone' in got) return got;
      const answer = answerIn(got.content);
      if (answer?.video_url !== undefined) return video(answer.video_url, signal);
      if (answer?.errcode === undefined) return fileIn(got);
      if (!TOKEN_CODES.has(answer.errcode) || isAgain) throw new PlatformError(answer.errcode);
      tokens.delete(source);
    }
  };
}

/** A film is not answered itself, only where it lies; by the platform's own word, so that address is trusted. */
async function video(url: string, signal: AbortSignal): Promise<Fetched> {
  if (!/^https?:\/\//.test(url)) return { gone: 'WeChat answered an address that is none' };
  const got = await download(url, signal);
  return 'gone' in got ? got : fileIn(got);
}

function fileIn({ status, content }: { status: number; content: Buffer }): Promise<Fetched> {
  if (status !== 200 || content.length === 0) throw new PlatformError(status);
  return asFile(content);
}

/** JSON where a file was asked for: an error, or where a film lies. WeChat does not always label it so. */
function answerIn(content: Buffer): ApiAnswer | undefined {
  if (content.length > LONGEST_ANSWER || content[0] !== 0x7b) return undefined;
  try {
    return JSON.parse(content.toString('utf8')) as ApiAnswer;
  } catch {
    return undefined;
  }
}
