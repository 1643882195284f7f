/** Nobody needs an answer that large, and memory has an end. */
export class TooLargeError extends Error {
  override name = 'TooLargeError';
}

const FIRST_BYTES = 64 * 1024;

/**
 * Reads a whole answer. It is held once, not in parts and then together; what was made room for and is not filled costs
 * nothing. An answer that is left is cancelled, so that its connection ends too.
 * @param most bytes that are taken.
 * @param announced bytes the server says there are, when it says so; a guess that may be wrong.
 * @throws TooLargeError above `most`, or what reading throws.
 */
export async function readAtMost(
  body: AsyncIterable<Uint8Array> | null,
  most: number,
  announced?: string | null,
): Promise<Buffer> {
  let held = Buffer.allocUnsafeSlow(Math.min(most, Number(announced) || FIRST_BYTES));
  let size = 0;
  for await (const part of body ?? []) {
    if (size + part.length > most) throw new TooLargeError(`more than ${most} bytes`);
    if (size + part.length > held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(most, Math.max(size + part.length, held.length * 2)));
      held.copy(larger, 0, 0, size);
      held = larger;
    }
    held.set(part, size);
    size += part.length;
  }
  return held.subarray(0, size);
}
