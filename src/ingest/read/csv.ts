/**
 * The strict CSV reader: a register file in, a normalised file with an account of every record out.
 *
 * The grammar
 * -----------
 * A *line end* is CR LF, LF, or CR. A *physical line* runs to the next line end whatever quotes say; lines count
 * from 1. The text after the byte-order mark is read from left to right:
 *
 * 1. An empty physical line is a *blank line*, counted and no record, when the file has two columns or more or when
 *    it stands before the header. In a one-column file it is a record with one empty field.
 * 2. Otherwise a *record* is read: fields joined by the delimiter, up to a line end or the end of the file.
 *    - A field whose first character is the quote is *quoted*: it runs to the first quote that is not an escaped one
 *      (`""`; with escape `backslash`, `\"`), which must be followed by the delimiter, a line end or the end of the
 *      file. Delimiters and line ends inside are data. With escape `backslash`, `\\` is a backslash and a backslash
 *      before anything else is itself.
 *    - Any other field runs to the next delimiter or line end and must hold no quote. Blanks are data. No line is a
 *      comment. With quote `none` every field is of this kind and quotes are data.
 * 3. The record is *broken* at the first place where this fails:
 *    - `stray-quote`: a quote in a field that is not quoted, or text after a closing quote;
 *    - `unterminated-quote`: the file ends inside a quoted field, or a quoted field meets a line end after it has
 *      crossed `max_quoted_lines` of them or holds more than `max_cell_bytes` bytes;
 *    - `oversized-record`: whatever the outcome, it comes more than `max_record_bytes` bytes after the start.
 *    Of a broken record its first physical line is quarantined, as one record, and reading resumes at the next
 *    physical line. A broken quote can therefore never take the rest of the file with it. Records accepted before
 *    the place where the grammar broke is reached again are counted as `accepted_in_doubt`.
 * 4. The first record is the header. A later record that is not broken is accepted when it is free of all of:
 *    `invalid-encoding`, `nul-byte`, `oversized-cell`, and (`ragged-short`, `ragged-long`) any other number of
 *    fields than the header has names. Else it is quarantined whole, under the first code that applies.
 *    With a trailing delimiter a record must have one field more, the last one empty and not quoted, which is taken
 *    off: fewer fields are `ragged-short`; more fields, or anything in the last, `ragged-long`.
 *
 * Encoding: encoding.ts. Dialect: dialect.ts. The two files: output.ts. Memory: a few buffers of a few MiB, and
 * about eight times the length of the longest record, which `max_record_bytes` bounds.
 *
 * Throws StudyError: E-SOURCE-MISSING, E-SOURCE-EMPTY (no byte, no header or no record), E-SOURCE-HEADER,
 * E-SOURCE-ENCODING, E-SOURCE-FORMAT, E-SOURCE-ACCOUNT, E-PROTOCOL-VALUE (limits), E-STORE-WRITE; both files are then removed.
 */
import { StudyError } from '../../errors.ts';
import { CSV_LIMITS, type CsvAccount, type CsvDialect, type CsvLimits, type Encoding } from './account.ts';
import { CsvNormaliser } from './csv-normaliser.ts';
import { detectDialect, SAMPLE_BYTES } from './dialect.ts';
import { detectEncoding } from './encoding.ts';
import { OutputFile } from './output.ts';
import { openSource, READ_ROOM, ScanSource } from './source.ts';

export interface NormaliseCsvOptions {
  readonly path: string;
  /** What is declared of the dialect; the rest is detected. */
  readonly dialect?: Partial<CsvDialect>;
  readonly encoding?: Encoding;
  readonly outAccepted: string;
  readonly outQuarantine: string;
  readonly limits?: Partial<CsvLimits>;
  /** Called with the bytes of the file read so far, about once per MiB. */
  readonly onProgress?: (bytes: number) => void;
}

/** Reads the CSV file once (twice when its encoding is neither declared nor marked) and writes both files. */
export async function normaliseCsv(options: NormaliseCsvOptions): Promise<CsvAccount> {
  const { path } = options;
  const limits = checkLimits({ ...CSV_LIMITS, ...options.limits }, path);
  const source = await openSource(path);
  try {
    const { encoding, encoding_from, bom_bytes } = await detectEncoding(source, path, options.encoding);
    const sample = await readSample(new ScanSource(source, encoding, bom_bytes));
    if (sample.bytes.length === 0) {
      throw new StudyError('E-SOURCE-EMPTY', 'the file is empty', { place: { file: path } });
    }
    const { dialect, dialect_from } = detectDialect(
      sample.bytes,
      sample.ended,
      encoding,
      options.dialect ?? {},
      path,
    );
    const accepted = await OutputFile.create(options.outAccepted);
    let quarantine: OutputFile | undefined;
    try {
      quarantine = await OutputFile.create(options.outQuarantine);
      const scan = new ScanSource(source, encoding, bom_bytes);
      const normaliser = new CsvNormaliser({
        file: path,
        source: scan,
        encoding,
        dialect,
        limits,
        accepted,
        quarantine,
      });
      const counts = await normaliser.run(options.onProgress);
      await accepted.close();
      await quarantine.close();
      return { ...counts, encoding, encoding_from, dialect, dialect_from };
    } catch (error) {
      await accepted.discard();
      await quarantine?.discard();
      throw error;
    }
  } finally {
    await source.close();
  }
}

/** The first SAMPLE_BYTES or so of the file in scan form, and whether that is all of it. */
export async function readSample(source: ScanSource): Promise<{ bytes: Buffer; ended: boolean }> {
  const bytes = Buffer.alloc(SAMPLE_BYTES + READ_ROOM);
  let length = 0;
  while (length < SAMPLE_BYTES) {
    const added = await source.read(bytes, length);
    if (added === 0) return { bytes: bytes.subarray(0, length), ended: true };
    length += added;
  }
  // Cut to a fixed size, so that what is detected does not depend on how reading went.
  return length > SAMPLE_BYTES
    ? { bytes: bytes.subarray(0, SAMPLE_BYTES), ended: false }
    : { bytes, ended: false };
}

function checkLimits(limits: CsvLimits, file: string): CsvLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new StudyError('E-PROTOCOL-VALUE', `${name} must be a whole number above 0`, { place: { file } });
    }
  }
  return limits;
}
