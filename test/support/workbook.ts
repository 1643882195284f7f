import { zip } from './files.ts';

/** A text, a number as a program wrote it (they differ), or a date cell by its serial number. */
type Cell = string | { number: string } | { serial: number };

export interface Sheet {
  name: string;
  rows: readonly (readonly Cell[])[];
  hidden?: boolean;
}

const open = '<?xml version="1.0" encoding="UTF-8"?>';
const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** An xlsx file of few columns. */
export function workbook(sheets: readonly Sheet[]): Buffer {
  const toCell = (cell: Cell, place: string): string => {
    if (cell === '') return '';
    if (typeof cell === 'string') return `<c r="${place}" t="inlineStr"><is><t>${cell}</t></is></c>`;
    if ('serial' in cell) return `<c r="${place}" s="1"><v>${cell.serial}</v></c>`;
    return `<c r="${place}"><v>${cell.number}</v></c>`;
  };
  const toSheet = ({ rows }: Sheet): string => {
    const lines = rows.map((cells, at) => {
      const inside = cells.map((cell, column) => toCell(cell, `${String.fromCharCode(65 + column)}${at + 1}`));
      return `<row r="${at + 1}">${inside.join('')}</row>`;
    });
    return `${open}<worksheet ${main}><sheetData>${lines.join('')}</sheetData></worksheet>`;
  };
  const names = sheets.map(
    ({ name, hidden }, at) =>
      `<sheet name="${name}" sheetId="${at + 1}"${hidden ? ' state="hidden"' : ''} r:id="rId${at + 1}"/>`,
  );
  const relations = sheets.map(
    (_, at) => `<Relationship Id="rId${at + 1}" Type="${office}/worksheet" Target="worksheets/sheet${at + 1}.xml"/>`,
  );
  return zip([
    ['xl/workbook.xml', `${open}<workbook ${main} xmlns:r="${office}"><sheets>${names.join('')}</sheets></workbook>`],
    [
      'xl/_rels/workbook.xml.rels',
      `${open}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${relations.join('')}<Relationship Id="styles" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
    ],
    [
      'xl/styles.xml',
      `${open}<styleSheet ${main}><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    ],
    ...sheets.map((sheet, at) => [`xl/worksheets/sheet${at + 1}.xml`, toSheet(sheet)] as const),
  ]);
}
