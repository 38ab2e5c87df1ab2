/**
 * The cells of one sheet of an Excel workbook (.xlsx), as text.
 *
 * - text: as it stands, blanks included; an empty cell is empty text;
 * - number: the shortest decimal that reads back as the same IEEE double (`0.1`, `1018012345`, `1e+21`);
 * - date: `YYYY-MM-DD`, with `THH:MM:SS` where it has a time of day, rounded to the second, because the file holds a
 *   fraction of a day; a time without a date (serial number below 1) is `HH:MM:SS`;
 * - truth value: `true` or `false`.
 *
 * The sheet is held in memory. The workbook reader gives a cell with an Excel error (#N/A) and a formula that was
 * never calculated as empty; excel-errors.ts counts them.
 */
import { readSheet } from 'read-excel-file/node';
import { StudyError } from '../../errors.ts';

/** A cell of a sheet, before it is text. */
export type ExcelCell =
  | { readonly kind: 'empty' }
  | { readonly kind: 'text' | 'number' | 'truth' | 'date'; readonly text: string };

/** The rows of the sheet from its first row on; rows and cells that are empty are kept, so that row i is line i + 1. */
export async function readExcel(path: string, sheet: string | number): Promise<ExcelCell[][]> {
  let rows: unknown[][];
  try {
    rows = await readSheet(path, sheet, { trim: false, parseNumber: (text) => new NumberText(text) });
  } catch (error) {
    throw new StudyError('E-SOURCE-FORMAT', explain(error, sheet), { place: { file: path } });
  }
  return rows.map((row) => row.map(readCell));
}

/** Marks the text of a number, so that a number and a text of the same signs stay apart. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function readCell(value: unknown): ExcelCell {
  if (value === null || value === undefined) return { kind: 'empty' };
  if (value instanceof NumberText) return { kind: 'number', text: String(Number(value.text)) };
  if (value instanceof Date) return { kind: 'date', text: isoText(value) };
  if (typeof value === 'boolean') return { kind: 'truth', text: String(value) };
  return { kind: 'text', text: String(value) };
}

function isoText(date: Date): string {
  const iso = new Date(Math.round(date.getTime() / 1000) * 1000).toISOString().slice(0, -5);
  // Serial number 0 is shown as 0 January 1900, which this reader's calendar calls 30 December 1899.
  if (iso.startsWith('1899-12-30')) return iso.slice(11);
  return iso.endsWith('T00:00:00') ? iso.slice(0, -9) : iso;
}

/** The message of the workbook reader can hold text of the file, so only its kind is told. */
function explain(error: unknown, sheet: string | number): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'SheetNotFoundError') return `the workbook has no sheet ${JSON.stringify(sheet)}`;
  if (name === 'InvalidInputError') return 'this is not an Excel workbook (.xlsx)';
  return 'the workbook can not be read: it is damaged or not as Excel writes it';
}
