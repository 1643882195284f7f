import { type City, type CityOptions, createCity } from '../support/city.ts';
import type { Test } from '../support/tap.ts';

/** A city for the time of a trial, taken down when it ends. Needs TEST_DATABASE_URL, like the tests. */
export async function withCity<T>(options: CityOptions, work: (city: City) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = [];
  const city = await createCity({ teardown: (end: () => unknown) => ends.push(end) } as unknown as Test, options);
  try {
    return await work(city);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
