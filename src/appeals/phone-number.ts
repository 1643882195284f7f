import parsePhoneNumber from 'libphonenumber-js/max';

/** E.164 and whether it is a mobile number; undefined when it is no number at all. Numbers without a country are Chinese. */
export function parsePhone(text: string | undefined): { number: string; mobile: boolean } | undefined {
  if (!text) return undefined;
  const parsed = parsePhoneNumber(text.normalize('NFKC'), 'CN');
  if (!parsed?.isValid()) return undefined;
  const type = parsed.getType();
  return { number: parsed.number, mobile: type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE' };
}
