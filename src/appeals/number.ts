/**
 * Appeal number (工单编号): local date, seven digits of a sequence, and one check digit by ISO/IEC 7064 MOD 11,10, which
 * finds every single wrong digit and almost every swap of neighbours, as they happen when a number is read out.
 */
export function appealNumber(localDate: string, sequence: number): string {
  const digits = localDate.replaceAll('-', '') + String(sequence).padStart(7, '0');
  return digits + checkDigit(digits);
}

export function isAppealNumber(text: string): boolean {
  return /^\d{16}$/.test(text) && checkDigit(text.slice(0, -1)) === text.at(-1);
}

function checkDigit(digits: string): string {
  let product = 10;
  for (const digit of digits) {
    const sum = (Number(digit) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return String((11 - product) % 10);
}
