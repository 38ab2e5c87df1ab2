/**
 * What a register file is, before anything is declared: for `init` and `check`. By its first bytes: a workbook starts
 * as a zip archive, Parquet with `PAR1`, anything else is taken for CSV. Names and counts only; nothing of a record
 * leaves this function.
 */
import type { FileHandle } from 'node:fs/promises';
import readWorkbook from 'read-excel-file/node';
import { StudyError } from '../../errors.ts';
import { CSV_LIMITS, type CsvDialect, type Encoding } from './account.ts';
import { readSample } from './csv.ts';
import { type DetectedDialect, detectDialect } from './dialect.ts';
import { type DetectedEncoding, detectEncoding } from './encoding.ts';
import { splitAccepted } from './header.ts';
import { OUTPUT_PER_BYTE, RecordScanner, WELL_FORMED } from './records.ts';
import { openSource, ScanSource } from './source.ts';

export interface SniffedCsv extends DetectedDialect, DetectedEncoding {
  readonly format: 'csv';
  readonly bytes: number;
  /** The names as they stand, not yet checked; none where the first record can not be read. */
  readonly header: readonly string[];
}

export type Sniffed =
  | SniffedCsv
  | { readonly format: 'excel'; readonly bytes: number; readonly sheets: readonly string[] }
  | { readonly format: 'parquet'; readonly bytes: number };

/** Throws StudyError E-SOURCE-MISSING, E-SOURCE-EMPTY, E-SOURCE-ENCODING, E-SOURCE-FORMAT. */
export async function sniff(
  path: string,
  declared: { readonly dialect?: Partial<CsvDialect>; readonly encoding?: Encoding } = {},
): Promise<Sniffed> {
  const handle = await openSource(path);
  try {
    const { size: bytes } = await handle.stat();
    if (bytes === 0) throw new StudyError('E-SOURCE-EMPTY', 'the file is empty', { place: { file: path } });
    const start = Buffer.alloc(4);
    await handle.read(start, 0, 4, 0);
    const mark = start.toString('latin1');
    if (mark === 'PAR1') return { format: 'parquet', bytes };
    if (mark === 'PK\x03\x04') return { format: 'excel', bytes, sheets: await sheetNames(path) };
    return { format: 'csv', bytes, ...(await sniffCsv(handle, path, declared)) };
  } finally {
    await handle.close();
  }
}

async function sheetNames(path: string): Promise<string[]> {
  try {
    return (await readWorkbook(path)).map(({ sheet }) => sheet);
  } catch {
    throw new StudyError(
      'E-SOURCE-FORMAT',
      'the file is a zip archive, but not a workbook that can be read',
      {
        place: { file: path },
      },
    );
  }
}

async function sniffCsv(
  handle: FileHandle,
  file: string,
  declared: { readonly dialect?: Partial<CsvDialect>; readonly encoding?: Encoding },
) {
  const found = await detectEncoding(handle, file, declared.encoding);
  const { bytes, ended } = await readSample(new ScanSource(handle, found.encoding, found.bom_bytes));
  if (bytes.length === 0) throw new StudyError('E-SOURCE-EMPTY', 'the file is empty', { place: { file } });
  const dialect = detectDialect(bytes, ended, found.encoding, declared.dialect ?? {}, file);
  return { ...found, ...dialect, header: firstRecord(bytes, ended, found.encoding, dialect.dialect) };
}

function firstRecord(sample: Buffer, ended: boolean, encoding: Encoding, dialect: CsvDialect): string[] {
  const start = sample.findIndex((byte) => byte !== 0x0a && byte !== 0x0d);
  if (start === -1) return [];
  const scanner = new RecordScanner(dialect, encoding, CSV_LIMITS);
  const output = Buffer.alloc(OUTPUT_PER_BYTE * sample.length + 2);
  scanner.input = sample;
  scanner.length = sample.length;
  scanner.ended = ended;
  scanner.output = output;
  if (scanner.attempt(start, 0) !== WELL_FORMED) return [];
  const names = splitAccepted(output.toString('utf8', 0, scanner.written));
  if (dialect.trailing_delimiter && names.length > 1 && names.at(-1) === '') names.pop();
  return names;
}
