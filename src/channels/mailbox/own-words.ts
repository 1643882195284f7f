/** Lines that begin what is quoted, as the mailers of QQ, NetEase, Outlook, Apple and Gmail write them. */
const RULED = /^[\s>]*-{2,}[^-]{0,20}(?:原始?邮件|回复的邮件|original message)/i;
const HEADED = /^[\s>]*(?:发件人|寄件者|from)\s*[:：]/i;
const WROTE = /^.{0,200}(?:写道|\bwrote)\s*[:：]\s*$/i;
const QUOTED = /^\s*[>|]/;
/** What telephones and mail programs add of themselves. */
const SENT_FROM = /^\s*(?:发自|来自|sent from|get outlook)/i;

/**
 * What the sender of a mail wrote now: without quoted lines, the mail it answers, his name below it and the mailer's own
 * line. For judging only; what is kept is the whole.
 */
export function ownWords(text: string, name: string): string {
  const lines = text.split('\n');
  const own: string[] = [];
  for (const [at, line] of lines.entries()) {
    const begun = line.slice(0, 300);
    if (RULED.test(begun) || HEADED.test(begun)) break;
    if (WROTE.test(begun)) {
      // Marked line by line, the quotation ends where the marks do; otherwise nobody can say where.
      if (!QUOTED.test(lines.slice(at + 1, at + 4).find((next) => next.trim() !== '') ?? '')) break;
      continue;
    }
    if (!QUOTED.test(begun) && !SENT_FROM.test(begun) && line.trim() !== name) own.push(line);
  }
  return own.join('\n').trim();
}
