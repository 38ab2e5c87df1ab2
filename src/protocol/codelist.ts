import { StudyError } from '../errors.ts';
import { didYouMean, oneOfThese } from './suggest.ts';
import type { OffenceCode } from './tables.ts';

/**
 * An offence code list: a small CSV file of the study with a header; `code`, and where the code counts only for some
 * days `from_date` (first day) and `to_date` (first day that no longer counts). `label` and `note` are for people.
 */

const COLUMNS = ['code', 'from_date', 'to_date', 'label', 'note'] as const;

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** RFC 4180: values may stand in double quotes, a quote inside is doubled. `undefined` where a quote is never closed. */
function rowsOf(text: string): { readonly rows: readonly Row[]; readonly open_quote?: number } {
  const rows: Row[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let started = 1;
  let opened = 1;
  const endRow = (): void => {
    cells.push(cell);
    if (cells.some((value) => value.trim() !== ''))
      rows.push({ line: started, cells: cells.map((c) => c.trim()) });
    cells = [];
    cell = '';
  };
  for (let i = 0; i < text.length; i++) {
    const mark = text[i] ?? '';
    if (quoted) {
      if (mark === '"' && text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else if (mark === '"') quoted = false;
      else cell += mark;
    } else if (mark === '"' && cell.trim() === '') {
      quoted = true;
      opened = line;
      cell = '';
    } else if (mark === ',') {
      cells.push(cell);
      cell = '';
    } else if (mark === '\n') {
      endRow();
      started = line + 1;
    } else cell += mark;
    if (mark === '\n') line += 1;
  }
  endRow();
  return quoted ? { rows, open_quote: opened } : { rows };
}

function isDay(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) &&
    !Number.isNaN(Date.parse(text)) &&
    new Date(text).toISOString().startsWith(text)
  );
}

/** Reads a code list. Every mistake is an E-CODELIST at its line. */
export function readCodelist(
  path: string,
  text: string,
): { readonly codes: readonly OffenceCode[]; readonly mistakes: readonly StudyError[] } {
  const mistakes: StudyError[] = [];
  const lines = text.split('\n');
  const refuse = (line: number, message: string, fix?: string): void => {
    const shown = (lines[line - 1] ?? '').slice(0, 150);
    const place = {
      file: path,
      line,
      column: 1,
      snippet: `${String(line).padStart(6)} | ${shown}\n       | ^`,
    };
    mistakes.push(new StudyError('E-CODELIST', message, fix === undefined ? { place } : { place, fix }));
  };
  const { rows, open_quote } = rowsOf(text);
  if (open_quote !== undefined) refuse(open_quote, 'a double quote is opened and never closed');
  const [head, ...body] = rows;
  if (head === undefined) {
    refuse(1, 'the code list is empty', 'Begin with the header: code,from_date,to_date');
    return { codes: [], mistakes };
  }
  const header = head.cells;
  for (const [i, name] of header.entries()) {
    if (!(COLUMNS as readonly string[]).includes(name)) {
      refuse(
        head.line,
        `\`${name}\` is not a column of a code list.${didYouMean(name, COLUMNS)} Allowed: ${oneOfThese(COLUMNS)}.`,
      );
    } else if (header.indexOf(name) < i) refuse(head.line, `the column \`${name}\` stands twice`);
  }
  if (!header.includes('code')) {
    refuse(head.line, 'the code list has no column `code`', 'Begin with the header: code,from_date,to_date');
    return { codes: [], mistakes };
  }
  if (body.length === 0) refuse(head.line, 'the code list has no code');

  const codes: (OffenceCode & { readonly line: number })[] = [];
  for (const { line, cells } of body) {
    if (cells.length !== header.length) {
      refuse(line, `the line has ${cells.length} values and the header ${header.length}`);
      continue;
    }
    const cellOf = (name: string): string => cells[header.indexOf(name)] ?? '';
    const code = cellOf('code');
    if (code === '') {
      refuse(line, 'the line has no code');
      continue;
    }
    const dates = (['from_date', 'to_date'] as const).map((name) => {
      const value = header.includes(name) ? cellOf(name) : '';
      if (value !== '' && !isDay(value)) {
        refuse(
          line,
          `${name} is \`${value.slice(0, 40)}\`, which is not a day written YYYY-MM-DD`,
          'Write the day as YYYY-MM-DD, or leave it empty for no limit.',
        );
      }
      return value === '' ? null : value;
    });
    const [from_date = null, to_date = null] = dates;
    if (from_date !== null && to_date !== null && from_date >= to_date) {
      refuse(
        line,
        'from_date is not before to_date',
        'to_date is the first day on which the code no longer counts.',
      );
    }
    const clash = codes.find(
      (other) =>
        other.code === code &&
        (other.to_date === null || from_date === null || from_date < other.to_date) &&
        (to_date === null || other.from_date === null || other.from_date < to_date),
    );
    if (clash !== undefined)
      refuse(line, `the code stands on line ${clash.line} already, for some of the same days`);
    codes.push({ code, from_date, to_date, line });
  }
  return { codes: codes.map(({ line: _, ...code }) => code), mistakes };
}
