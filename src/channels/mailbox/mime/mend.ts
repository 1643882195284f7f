import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Joiner, type MimeNode, Splitter, type SplitterChunk } from '@zone-eu/mailsplit';
import { decodeText, mendHeaders } from './charset.ts';
import { LIMITS } from './limits.ts';

/** The mail again with all its text in UTF-8, and whether it has plain text of its own. Attachments stay as they are. */
export interface Mended {
  raw: Buffer;
  hasPlainText: boolean;
}

/** @throws Error code EMAXLEN when a limit is passed. */
export async function mend(raw: Buffer): Promise<Mended> {
  const end = headEnd(raw);
  const source = Buffer.concat([mendHeaders(raw.subarray(0, end)), raw.subarray(end)]);
  const pieces: Buffer[] = [];
  let hasPlainText = false;

  async function* mendText(parts: AsyncIterable<SplitterChunk>): AsyncGenerator<SplitterChunk> {
    let text: { node: MimeNode; chunks: Buffer[] } | undefined;
    for await (const part of parts) {
      if (text && part.type === 'body') {
        text.chunks.push(part.value);
        continue;
      }
      if (text) yield* rewrite(text.node, text.chunks);
      text = part.type === 'node' && isText(part as MimeNode) ? { node: part as MimeNode, chunks: [] } : undefined;
      if (!text) yield part;
    }
    if (text) yield* rewrite(text.node, text.chunks);
  }

  async function* rewrite(node: MimeNode, chunks: Buffer[]): AsyncGenerator<SplitterChunk> {
    const text = decodeText(await contentOf(node, chunks), node.charset || '');
    if (node.contentType !== 'text/html' && text.trim() !== '') hasPlainText = true;
    if (typeOf(node) !== node.contentType) node.setContentType('text/plain');
    node.setCharset('utf-8');
    if (node.headers) node.headers.update('Content-Transfer-Encoding', 'base64');
    yield node;
    const encoded = Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\r\n');
    yield { node, type: 'body', value: Buffer.from(`${encoded}\r\n`) };
  }

  await pipeline(Readable.from([source]), new Splitter(LIMITS), mendText, new Joiner(), async (joined) => {
    for await (const piece of joined) pieces.push(piece as Buffer);
  });
  return { raw: Buffer.concat(pieces), hasPlainText };
}

/** Bytes of a part without its transfer encoding. */
async function contentOf(node: MimeNode, chunks: readonly Buffer[]): Promise<Buffer> {
  const decoder = node.getDecoder();
  const content: Buffer[] = [];
  await pipeline(Readable.from(chunks), decoder, async (decoded) => {
    for await (const piece of decoded) content.push(piece as Buffer);
  });
  return Buffer.concat(content);
}

/** What cannot be a media type at all counts as text (RFC 2045, 5.2). */
const typeOf = ({ contentType }: MimeNode): string =>
  contentType && /^[\w.+-]+\/[\w.+-]+$/.test(contentType) ? contentType : 'text/plain';

/** Text that is read as the mail's own words; a text that is attached is a file like any other. */
function isText(node: MimeNode): boolean {
  if (node.multipart || node.filename || (node.disposition && node.disposition !== 'inline')) return false;
  return /^text\/(plain|html)$/.test(typeOf(node));
}

/** Where the body begins: behind the first empty line. */
export function headEnd(raw: Buffer): number {
  for (let at = raw.indexOf(10); at >= 0; at = raw.indexOf(10, at + 1)) {
    if (raw[at + 1] === 10) return at + 2;
    if (raw[at + 1] === 13 && raw[at + 2] === 10) return at + 3;
  }
  return raw.length;
}
