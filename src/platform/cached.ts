export type Cached<T> = (() => Promise<T>) & {
  /** What was read no longer holds: whoever asks next reads again. */
  forget(): void;
};

/**
 * What is read often and changes seldom, kept for `ttl` machine milliseconds and then read again by whoever asks next;
 * callers who come meanwhile wait for the same reading. A reading that fails is not kept.
 */
export function cached<T>(ttl: number, read: () => Promise<T>): Cached<T> {
  let value: Promise<T> | undefined;
  let until = 0;
  const get = (): Promise<T> => {
    if (value && Date.now() < until) return value;
    const reading = read();
    value = reading;
    until = Date.now() + ttl;
    reading.catch(() => {
      if (value === reading) value = undefined;
    });
    return reading;
  };
  return Object.assign(get, {
    forget: () => {
      value = undefined;
    },
  });
}
