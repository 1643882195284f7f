import { type City, type CityOptions, createCity } from '../support/city.ts';
import { outsideTests } from '../support/outside-tests.ts';

/** A city for the time of a trial, taken down when it ends. Needs TEST_DATABASE_URL, like the tests. */
export const withCity = <T>(options: CityOptions, work: (city: City) => Promise<T>): Promise<T> =>
  outsideTests(async (t) => work(await createCity(t, options)));
