const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as HTML shows it. */
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);

/** Markup that is put into other markup as it is. */
export interface Html {
  markup: string;
}

type Piece = Html | string | number | readonly Html[];

/** A template of markup; whatever is put in is escaped unless it is markup itself. */
export const html = (strings: TemplateStringsArray, ...pieces: Piece[]): Html => ({
  markup: strings.map((part, at) => part + (at < pieces.length ? markupOf(pieces[at] as Piece) : '')).join(''),
});

function markupOf(piece: Piece): string {
  if (typeof piece !== 'object') return escaped(String(piece));
  return 'markup' in piece ? piece.markup : piece.map(({ markup }) => markup).join('');
}
