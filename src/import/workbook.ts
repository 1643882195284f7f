import { XMLParser } from 'fast-xml-parser';
import { strFromU8, unzipSync } from 'fflate';

const BOOK = 'xl/workbook.xml';
/** Of the list of sheets; more is a bomb. */
const MOST_BYTES = 1 << 20;

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
  const { [BOOK]: xml } = unzipSync(content, {
    filter: ({ name, originalSize }) => name === BOOK && originalSize <= MOST_BYTES,
  });
  if (xml === undefined) throw new Error('there is no workbook in it');
  const { workbook } = parser.parse(strFromU8(xml)) as {
    workbook?: { sheets?: { sheet?: { name: string; state?: string }[] } };
  };
  return (workbook?.sheets?.sheet ?? []).map(({ name, state = 'visible' }, at) => ({
    number: at + 1,
    name,
    hidden: state !== 'visible',
  }));
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
