const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record is the last thing in the file, behind it at most a comment of 65,535 bytes. */
const END_LENGTH = 22;
const MOST_COMMENT = 65_535;
/** Office documents have a few dozen parts, long ones a few hundred. */
const MOST_ENTRIES = 5_000;

export const isZip = (content: Buffer): boolean => content.length > 4 && content.readUInt32LE(0) === LOCAL;

/**
 * Names in a zip's own table of contents (APPNOTE 4.3.12); nothing is unpacked, so that a bomb stays one. Undefined: no
 * table that can be read, or longer than any office document's.
 */
export function zipNames(content: Buffer): string[] | undefined {
  const end = findEnd(content);
  if (end === undefined) return undefined;
  const count = content.readUInt16LE(end + 10);
  if (count > MOST_ENTRIES) return undefined;
  const names: string[] = [];
  let at = content.readUInt32LE(end + 16);
  while (names.length < count) {
    if (at + 46 > end || content.readUInt32LE(at) !== ENTRY) return undefined;
    const nameLength = content.readUInt16LE(at + 28);
    names.push(content.toString('utf8', at + 46, at + 46 + nameLength));
    at += 46 + nameLength + content.readUInt16LE(at + 30) + content.readUInt16LE(at + 32);
  }
  return names;
}

function findEnd(content: Buffer): number | undefined {
  const earliest = Math.max(0, content.length - END_LENGTH - MOST_COMMENT);
  for (let at = content.length - END_LENGTH; at >= earliest; at -= 1) if (content.readUInt32LE(at) === END) return at;
  return undefined;
}

/** Content of the first entry where it is stored as it is: OpenDocument says there what it is (ODF 1.3, part 2, 3.3). */
export function firstStoredEntry(content: Buffer): { name: string; text: string } | undefined {
  if (content.length < 30 || content.readUInt16LE(8) !== 0) return undefined;
  const nameLength = content.readUInt16LE(26);
  const start = 30 + nameLength + content.readUInt16LE(28);
  const size = Math.min(content.readUInt32LE(18), 200);
  return {
    name: content.toString('utf8', 30, 30 + nameLength),
    text: content.toString('utf8', start, start + size),
  };
}
