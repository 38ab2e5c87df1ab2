/**
 * The two files a reader writes. Both are UTF-8 with LF, commas and `"`, and have no header line.
 *
 * Accepted: `record_number,line,"field","field"...`. Every field stands in quotes with `""` for a quote, and is
 * otherwise the text of the register byte for byte, its line ends included, so an empty field is `""` and a missing
 * one can not occur. Read it with ACCEPTED_OPTIONS and VARCHAR for every column.
 * Quarantine: `record_number,line,part,code,column_count,raw_base64`. The raw bytes of the record without its line
 * end, in parts of at most 1 MiB (part 1, 2, ...; one record is one part 1).
 * `record_number` counts all records of the file from 1, accepted or not; `line` is the physical line, from 1, on
 * which the record starts. Neither file is synced or renamed here: that is the store's.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { StudyError } from '../../errors.ts';
import type { QuarantineCode } from './account.ts';

/**
 * Options of DuckDB's `read_csv` for the accepted file, beside `columns` (all VARCHAR), `max_line_size` (more than
 * `longest_row_bytes`) and `parallel` (only while `accepted_multiline` is 0: a line end inside quotes is then never
 * taken for the end of a row by a thread that starts in the middle of the file).
 */
export const ACCEPTED_OPTIONS = {
  header: false,
  auto_detect: false,
  delim: ',',
  quote: '"',
  escape: '"',
  new_line: '\\n',
  // An empty field is empty text. What means "missing" is for the mapping to say.
  allow_quoted_nulls: false,
  null_padding: false,
  strict_mode: true,
} as const;

export const QUARANTINE_PART_BYTES = 1_048_576;
const FLUSH_CHARACTERS = 1 << 20;

/** Where rows go. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
}

/** A file being written; a failure to write is the user's to mend, with the path. */
export class OutputFile implements Sink {
  private readonly handle: FileHandle;
  private readonly path: string;

  private constructor(handle: FileHandle, path: string) {
    this.handle = handle;
    this.path = path;
  }

  static async create(path: string): Promise<OutputFile> {
    return new OutputFile(await orWriteError(path, open(path, 'w')), path);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await orWriteError(this.path, this.handle.write(bytes, at, bytes.length - at));
      at += bytesWritten;
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  /** Leaves no half a file behind. */
  async discard(): Promise<void> {
    await this.handle.close();
    await rm(this.path, { force: true });
  }
}

async function orWriteError<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new StudyError('E-STORE-WRITE', `the file can not be written (${code})`, { place: { file: path } });
  }
}

/** Rows of the quarantine file, held until `flush` so that the scanning loop need not wait. */
export class QuarantineRows {
  private rows: string[] = [];
  private characters = 0;

  add(
    record_number: number,
    line: number,
    part: number,
    code: QuarantineCode,
    columns: number,
    raw: Buffer,
  ): void {
    const row = `${record_number},${line},${part},${code},${columns},${raw.toString('base64')}\n`;
    this.rows.push(row);
    this.characters += row.length;
  }

  get isFull(): boolean {
    return this.characters >= FLUSH_CHARACTERS;
  }

  async flush(file: Sink): Promise<void> {
    if (this.rows.length === 0) return;
    const rows = Buffer.from(this.rows.join(''), 'latin1');
    this.rows = [];
    this.characters = 0;
    await file.write(rows);
  }
}
