import { lookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { readAtMost } from '../platform/bounded-read.ts';

/** Longest way of redirections that is followed. */
const MOST_HOPS = 5;

/** Addresses that are nobody's on the internet (IANA special-purpose registries): ours, the neighbours', or none. */
const closed = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  closed.addSubnet(network, bits, 'ipv4');
/** Within the internet's own part of IPv6: documentation, and what carries an IPv4 address inside. */
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  closed.addSubnet(network, bits, 'ipv6');
const internet = new BlockList();
internet.addSubnet('2000::', 3, 'ipv6');

/** Whether an IP address is on the public internet. Everything of IPv6 outside 2000::/3 is not, mapped IPv4 included. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !closed.check(address, 'ipv4');
  return family === 6 && internet.check(address, 'ipv6') && !closed.check(address, 'ipv6');
}

/** The address must not be called: it would be our own network that answers a stranger. */
export class ClosedAddressError extends Error {
  override name = 'ClosedAddressError';
}

/** A way up that the other server might see though it is written in escapes. */
const CLIMBS = /[/\\]\.\.([/\\]|$)/;
const unescaped = (pathname: string): string =>
  pathname.replaceAll(/%2e/gi, '.').replaceAll(/%2f/gi, '/').replaceAll(/%5c/gi, '\\');

/** The address, when it lies under the base. */
export function addressUnder(base: string, address: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const [top, url] = [new URL(base.endsWith('/') ? base : `${base}/`), new URL(address)];
  const inside = url.origin === top.origin && url.pathname.startsWith(top.pathname);
  return inside && !CLIMBS.test(unescaped(url.pathname)) && url.username === '' && url.password === ''
    ? url
    : undefined;
}

export interface StrangersFile {
  status: number;
  content: Buffer;
}

/**
 * Fetches from an address that a stranger named. Only http and https, only public addresses: a name is resolved once, every
 * address it has must be public, and the one that was checked is the one that is called. Redirections are followed and
 * checked anew. `base`: whoever runs the source vouches for what lies under it, wherever that is.
 * @throws ClosedAddressError, TooLargeError above `most` bytes, or what went wrong with the network.
 */
export async function fetchFromStranger(
  address: string,
  { most, signal, base }: { most: number; signal: AbortSignal; base: string | undefined },
): Promise<StrangersFile> {
  let next = address;
  for (let hop = 0; hop <= MOST_HOPS; hop += 1) {
    const vouched = base === undefined ? undefined : addressUnder(base, next);
    const response = await get(vouched ?? mustBeOpen(next), signal, vouched === undefined);
    const { statusCode: status = 0, headers } = response;
    if (status < 300 || status >= 400 || headers.location === undefined)
      return { status, content: await readAtMost(response, most, headers['content-length']) };
    // Only where it leads to was wanted; that it is cut off is no failure.
    response.on('error', () => {}).destroy();
    if (!URL.canParse(headers.location, next)) throw new ClosedAddressError('redirects to no address');
    next = new URL(headers.location, next).href;
  }
  throw new ClosedAddressError('redirects too often');
}

function mustBeOpen(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new ClosedAddressError('is no plain address of the web');
  // A name that is an address already is not looked up on the way.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new ClosedAddressError('is not public');
  return url;
}

/** A connection of its own, so that none is used that another name opened. */
function get(url: URL, signal: AbortSignal, checked: boolean): Promise<http.IncomingMessage> {
  const client = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    client
      .get(url, {
        agent: false,
        signal,
        headers: { accept: '*/*', 'accept-encoding': 'identity' },
        ...(checked ? { lookup: lookUpPublic } : {}),
      })
      .on('response', resolve)
      .on('error', reject);
  });
}

const lookUpPublic: LookupFunction = (name, options, answer) => {
  lookup(name, { ...options, all: true }, (error, found) => {
    const [first] = found ?? [];
    if (error || !first) answer(error ?? new ClosedAddressError('has no address'), '', 0);
    else if (!found.every(({ address }) => isPublicAddress(address)))
      answer(new ClosedAddressError('is not public'), '', 0);
    else if (options.all) answer(null, found);
    else answer(null, first.address, first.family);
  });
};
