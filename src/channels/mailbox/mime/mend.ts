import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Joiner, type MimeNode, Rewriter, type RewriterNode, Splitter } from '@zone-eu/mailsplit';
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
  const rewriter = new Rewriter((node) => node.type === 'node' && isText(node as MimeNode));
  let hasPlainText = false;
  rewriter.on('node', ({ node, decoder, encoder }: RewriterNode) => {
    const chunks: Buffer[] = [];
    decoder.on('data', (chunk: Buffer) => chunks.push(chunk));
    decoder.on('error', (error: Error) => rewriter.destroy(error));
    decoder.once('end', () => {
      const text = decodeText(Buffer.concat(chunks), node.charset || '');
      if (node.contentType !== 'text/html' && text.trim() !== '') hasPlainText = true;
      node.setCharset('utf-8');
      encoder.end(Buffer.from(text));
    });
  });
  await pipeline(
    Readable.from([source]),
    new Splitter(LIMITS),
    rewriter,
    new Joiner(),
    async (joined: AsyncIterable<Buffer>) => {
      for await (const piece of joined) pieces.push(piece);
    },
  );
  return { raw: Buffer.concat(pieces), hasPlainText };
}

/** Text that is read as the mail's own words; a text that is attached is a file like any other. */
function isText(node: MimeNode): boolean {
  const type = node.contentType || (node.root ? 'text/plain' : '');
  return (type === 'text/plain' || type === 'text/html') && (!node.disposition || node.disposition === 'inline');
}

/** Where the body begins: behind the first empty line. */
export function headEnd(raw: Buffer): number {
  for (let at = raw.indexOf(10); at >= 0; at = raw.indexOf(10, at + 1)) {
    if (raw[at + 1] === 10) return at + 2;
    if (raw[at + 1] === 13 && raw[at + 2] === 10) return at + 3;
  }
  return raw.length;
}
