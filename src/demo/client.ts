/** A caller of the REST API as anyone outside would write it: one key for each role. */
export interface Client {
  get<T>(key: string, path: string): Promise<T>;
  post<T>(key: string, path: string, body: unknown, version?: number): Promise<T>;
  /** Every entry of a list, page by page. */
  all<T>(key: string, path: string): Promise<T[]>;
}

/** @param keys bearer keys by name. Every answer but a 2xx throws an Error with the problem's own words. */
export function createClient(base: string, keys: Readonly<Record<string, string>>): Client {
  async function call<T>(key: string, path: string, init: RequestInit): Promise<T> {
    const response = await fetch(new URL(path, base), {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${keys[key] ?? ''}` },
    });
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  const get = <T>(key: string, path: string): Promise<T> => call<T>(key, path, {});

  function post<T>(key: string, path: string, body: unknown, version?: number): Promise<T> {
    const headers = {
      'content-type': 'application/json',
      ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
    };
    return call<T>(key, path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async function all<T>(key: string, path: string): Promise<T[]> {
    const items: T[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const query: string = after === '' ? '' : `${path.includes('?') ? '&' : '?'}after=${encodeURIComponent(after)}`;
      const page: { items: T[]; next: string | null } = await get(key, path + query);
      items.push(...page.items);
      after = page.next;
    }
    return items;
  }

  return { get, post, all };
}
