import path from 'node:path';
import { fileTypeFromBuffer } from 'file-type';
import { type AllowedType, allowedTypes } from './allowed-types.ts';
import { firstStoredEntry, isZip, zipNames } from './zip-names.ts';

/** Why a file is not kept. `spoofed`: its name or declared type says another family than its content is. */
export type TypeRefusal = 'empty' | 'not-allowed' | 'spoofed';

const byMediaType = new Map(allowedTypes.map((type) => [type.mediaType, type]));
const GZIP = 0x1f8b;

/**
 * What a file is, by its content: never unpacked, nothing of it run. The name's ending and the declared type only have
 * to agree; a type that only says so (text, HTML, SVG) has no content to be known by and is refused.
 */
export async function recogniseType(
  content: Buffer,
  name: string,
  declared = '',
): Promise<AllowedType | { refused: TypeRefusal }> {
  if (content.length === 0) return { refused: 'empty' };
  const extension = path.extname(name).slice(1).toLowerCase();
  const found = byMediaType.get((await mediaTypeOf(content, extension)) ?? '');
  if (!found) return { refused: 'not-allowed' };
  const endings = allowedTypes.filter((type) => familyOf(type) === familyOf(found)).flatMap((type) => type.extensions);
  const declaredType = (declared.split(';')[0] ?? '').trim().toLowerCase();
  const claim = byMediaType.get(declaredType);
  if (extension !== '' && !endings.includes(extension)) return { refused: 'spoofed' };
  if (claim ? familyOf(claim) !== familyOf(found) : isActive(declaredType)) return { refused: 'spoofed' };
  return found;
}

/** Types within which an ending or a declaration may differ from the content. */
const familyOf = ({ kind, mediaType }: AllowedType): string =>
  kind === 'file' ? mediaType : kind === 'image' ? 'image' : 'sound and film';

/** What a browser would run or show as a page. */
const isActive = (declared: string): boolean => /^text\/|html|svg|script|[+/]xml$/.test(declared);

async function mediaTypeOf(content: Buffer, extension: string): Promise<string | undefined> {
  if (isZip(content)) return mediaTypeOfZip(content);
  // The detector would look inside.
  if (content.length < 2 || content.readUInt16BE(0) === GZIP) return undefined;
  const found = (await fileTypeFromBuffer(content).catch(() => undefined))?.mime.split(';')[0];
  // Word, Excel and PowerPoint before 2007, and WPS, share one container: the ending says which.
  if (found === 'application/x-cfb')
    return allowedTypes.find(({ mediaType, extensions }) => OLD_OFFICE.has(mediaType) && extensions.includes(extension))
      ?.mediaType;
  return found;
}

const OLD_OFFICE = new Set(['application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint']);
const OPEN_XML = 'application/vnd.openxmlformats-officedocument';

function mediaTypeOfZip(content: Buffer): string | undefined {
  const names = zipNames(content);
  if (!names || names.some((name) => /vbaProject|^Basic\/|\.(exe|dll|js|html?)$/i.test(name))) return undefined;
  if (names.includes('OFD.xml')) return 'application/ofd';
  const first = firstStoredEntry(content);
  if (first?.name === 'mimetype') return /^application\/vnd\.oasis\.opendocument\.[a-z]+/.exec(first.text)?.[0];
  if (!names.includes('[Content_Types].xml')) return undefined;
  if (names.includes('word/document.xml')) return `${OPEN_XML}.wordprocessingml.document`;
  if (names.includes('xl/workbook.xml')) return `${OPEN_XML}.spreadsheetml.sheet`;
  if (names.includes('ppt/presentation.xml')) return `${OPEN_XML}.presentationml.presentation`;
  return undefined;
}
