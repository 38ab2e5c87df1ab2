/**
 * One sheet of an Excel workbook (.xlsx), into the same normalised form and account as a CSV file.
 *
 * Cells become text by the rules of excel-cells.ts, and the mapping then reads text only.
 * The header is the first row with a cell in it. An empty row is a blank line. Rows are as wide as the header: a cell
 * beyond it makes the row `ragged-long`. `line` is the row of the sheet. In quarantine, the raw bytes of a row are its
 * cells as a JSON array in UTF-8.
 *
 * Excel damages identifiers before anyone reads the file: what looks like it comes back as findings (excel-damage.ts).
 *
 * Throws StudyError as the CSV reader does; E-SOURCE-FORMAT for a file that is no workbook or lacks the sheet.
 */
import { createHash } from 'node:crypto';
import { StudyError } from '../../errors.ts';
import { CSV_LIMITS, countCodes, type QuarantineCode, type ReadAccount } from './account.ts';
import { type ExcelCell, readExcel } from './excel-cells.ts';
import { type ExcelFinding, findDamage } from './excel-damage.ts';
import { countValueless } from './excel-errors.ts';
import { checkHeader } from './header.ts';
import { OutputFile, QUARANTINE_PART_BYTES, QuarantineRows } from './output.ts';
import { openSource } from './source.ts';

export interface NormaliseExcelOptions {
  readonly path: string;
  /** Name of the sheet, or its number from 1. */
  readonly sheet: string | number;
  readonly outAccepted: string;
  readonly outQuarantine: string;
  readonly max_cell_bytes?: number;
}

export interface ExcelAccount extends ReadAccount {
  readonly findings: readonly ExcelFinding[];
}

/** Reads the sheet and writes both files of the normalised form. */
export async function normaliseExcel(options: NormaliseExcelOptions): Promise<ExcelAccount> {
  const { path, sheet, max_cell_bytes = CSV_LIMITS.max_cell_bytes } = options;
  const file = await fingerprint(path);
  if (file.bytes === 0)
    throw new StudyError('E-SOURCE-EMPTY', 'the file is empty', { place: { file: path } });
  const rows = await readExcel(path, sheet);
  const first = rows.findIndex(hasCell);
  if (first === -1) throw new StudyError('E-SOURCE-EMPTY', 'the sheet is empty', { place: { file: path } });
  const names = trimEnd(rows[first] ?? []).map(textOf);
  checkHeader(names, path, first + 1);
  const body = rows.slice(first + 1);
  if (!body.some(hasCell)) {
    throw new StudyError('E-SOURCE-EMPTY', 'the sheet has a header and no record', {
      place: { file: path, line: first + 1 },
    });
  }
  const accepted = await OutputFile.create(options.outAccepted);
  let quarantine: OutputFile | undefined;
  try {
    quarantine = await OutputFile.create(options.outQuarantine);
    const counts = await writeRows(body, names.length, first + 2, max_cell_bytes, accepted, quarantine);
    await accepted.close();
    await quarantine.close();
    const records = body.filter(hasCell);
    return {
      ...counts,
      ...file,
      header: names,
      blank_lines: first + body.length - records.length,
      findings: findDamage(names, records, await countValueless(path, sheet, first + 1)),
    };
  } catch (error) {
    await accepted.discard();
    await quarantine?.discard();
    throw error;
  }
}

async function writeRows(
  rows: readonly ExcelCell[][],
  columns: number,
  first_line: number,
  max_cell_bytes: number,
  accepted: OutputFile,
  quarantine: OutputFile,
) {
  const by_code = countCodes();
  const held = new QuarantineRows();
  let records_read = 0;
  let taken = 0;
  let accepted_multiline = 0;
  let longest_row_bytes = 0;
  let waiting: string[] = [];
  for (const [i, row] of rows.entries()) {
    if (!hasCell(row)) continue;
    records_read++;
    const texts = row.map(textOf);
    const code = judge(row, texts, columns, max_cell_bytes);
    if (code !== undefined) {
      by_code[code]++;
      const raw = Buffer.from(JSON.stringify(texts), 'utf8');
      for (let at = 0, part = 1; at < raw.length; at += QUARANTINE_PART_BYTES, part++) {
        const piece = raw.subarray(at, at + QUARANTINE_PART_BYTES);
        held.add(records_read, first_line + i, part, code, trimEnd(row).length, piece);
      }
      if (held.isFull) await held.flush(quarantine);
      continue;
    }
    taken++;
    const fields = Array.from({ length: columns }, (_, k) => `"${(texts[k] ?? '').replaceAll('"', '""')}"`);
    const text = `${records_read},${first_line + i},${fields.join(',')}\n`;
    if (/[\r\n]/.test(text.slice(0, -1))) accepted_multiline++;
    longest_row_bytes = Math.max(longest_row_bytes, Buffer.byteLength(text));
    waiting.push(text);
    if (waiting.length === 10_000) {
      await accepted.write(Buffer.from(waiting.join('')));
      waiting = [];
    }
  }
  await accepted.write(Buffer.from(waiting.join('')));
  await held.flush(quarantine);
  return {
    records_read,
    accepted: taken,
    quarantined: records_read - taken,
    by_code,
    accepted_multiline,
    longest_row_bytes,
  };
}

function judge(
  row: readonly ExcelCell[],
  texts: readonly string[],
  columns: number,
  max_cell_bytes: number,
): QuarantineCode | undefined {
  if (texts.some((text) => /\p{Surrogate}/u.test(text))) return 'invalid-encoding';
  if (texts.some((text) => text.includes('\0'))) return 'nul-byte';
  if (texts.some((text) => Buffer.byteLength(text) > max_cell_bytes)) return 'oversized-cell';
  return trimEnd(row).length > columns ? 'ragged-long' : undefined;
}

function hasCell(row: readonly ExcelCell[]): boolean {
  return row.some((cell) => cell.kind !== 'empty');
}

function trimEnd(row: readonly ExcelCell[]): readonly ExcelCell[] {
  return row.slice(0, row.findLastIndex((cell) => cell.kind !== 'empty') + 1);
}

function textOf(cell: ExcelCell): string {
  return cell.kind === 'empty' ? '' : cell.text;
}

async function fingerprint(path: string): Promise<{ bytes: number; sha256: string }> {
  const handle = await openSource(path);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of handle.createReadStream()) {
    const piece = Buffer.from(chunk);
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
