import { inflateRawSync } from 'node:zlib';
import { XMLParser } from 'fast-xml-parser';

/** A sheet of an xlsx file, by its place in the workbook, from 1. */
export interface SheetName {
  number: number;
  name: string;
  hidden: boolean;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  parseAttributeValue: false,
  isArray: (name) => name === 'sheet',
});

/** The reader of sheets does not tell which ones the author hid. @throws Error when it is no workbook. */
export function sheetsOf(content: Buffer): SheetName[] {
  const xml = entryOf(content, 'xl/workbook.xml');
  if (xml === undefined) throw new Error('there is no workbook in it');
  const { workbook } = parser.parse(xml.toString('utf8')) as {
    workbook?: { sheets?: { sheet?: { name: string; state?: string }[] } };
  };
  return (workbook?.sheets?.sheet ?? []).map(({ name, state = 'visible' }, at) => ({
    number: at + 1,
    name,
    hidden: state !== 'visible',
  }));
}

const END = Buffer.from('PK\u0005\u0006');
const MOST_BYTES = 1 << 20;

/** Content of one entry by the zip's table of contents (APPNOTE 4.3.12 and 4.3.16). */
function entryOf(content: Buffer, wanted: string): Buffer | undefined {
  const end = content.lastIndexOf(END);
  if (end < 0) return undefined;
  let at = content.readUInt32LE(end + 16);
  for (let left = content.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = content.readUInt16LE(at + 28);
    if (content.toString('utf8', at + 46, at + 46 + nameLength) === wanted) {
      const local = content.readUInt32LE(at + 42);
      const start = local + 30 + content.readUInt16LE(local + 26) + content.readUInt16LE(local + 28);
      const data = content.subarray(start, start + content.readUInt32LE(at + 20));
      return content.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data, { maxOutputLength: MOST_BYTES });
    }
    at += 46 + nameLength + content.readUInt16LE(at + 30) + content.readUInt16LE(at + 32);
  }
  return undefined;
}

/** A spreadsheet keeps so many digits of a number; it shows the rest as zeros. */
const KEPT_DIGITS = 15;

/**
 * The text of a numeric cell: one value, one text, whichever way a program wrote it (`880001`, `880001.0`, `8.80001E5`).
 * A whole number keeps every digit. Where rounding may have taken the last ones, it stands as a power of ten, which no
 * number or id is taken from.
 */
export function readNumber(written: string): string {
  const value = Number(written);
  const whole = digitsOf(written);
  if (whole === undefined || !Number.isFinite(value)) return String(value);
  const isPlain = /^-?\d+$/.test(written);
  // Digits that no rounded number has were written from the whole.
  const isRounding = !isPlain || [digitsOf(String(value)), BigInt(value).toString()].includes(whole);
  return whole.replace('-', '').length > KEPT_DIGITS && isRounding ? value.toExponential() : whole;
}

/** All digits of a whole number; undefined when it is not whole. */
function digitsOf(written: string): string | undefined {
  const found = /^([+-]?)(\d+)(?:\.(\d*))?(?:E([+-]?\d{1,3}))?$/i.exec(written.trim());
  if (!found) return undefined;
  const [, sign = '', before = '', after = '', exponent = '0'] = found;
  const digits = `${before}${after}`;
  const point = before.length + Number(exponent);
  if (point <= 0 ? /[1-9]/.test(digits) : /[1-9]/.test(digits.slice(point))) return undefined;
  const whole =
    digits
      .slice(0, Math.max(0, point))
      .padEnd(point, '0')
      .replace(/^0+(?=\d)/, '') || '0';
  return `${sign === '-' && whole !== '0' ? '-' : ''}${whole}`;
}
