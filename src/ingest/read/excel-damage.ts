/**
 * What Excel did to identifiers and codes before the file reached us, as far as the cells still show it. Each finding
 * is a warning about a column, with counts; none changes a cell. They are signs, not proof: a column of running
 * numbers that grows from nine digits to ten looks like one that has lost zeros.
 */
import type { ExcelCell } from './excel-cells.ts';

export interface ExcelFinding {
  readonly code: /** Whole numbers of eight digits or more, at least half of one width, and some shorter by one or two. */
    | 'leading-zeros-lost'
    /** Whole numbers of 16 digits or more: Excel keeps 15 and writes zeros for the rest. */
    | 'digits-lost'
    /** Numbers in a column whose text cells are mostly digits: some identifiers kept their zeros, others did not. */
    | 'numbers-among-digits'
    /** Dates in a column that is mostly text: codes such as `3-4` turned into days. */
    | 'dates-among-text'
    /** Dates before 1 March 1900, where Excel counts a day that never was: they may be off by one day. */
    | 'dates-before-march-1900'
    /** Errors such as #N/A, and formulas that were never calculated: read as empty. */
    | 'cells-without-value';
  readonly severity: 'warning';
  readonly column: string;
  /** How many of `of` cells that are not empty. */
  readonly count: number;
  readonly of: number;
}

const IDENTIFIER_DIGITS = 8;
const EXCEL_DIGITS = 15;

export function findDamage(
  names: readonly string[],
  records: readonly (readonly ExcelCell[])[],
  valueless: ReadonlyMap<number, number> = new Map(),
): ExcelFinding[] {
  return names.flatMap((column, k) => {
    const cells = records
      .map((record) => record[k])
      .filter((cell) => cell !== undefined && cell.kind !== 'empty');
    const finding = (code: ExcelFinding['code'], count: number): ExcelFinding[] =>
      count === 0 ? [] : [{ code, severity: 'warning', column, count, of: cells.length }];
    return [
      ...finding('leading-zeros-lost', countShortened(cells)),
      ...finding(
        'digits-lost',
        numbers(cells).filter((text) => Math.abs(Number(text)) >= 10 ** EXCEL_DIGITS).length,
      ),
      ...finding('numbers-among-digits', countNumbersAmongDigits(cells)),
      ...finding('dates-among-text', countDatesAmongText(cells)),
      ...finding('dates-before-march-1900', cells.filter(isBeforeMarch1900).length),
      ...finding('cells-without-value', valueless.get(k) ?? 0),
    ];
  });
}

type Cell = ExcelCell | undefined;

function numbers(cells: readonly Cell[]): string[] {
  return cells.flatMap((cell) => (cell?.kind === 'number' ? [cell.text] : []));
}

function texts(cells: readonly Cell[]): string[] {
  return cells.flatMap((cell) => (cell?.kind === 'text' ? [cell.text] : []));
}

function countShortened(cells: readonly Cell[]): number {
  const all = numbers(cells);
  const whole = all.filter((text) => /^\d+$/.test(text));
  if (whole.length === 0 || whole.length < all.length) return 0;
  const width = whole.reduce((most, text) => Math.max(most, text.length), 0);
  const full = whole.filter((text) => text.length === width).length;
  const shorter = whole.length - full;
  const is_padded = whole.every((text) => text.length >= width - 2);
  return width >= IDENTIFIER_DIGITS && is_padded && 2 * full >= whole.length ? shorter : 0;
}

function countNumbersAmongDigits(cells: readonly Cell[]): number {
  const written = texts(cells);
  const digits = written.filter((text) => /^\d+$/.test(text)).length;
  return digits > 0 && 2 * digits >= written.length ? numbers(cells).length : 0;
}

function countDatesAmongText(cells: readonly Cell[]): number {
  const dates = cells.filter((cell) => cell?.kind === 'date').length;
  return texts(cells).length > dates ? dates : 0;
}

function isBeforeMarch1900(cell: Cell): boolean {
  // A time of day alone has no year of its own and comes as text without one.
  return cell?.kind === 'date' && cell.text.includes('-') && cell.text < '1900-03-01';
}
