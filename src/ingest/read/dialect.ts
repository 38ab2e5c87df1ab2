/**
 * Which dialect a CSV file is written in, by a sample of up to 1,000 records in the first 256 KiB.
 *
 * For each delimiter that may be (comma, semicolon, tab, pipe, or the declared one) the sample is read by the grammar
 * of csv.ts, quotes respected. A delimiter fits when the first record has two fields or more and at least half of the
 * records have as many. Exactly one must fit. None may stand in the header of a one-column file, of which at least
 * half the records must have one field. Everything else is E-SOURCE-FORMAT: the dialect has to be declared.
 *
 * A trailing delimiter is found when at least half of the records end in one more, bare empty field than there are
 * columns; the header may end in it or not. Quote and escape are never guessed: `"`, doubled, unless declared.
 */
import { StudyError } from '../../errors.ts';
import { CSV_LIMITS, type CsvAccount, type CsvDialect, type Encoding, type LineEnding } from './account.ts';
import { BROKEN, NEEDS_INPUT, OUTPUT_PER_BYTE, RecordScanner, WELL_FORMED } from './records.ts';

export const SAMPLE_BYTES = 262_144;
const SAMPLE_RECORDS = 1_000;
const CANDIDATES = [',', ';', '\t', '|'];
const DELIMITER_NAMES: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'pipe',
};

export interface DetectedDialect {
  readonly dialect: CsvDialect;
  readonly dialect_from: CsvAccount['dialect_from'];
  /** Records in the sample after the header, and how many of them have as many fields as the header. */
  readonly sample_records: number;
  readonly sample_consistent: number;
  readonly line_ending: LineEnding;
}

interface Fit {
  readonly delimiter: string;
  /** Fields of the header without what a trailing delimiter leaves; 0 when the header is broken or too long. */
  readonly columns: number;
  readonly trailing: boolean;
  readonly records: number;
  readonly consistent: number;
  readonly line_ending: LineEnding;
}

/** `sample` is scan form from the first character of the file; `ended` when it is the whole file. */
export function detectDialect(
  sample: Uint8Array,
  ended: boolean,
  encoding: Encoding,
  declared: Partial<CsvDialect>,
  file: string,
): DetectedDialect {
  checkDialect(declared, file);
  const base = { quote: declared.quote ?? '"', escape: declared.escape ?? 'doubled' } as const;
  const candidates = declared.delimiter === undefined ? CANDIDATES : [declared.delimiter];
  const fits = candidates.map((delimiter) =>
    fitDelimiter(sample, ended, encoding, { ...base, delimiter, trailing_delimiter: false }),
  );
  const fit = declared.delimiter === undefined ? chooseFit(fits, file) : (fits[0] as Fit);
  return {
    dialect: {
      ...base,
      delimiter: fit.delimiter,
      trailing_delimiter: declared.trailing_delimiter ?? fit.trailing,
    },
    dialect_from: declared.delimiter === undefined ? 'detected' : 'declared',
    sample_records: fit.records,
    sample_consistent: fit.consistent,
    line_ending: fit.line_ending,
  };
}

function checkDialect(declared: Partial<CsvDialect>, file: string): void {
  const { delimiter, quote } = declared;
  const place = { place: { file } };
  if (delimiter !== undefined && !isDelimiter(delimiter)) {
    throw new StudyError(
      'E-SOURCE-FORMAT',
      'the delimiter must be one ASCII character that is no letter, digit, quote, backslash or line end',
      place,
    );
  }
  if (quote !== undefined && quote !== '"' && quote !== 'none') {
    throw new StudyError('E-SOURCE-FORMAT', 'the quote must be " or none', place);
  }
  if (!['doubled', 'backslash', undefined].includes(declared.escape)) {
    throw new StudyError('E-SOURCE-FORMAT', 'the escape must be doubled or backslash', place);
  }
}

function isDelimiter(text: string): boolean {
  const code = text.charCodeAt(0);
  return text.length === 1 && code > 0 && code < 0x7f && !/[A-Za-z0-9"\\\r\n]/.test(text);
}

function chooseFit(fits: readonly Fit[], file: string): Fit {
  const place = { place: { file, line: 1 } };
  const mostly = (fit: Fit) => 2 * fit.consistent >= fit.records;
  const fitting = fits.filter((fit) => fit.columns >= 2 && mostly(fit));
  if (fitting.length === 1) return fitting[0] as Fit;
  if (fitting.length > 1) {
    const names = fitting.map((fit) => DELIMITER_NAMES[fit.delimiter]).join(' and ');
    throw new StudyError('E-SOURCE-FORMAT', `the delimiter is ambiguous: ${names} both fit`, {
      ...place,
      fix: 'Declare the delimiter of the extract.',
    });
  }
  // A header that no delimiter can read is told as such by the reader, with its line.
  const [comma] = fits as [Fit];
  if (fits.every((fit) => fit.columns === 0)) return comma;
  if (fits.every((fit) => fit.columns <= 1) && fits.every((fit) => fit.columns === 0 || mostly(fit)))
    return comma;
  throw new StudyError(
    'E-SOURCE-FORMAT',
    'no delimiter (comma, semicolon, tab, pipe) gives most records as many fields as the first record',
    { ...place, fix: 'Make the first record name the columns, or declare the delimiter of the extract.' },
  );
}

function fitDelimiter(sample: Uint8Array, ended: boolean, encoding: Encoding, dialect: CsvDialect): Fit {
  const scanner = new RecordScanner(dialect, encoding, CSV_LIMITS);
  scanner.input = sample;
  scanner.length = sample.length;
  scanner.ended = ended;
  scanner.output = new Uint8Array(OUTPUT_PER_BYTE * sample.length + 2);
  const ends = new LineEndings();
  let header = 0;
  let header_trailing = false;
  let records = 0;
  let same = 0;
  let same_trailing = 0;
  let one_more_trailing = 0;
  for (let at = 0; at < sample.length && records < SAMPLE_RECORDS; ) {
    if (sample[at] === 0x0a || sample[at] === 0x0d) {
      const after = scanner.afterLineEnd(at);
      if (after === -1) break;
      ends.count(sample, at, after);
      at = after;
      continue;
    }
    const outcome = scanner.attempt(at, 0);
    if (outcome === NEEDS_INPUT || (outcome === BROKEN && header === 0)) break;
    let end = scanner.end;
    if (outcome === BROKEN) {
      end = scanner.lineEnd(at);
      if (end === -1) break;
    }
    const after = scanner.afterLineEnd(end);
    if (after === -1) break;
    ends.count(sample, end, after);
    at = after;
    if (header === 0) {
      header = scanner.fields;
      header_trailing = header > 1 && scanner.last_is_bare_empty;
      continue;
    }
    records++;
    if (outcome !== WELL_FORMED) continue;
    if (scanner.fields === header) {
      same++;
      if (scanner.last_is_bare_empty) same_trailing++;
    } else if (scanner.fields === header + 1 && scanner.last_is_bare_empty) one_more_trailing++;
  }
  const { line_ending } = ends;
  if (header_trailing && 2 * same_trailing >= records) {
    return {
      delimiter: dialect.delimiter,
      columns: header - 1,
      trailing: true,
      records,
      consistent: same_trailing,
      line_ending,
    };
  }
  const trailing = records > 0 && 2 * one_more_trailing >= records;
  const consistent = trailing ? one_more_trailing : same;
  return { delimiter: dialect.delimiter, columns: header, trailing, records, consistent, line_ending };
}

/** Counts which line ends end records. */
export class LineEndings {
  private lf = 0;
  private crlf = 0;
  private cr = 0;

  /** The line end between `end` and `next` of `input`; none at the end of the file. */
  count(input: Uint8Array, end: number, next: number): void {
    if (next - end === 2) this.crlf++;
    else if (next - end === 1) {
      if (input[end] === 0x0a) this.lf++;
      else this.cr++;
    }
  }

  get line_ending(): LineEnding {
    const { lf, crlf, cr } = this;
    if (Number(lf > 0) + Number(crlf > 0) + Number(cr > 0) > 1) return 'mixed';
    return lf > 0 ? 'lf' : crlf > 0 ? 'crlf' : cr > 0 ? 'cr' : 'none';
  }
}
