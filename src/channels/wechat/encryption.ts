import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** WeChat pads to 32 bytes where AES pads to 16, which is why Node's own padding cannot be used. */
const BLOCK = 32;
const CIPHER_BLOCK = 16;
const RANDOM = 16;
const LENGTH = 4;

/** @param encodingAesKey 43 characters of Base64 without its `=`. */
const keyOf = (encodingAesKey: string): Buffer => Buffer.from(`${encodingAesKey}=`, 'base64');

/**
 * The message inside `<Encrypt>`: random (16 bytes), length (4, network order), message, AppId, padding.
 * Undefined when it was not encrypted with this key, is damaged, or is meant for another account.
 */
export function decrypt(encodingAesKey: string, appId: string, encrypted: string): string | undefined {
  const sealed = Buffer.from(encrypted, 'base64');
  if (sealed.length === 0 || sealed.length % CIPHER_BLOCK !== 0) return undefined;
  const key = keyOf(encodingAesKey);
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, CIPHER_BLOCK)).setAutoPadding(false);
  const opened = Buffer.concat([decipher.update(sealed), decipher.final()]);
  const plain = unpad(opened);
  if (plain === undefined || plain.length < RANDOM + LENGTH) return undefined;
  const begin = RANDOM + LENGTH;
  const end = begin + plain.readUInt32BE(RANDOM);
  if (end > plain.length || plain.toString('utf8', end) !== appId) return undefined;
  return plain.toString('utf8', begin, end);
}

function unpad(padded: Buffer): Buffer | undefined {
  const pad = padded.at(-1) ?? 0;
  if (pad < 1 || pad > BLOCK || pad > padded.length) return undefined;
  const end = padded.length - pad;
  return padded.subarray(end).every((byte) => byte === pad) ? padded.subarray(0, end) : undefined;
}

/** @param random 16 bytes that nobody can guess. */
export function encrypt(
  encodingAesKey: string,
  appId: string,
  message: string,
  random: Buffer = randomBytes(RANDOM),
): string {
  const text = Buffer.from(message);
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32BE(text.length);
  const plain = Buffer.concat([random, length, text, Buffer.from(appId)]);
  const pad = BLOCK - (plain.length % BLOCK);
  const key = keyOf(encodingAesKey);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, CIPHER_BLOCK)).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.update(Buffer.alloc(pad, pad)), cipher.final()]).toString(
    'base64',
  );
}
