import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/**
 * Encryption of personal data (AES-256-GCM) and its blind indexes (HMAC-SHA-256). The ring's first key writes; all of
 * them read, so a key is rotated by putting a new one in front.
 */
export interface KeyRing {
  readonly activeId: string;
  /** Encrypts JSON. `context` (for instance `message:<id>`) binds the text to its row: moved elsewhere it does not open. */
  seal(context: string, value: unknown): Buffer;
  /** @throws Error when the key is not on the ring, or the text was changed or moved. */
  open<T>(context: string, sealed: Buffer): T;
  /** The same for bytes as they are: the content of attachments. */
  sealBytes(context: string, content: Buffer): Buffer;
  openBytes(context: string, sealed: Buffer): Buffer;
  /** Indexes of a value under every key on the ring, the active one first: for equality look-ups only. */
  blindIndexes(purpose: string, value: string): Buffer[];
  /** A secret code derived from an id, never stored: `length` characters of Crockford's base 32. */
  deriveCode(keyId: string, purpose: string, value: string, length: number): string;
}

interface RingKey {
  id: string;
  encryption: KeyObject;
  index: KeyObject;
}

/** Crockford's base 32: nothing that is read out wrongly on the phone. */
const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Bytes that are encrypted at a time. */
const PIECE = 1024 * 1024;

/** @param spec `id:base64[,id:base64…]`, 32 bytes each, already checked by the configuration. */
export function createKeyRing(spec: string): KeyRing {
  const keys = spec.split(',').map(parseKey);
  const byId = new Map(keys.map((key) => [key.id, key]));
  const active = keys[0];
  if (!active || byId.size !== keys.length)
    throw new Error('DATA_KEY names the same key id twice: give each key its own id.');

  const seal = (context: string, value: unknown): Buffer => sealBytes(context, Buffer.from(JSON.stringify(value)));

  function sealBytes(context: string, content: Buffer): Buffer {
    const { id, encryption } = active as RingKey;
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', encryption, nonce);
    cipher.setAAD(Buffer.from(context));
    const head = Buffer.from(id);
    // Written piece by piece to where it stays: of a large file there is the content and the sealed one, and no third.
    const sealed = Buffer.allocUnsafe(1 + head.length + 12 + 16 + content.length);
    const at = sealed.writeUInt8(head.length);
    sealed.set(head, at);
    sealed.set(nonce, at + head.length);
    const text = at + head.length + 12 + 16;
    for (let piece = 0; piece < content.length; piece += PIECE)
      sealed.set(cipher.update(content.subarray(piece, piece + PIECE)), text + piece);
    cipher.final();
    sealed.set(cipher.getAuthTag(), text - 16);
    return sealed;
  }

  const open = <T>(context: string, sealed: Buffer): T => JSON.parse(openBytes(context, sealed).toString('utf8')) as T;

  function openBytes(context: string, sealed: Buffer): Buffer {
    const at = 1 + (sealed[0] ?? 0);
    const id = sealed.subarray(1, at).toString();
    const key = byId.get(id);
    if (!key)
      throw new Error(`Data was encrypted with key ${JSON.stringify(id.slice(0, 16))}, which DATA_KEY does not hold.`);
    const decipher = createDecipheriv('aes-256-gcm', key.encryption, sealed.subarray(at, at + 12));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(at + 12, at + 28));
    const content = Buffer.allocUnsafe(sealed.length - at - 28);
    for (let piece = 0; piece < content.length; piece += PIECE)
      content.set(decipher.update(sealed.subarray(at + 28 + piece, at + 28 + piece + PIECE)), piece);
    decipher.final();
    return content;
  }

  const indexWith = (key: RingKey, purpose: string, value: string): Buffer =>
    createHmac('sha256', key.index).update(purpose).update('\0').update(value).digest();

  function deriveCode(keyId: string, purpose: string, value: string, length: number): string {
    const key = byId.get(keyId);
    if (!key) throw new Error(`DATA_KEY does not hold key ${JSON.stringify(keyId)}.`);
    const digest = indexWith(key, purpose, value);
    return Array.from(digest.subarray(0, length), (byte) => CODE_ALPHABET[byte % 32]).join('');
  }

  return {
    activeId: active.id,
    seal,
    open,
    sealBytes,
    openBytes,
    blindIndexes: (purpose, value) => keys.map((key) => indexWith(key, purpose, value)),
    deriveCode,
  };
}

/** Two keys from one: what encrypts must not also index. */
function parseKey(text: string): RingKey {
  const [id = '', encoded = ''] = text.split(':');
  const secret = Buffer.from(encoded, 'base64');
  const derive = (purpose: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, 'minsheng', purpose, 32)));
  return { id, encryption: derive('encryption'), index: derive('blind-index') };
}

/** Comparison that takes the same time whatever differs. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
