/** Finds numbers that point to a person in free text, however they are grouped. Linear in the length of the text. */

export const MOBILE = /^0?1[3-9]\d{9}$/;
export const LANDLINE = /^(010|02\d|0[3-9]\d{2})(\d{7,8})$/;

/** Full-width forms to ASCII, one code unit for one, so that positions stay those of the text. */
export function fold(text: string): string {
  if (!/[\uFF01-\uFF5E\u3000]/.test(text)) return text;
  return text.replace(/[\uFF01-\uFF5E\u3000]/g, (c) =>
    c === '\u3000' ? ' ' : String.fromCharCode(c.charCodeAt(0) - 0xfee0),
  );
}

export function starMiddle(text: string, head: number, tail: number): string {
  if (text.length <= head + tail) return '*'.repeat(text.length);
  return text.slice(0, head) + '*'.repeat(text.length - head - tail) + text.slice(text.length - tail);
}

export interface Span {
  start: number;
  end: number;
  mask: string;
}

export function replaceSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  const parts: string[] = [];
  let from = 0;
  for (const span of spans) {
    parts.push(text.slice(from, span.start), span.mask);
    from = span.end;
  }
  parts.push(text.slice(from));
  return parts.join('');
}

/** A number as people write it: groups of digits with up to three blanks, hyphens, dots or brackets between. */
const RUN = /\d+(?:[ \t\u00a0\u00ad\u2000-\u200d\u2010-\u2015\u2060\ufeff\-._·()]{1,3}\d+)*/g;

interface Group {
  start: number;
  end: number;
  digits: string;
}

interface Fit {
  digits: string;
  groups: number;
  shape: string;
  end: number;
}

interface Hit {
  groups: number;
  mask: string;
  phone: boolean;
  /** Where the number ends, if behind its last group (the X of an ID card). */
  end?: number;
}

/** Digits in words, as who knows of masks writes a number: 一三八…, 幺叁捌…. */
const SPELLED_MOBILE =
  /(?<![零〇一幺壹二贰两三叁四肆五伍六陆七柒八捌九玖])[一幺壹][ \-、·]?[三叁四肆五伍六陆七柒八捌九玖](?:[ \-、·]?[零〇一幺壹二贰两三叁四肆五伍六陆七柒八捌九玖]){9}(?![零〇一幺壹二贰两三叁四肆五伍六陆七柒八捌九玖])/g;

/** Masks mobile numbers that are spelled out: their first three and last four digits stay. */
export function maskSpelled(text: string): string {
  return text.replace(SPELLED_MOBILE, (found) => starMiddle(found.replaceAll(/[ \-、·]/g, ''), 3, 4));
}

/** Masks every phone, ID card and bank card number in a text; `1234` beside a star is what a mask left over. */
export function maskNumbers(text: string): string {
  const folded = fold(text);
  const spans: Span[] = [];
  let lastPhone = -9;
  for (const run of folded.matchAll(RUN)) {
    if (run[0].length < 7) continue;
    const groups: Group[] = [];
    for (const found of run[0].matchAll(/\d+/g)) {
      const start = run.index + found.index;
      groups.push({ start, end: start + found[0].length, digits: found[0] });
    }
    for (let i = 0; i < groups.length; i += 1) {
      const first = groups[i]!;
      const window = openWindow(folded, groups, i);
      const hit =
        idCard(folded, window) ?? bankCard(window) ?? phone(folded, window) ?? announcedLine(folded, window, lastPhone);
      if (!hit) continue;
      const end = hit.end ?? groups[i + hit.groups - 1]!.end;
      spans.push({ start: first.start, end, mask: hit.mask });
      if (hit.phone) lastPhone = end;
      i += hit.groups - 1;
    }
  }
  return replaceSpans(text, spans);
}

/** The next groups, at most eleven, that may form one number, and their lengths as `3,4,4,`. */
interface Window {
  groups: readonly Group[];
  lengths: string;
}

/** What a mask has left over (`138` and `1234` beside a star) belongs to no number. */
function openWindow(folded: string, all: readonly Group[], from: number): Window {
  const groups: Group[] = [];
  let lengths = '';
  for (let i = from; i < Math.min(from + 11, all.length); i += 1) {
    const group = all[i]!;
    if (group.digits.length <= 4 && (folded[group.start - 1] === '*' || folded[group.end] === '*')) break;
    groups.push(group);
    lengths += `${group.digits.length},`;
  }
  return { groups, lengths };
}

/** Digits of the first groups when their lengths are one of the shapes (`3,4,4`). The first shape that fits wins. */
function fit(window: Window, shapes: readonly string[]): Fit | undefined {
  const shape = shapes.find((each) => window.lengths.startsWith(`${each},`));
  if (shape === undefined) return undefined;
  const taken = window.groups.slice(0, shape.split(',').length);
  return { digits: taken.map((group) => group.digits).join(''), groups: taken.length, shape, end: taken.at(-1)!.end };
}

function idCard(folded: string, window: Window): Hit | undefined {
  const found = fit(window, ['18', '17', '15', '6,8,4', '6,8,3', '6,4,4,4', '6,4,4,3', '6,6,3', '6,12', '6,11']);
  if (!found) return undefined;
  const old = found.digits.length === 15;
  const born = old ? `19${found.digits.slice(6, 12)}` : found.digits.slice(6, 14);
  if (
    !/^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|[78]1|8[23])/.test(found.digits) ||
    !startsWithDate(born, /^(?:18|19|20)/)
  )
    return undefined;
  const end = found.end;
  if (found.digits.length !== 17) return { groups: found.groups, mask: starMiddle(found.digits, 3, 2), phone: false };
  const check = /^ ?[xX\u00d7](?![a-zA-Z\d])/.exec(folded.slice(end, end + 3))?.[0];
  if (check === undefined) return undefined;
  return {
    groups: found.groups,
    mask: starMiddle(`${found.digits}X`, 3, 2),
    phone: false,
    end: end + check.trimEnd().length,
  };
}

/**
 * Sixteen digits and more are a card, unless they begin with a day of this century: so do appeal numbers and most order
 * numbers, and no card issuer (ISO/IEC 7812) has a number beginning with 20.
 */
function bankCard(window: Window): Hit | undefined {
  const first = window.groups[0]?.digits ?? '';
  if (first.length >= 16 && !startsWithDate(first, /^20/))
    return { groups: 1, mask: starMiddle(first, 0, 4), phone: false };
  const found = fit(window, ['4,4,4,4,3', '4,4,4,4,2', '4,4,4,4,1', '4,4,4,4', '6,13', '6,10', '4,12', '8,8', '8,11']);
  if (!found || !/^[3-69]/.test(found.digits)) return undefined;
  return { groups: found.groups, mask: starMiddle(found.digits, 0, 4), phone: false };
}

const MOBILE_SHAPES = [
  '11',
  '12',
  '3,4,4',
  '4,3,4',
  '3,3,5',
  '3,8',
  '7,4',
  '5,6',
  '3,2,2,2,2',
  '1,1,1,1,1,1,1,1,1,1,1',
];
const LINE_SHAPES = ['10', '11', '12', '3,8', '4,7', '4,8', '3,7', '3,4,4', '4,4,4', '4,3,4', '4,4,3', '3,3,4'];

function phone(folded: string, window: Window): Hit | undefined {
  const abroad = fit(window, ['13', '15']);
  if (abroad && /^(?:00)?861[3-9]/.test(abroad.digits))
    return { groups: 1, mask: starMiddle(abroad.digits.slice(-11), 3, 4), phone: true };
  const start = window.groups[0]?.start ?? 0;
  const numbered = /(?:编号|单号|工单|案号)[^\d\n]{0,3}$/.test(folded.slice(Math.max(0, start - 8), start));
  const mobile = fit(window, MOBILE_SHAPES);
  const end = mobile?.end ?? 0;
  if (
    mobile &&
    MOBILE.test(mobile.digits) &&
    !isAmount(folded, start, end) &&
    !(mobile.shape === '5,6' && folded[window.groups[0]!.end] !== ' ')
  ) {
    return { groups: mobile.groups, mask: starMiddle(mobile.digits.slice(-11), 3, 4), phone: true };
  }
  const international = /(?:\+|00)86[ )-]{0,2}$/.test(folded.slice(Math.max(0, start - 6), start));
  if (window.groups[0]?.digits === '86' && /[+0]/.test(folded[start - 1] ?? '')) return undefined;
  const line = fit(window, international ? ['2,8', '2,7', ...LINE_SHAPES, '9', '2,4,4'] : LINE_SHAPES);
  const parts = line && LANDLINE.exec(international && !line.digits.startsWith('0') ? `0${line.digits}` : line.digits);
  if (!line || numbered || !parts?.[1] || !parts[2] || isAmount(folded, start, line.end)) return undefined;
  const area = line.digits.startsWith('0') ? parts[1] : parts[1].slice(1);
  return {
    groups: line.groups,
    mask: `${area}${line.groups > 1 ? '-' : ''}${starMiddle(parts[2], 0, 4)}`,
    phone: true,
  };
}

/** A local number without area code is one only when a word says so: seven or eight digits alone may be anything. */
function announcedLine(folded: string, window: Window, lastPhone: number): Hit | undefined {
  const found = fit(window, ['7', '8', '4,4', '3,4']);
  const start = window.groups[0]?.start ?? 0;
  if (!found || !/^[2-8]/.test(found.digits) || startsWithDate(found.digits, /^20/)) return undefined;
  const announced = /(?:电话|手机|座机|固话|号码|致电|联系方式|tel|phone)[^\d\n]{0,4}$/i.test(
    folded.slice(Math.max(0, start - 12), start),
  );
  if (!announced && start - lastPhone > 2) return undefined;
  return { groups: found.groups, mask: starMiddle(found.digits, 0, 4), phone: true };
}

/** Whether money is meant: a currency sign before, or a unit behind. */
export function isAmount(folded: string, start: number, end: number): boolean {
  if (/[¥￥$]\s?$/.test(folded.slice(Math.max(0, start - 2), start))) return true;
  return /^(?:\.\d{1,2})?\s?(?:元(?![旦月宵])|[万亿]元|块钱|人民币|RMB)/i.test(folded.slice(end, end + 8));
}

function startsWithDate(digits: string, century: RegExp): boolean {
  return century.test(digits) && /^\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])/.test(digits);
}
