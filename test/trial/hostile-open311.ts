import type { InjectOptions } from 'fastify';
import { ADMIN_KEY } from '../support/city.ts';

const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
const valid = { api_key: ADMIN_KEY, service_code: 'street-light', address_string: 'x', 'attribute[fault]': 'off' };

/** Forms that mean harm, by kind; none of them may become a request. */
const forms: ((n: number) => string)[] = [
  (n) => 'a=b&'.repeat(n % 20_000),
  (n) => form({ ...valid, description: 'x'.repeat(4_001 + (n % 60_000)) }),
  (n) => form({ ...valid, api_key: String(n) }),
  (n) => form({ ...valid, service_code: `../${n}` }),
  (n) => form({ ...valid, 'attribute[fault]': `<!DOCTYPE ${n}>` }),
  (n) => form({ ...valid, lat: '9'.repeat(n % 400), long: 'Infinity' }),
  (n) => form({ ...valid, description: `\u0000${n}` }),
  (n) =>
    form({
      ...valid,
      ...Object.fromEntries(Array.from({ length: 51 + (n % 200) }, (_, at) => [`attribute[${at}]`, 'x'])),
    }),
  (n) => `${form({ api_key: ADMIN_KEY })}&service_code=%${n % 100}%ff%fe`,
  (n) => form({ ...valid, media_url: `file:///${n}` }),
  (n) => form({ ...valid, 'attribute[__proto__]': 'x', 'attribute[constructor]': 'y'.repeat(1_001 + (n % 1_000)) }),
];

const searches: ((n: number) => string)[] = [
  (n) => `/requests.json?start_date=${n}`,
  (n) => `/requests.xml?page=${'9'.repeat(1 + (n % 300))}`,
  (n) => `/requests.json?service_request_id=${'1,'.repeat(n % 5_000)}`,
  (n) => `/requests/%00${n}.json`,
  (n) => `/requests.json?status=open&status=${n}`,
  (n) => `/services/${'%2e%2e%2f'.repeat(n % 30)}.xml`,
  (n) => `/tokens/${'f'.repeat(n % 200)}.json`,
];

/** One hostile request for a number, each from an address of its own. */
export function hostile(seed: number): InjectOptions {
  const n = seed * 7919;
  const remoteAddress = `10.${(seed >> 16) & 255}.${(seed >> 8) & 255}.${seed & 255}`;
  if (seed % 3 === 0)
    return { method: 'GET', url: `/open311/v2${searches[seed % searches.length]!(n)}`, remoteAddress };
  return {
    method: 'POST',
    url: `/open311/v2/requests.${seed % 2 ? 'json' : 'xml'}`,
    headers: { 'content-type': seed % 31 === 0 ? 'application/json' : 'application/x-www-form-urlencoded' },
    payload: forms[seed % forms.length]!(n),
    remoteAddress,
  };
}
