import {
  fold,
  isAmount,
  LANDLINE,
  MOBILE,
  maskNumbers,
  maskSpelled,
  replaceSpans,
  type Span,
  starMiddle,
} from './numbers-in-text.ts';

/**
 * Masking (脱敏): what a record may show of a person. Pure, idempotent, and linear in the length of the text: every
 * pattern is bounded, because the text is whatever a stranger sent.
 */

/** `138****1234`, `0871****5678`; +86 is dropped. Anything that is no Chinese number keeps its last four digits at most. */
export function maskPhone(phone: string): string {
  const digits = fold(phone).replace(/[^\d*+]/g, '');
  const national = /^(?:\+|00)?86(?=\d{9,})/.test(digits) ? digits.replace(/^(?:\+|00)?86/, '') : digits;
  const dialled = /^(?:10|[2-9]\d{1,2})\d{7,8}$/.test(national) && national !== digits ? `0${national}` : national;
  if (MOBILE.test(dialled)) return starMiddle(dialled.slice(-11), 3, 4);
  const line = LANDLINE.exec(dialled);
  if (line?.[1] && line[2]) return `${line[1]}${starMiddle(line[2], 0, 4)}`;
  if (dialled.includes('*')) return dialled;
  return `****${dialled.length > 7 ? dialled.slice(-4) : ''}`;
}

/** `王**`, `J**`: the first character, whatever the length, so that the length tells nothing. */
export function maskName(name: string): string {
  const [first] = [...name.trim()];
  return first === undefined ? '' : `${first}**`;
}

/** `z***@example.com`; the domain stays. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  const local = email.slice(0, Math.max(at, 0));
  if (local.includes('*')) return email;
  return `${[...local][0] ?? ''}***${at < 0 ? '' : email.slice(at)}`;
}

/** ID card (居民身份证), 15 or 18 places: first three (province and prefecture) and last two stay. */
export function maskIdNumber(id: string): string {
  const folded = fold(id).replace(/[^\dxX*]/g, '');
  return starMiddle(folded, 3, 2);
}

/**
 * Masks inside free text: mobile (spelled out too) and landline numbers, ID cards, bank cards, e-mail addresses, query codes
 * (查询码) as our own texts tell them, and WeChat or QQ numbers that a word announces; with `name`, the name its sender
 * gave, wherever it stands. Leaves dates, appeal numbers, amounts, short service numbers, plates, house numbers and the
 * names of others.
 */
export function maskText(text: string, name?: string): string {
  const masked = maskAccounts(maskSpelled(maskNumbers(maskEmails(maskCodes(text)))));
  return name === undefined ? masked : maskOwnName(masked, name);
}

/** A code behind the word for it, also quoted (`> `) or typed in two halves; no mask's own stars in between. */
const ANNOUNCED_CODE =
  /(?:查询码|查询密码|query ?code)(?:[^\da-z*\p{Script=Han}]|[是为]){0,12}([\da-z]{4}[ -]?[\da-z]{4})(?![\da-z*])/giu;
/** And what looks like one right beside an appeal number, as people hand both on. */
const CODE_BEHIND = /(?<![\da-z])20\d{14}[^\da-z*]{1,12}([\da-z]{8})(?![\da-z*])/gi;
const CODE_BEFORE = /(?<![\da-z*])([\da-z]{8})[^\da-z*]{1,12}20\d{14}(?![\da-z])/gi;
/** Letters and digits mixed, or capitals only: no date and hardly a word. */
const looksLikeCode = (text: string): boolean => /^[A-Z]+$|\d[A-Za-z]|[A-Za-z]\d/.test(text);

/** With the number a code opens the citizen's view of a case, and answers that quote ours carry both. */
function maskCodes(text: string): string {
  let masked = text;
  for (const pattern of [ANNOUNCED_CODE, CODE_BEHIND, CODE_BEFORE]) {
    const spans: Span[] = [];
    for (const found of fold(masked).matchAll(pattern)) {
      const code = found[1] ?? '';
      if (pattern !== ANNOUNCED_CODE && !looksLikeCode(code)) continue;
      const start = found.index + (pattern === CODE_BEFORE ? 0 : found[0].length - code.length);
      spans.push({ start, end: start + code.length, mask: '*'.repeat(8) });
    }
    masked = replaceSpans(masked, spans);
  }
  return masked;
}

/** Names of two to four characters, or of letters; one character alone would star half the text. */
const NAME = /^(?:[\p{Script=Han}·]{2,12}|(?=.{3,60}$)\p{L}[\p{L}.'’-]*(?: \p{L}[\p{L}.'’-]*)*)$/u;
/** What forms are filled in with instead of a name. */
const NO_NAME =
  /^(?:匿名|保密|市民|居民|群众|网友|网民|业主|住户|村民|家长|学生|老师|司机|乘客|用户|先生|女士|男士|小姐|本人|无名|不详|未知)/;

function maskOwnName(text: string, given: string): string {
  const spaced = given.trim().replaceAll(/\s+/g, ' ');
  // First and last name come apart from some forms; nobody writes Chinese names so.
  const name = /^[\p{Script=Han} ]+$/u.test(spaced) ? spaced.replaceAll(' ', '') : spaced;
  if (!NAME.test(name) || NO_NAME.test(name)) return text;
  // Letters on either side make another word: Test is not in Testing. Chinese has no such sides.
  const isWord = (at: number): boolean => !/[A-Za-z\u00c0-\u024f]/.test(text.charAt(at));
  const isHan = /^[\p{Script=Han}·]+$/u.test(name);
  return text.replaceAll(name, (found, at: number) =>
    isHan || (isWord(at - 1) && isWord(at + found.length)) ? maskName(name) : found,
  );
}

function maskEmails(text: string): string {
  const folded = fold(text);
  const spans: Span[] = [];
  for (let at = folded.indexOf('@'); at >= 0; at = folded.indexOf('@', at + 1)) {
    let start = at;
    while (start > 0 && at - start < 64 && /[\w.%+-]/.test(folded.charAt(start - 1))) start -= 1;
    const domain = /^(?:[a-z\d-]{1,63}\.){1,8}[a-z]{2,24}/i.exec(folded.slice(at + 1, at + 256))?.[0];
    if (start === at || domain === undefined) continue;
    const end = at + 1 + domain.length;
    const before = spans.at(-1);
    // In `a@b.cn@c.cn` the first domain is the second's local part.
    if (before && before.end > start)
      Object.assign(before, { end: start, mask: maskEmail(folded.slice(before.start, start)) });
    spans.push({ start, end, mask: maskEmail(folded.slice(start, end)) });
  }
  return replaceSpans(text, spans);
}

const ACCOUNT =
  /(?:(微信|薇信|(?<![a-z\d])(?:weixin|wechat|wx|vx|v信))|(?<![a-z\d])(?:qq群?|扣扣))(号码?|账号|帐号|id)?([\s:是为加]{0,4})([a-z\d_-]{5,20})(?![a-z\d_-])/gi;

/** WeChat and QQ numbers behind a word that announces them. A plain Latin word needs more than blanks before it. */
function maskAccounts(text: string): string {
  const folded = fold(text);
  const spans: Span[] = [];
  for (const found of folded.matchAll(ACCOUNT)) {
    const [whole, wechat, noun, gap, id = ''] = found;
    const end = found.index + whole.length;
    const number =
      /^[1-9]\d{4,11}$/.test(id) &&
      !/^(?:1[0-2]|9[56])\d{3}$/.test(id) &&
      !/^20\d{6}$/.test(id) &&
      (!wechat || id.length > 5);
    const word =
      wechat !== undefined &&
      /^[a-z][\w-]{5,}$/i.test(id) &&
      (/[\d_]/.test(id) || noun !== undefined || /[:是为加]/.test(gap ?? ''));
    if ((!number && !word) || isAmount(folded, end - id.length, end)) continue;
    spans.push({ start: end - id.length, end, mask: `${id[0]}***` });
  }
  return replaceSpans(text, spans);
}
