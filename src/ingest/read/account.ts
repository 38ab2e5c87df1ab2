/**
 * What a reader says of a register file: every physical record ends accepted or quarantined, and
 * `records_read = accepted + quarantined` holds to the record. Counts, names and codes only, never a value.
 */

/** Why a record is kept out of the register. The closed list, in order of precedence: a record has one code. */
export const QUARANTINE_CODES = [
  /** A quote inside a field that does not start with one, or text after a closing quote. */
  'stray-quote',
  /** A quoted field without a closing quote before the end of the file or the declared limit of lines and bytes. */
  'unterminated-quote',
  /** More bytes in one record than `max_record_bytes`. */
  'oversized-record',
  /** Bytes that the encoding does not allow. */
  'invalid-encoding',
  /** A character U+0000, which no register text holds and many programs cut a string at. */
  'nul-byte',
  /** More bytes in one field than `max_cell_bytes`. */
  'oversized-cell',
  /** Fewer fields than the header names. */
  'ragged-short',
  /** More fields than the header names. */
  'ragged-long',
] as const;

export type QuarantineCode = (typeof QUARANTINE_CODES)[number];

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

export type LineEnding = 'lf' | 'crlf' | 'cr' | 'mixed' | 'none';

export interface CsvDialect {
  /** One ASCII character. Detected among comma, semicolon, tab and pipe; any other must be declared. */
  readonly delimiter: string;
  /** `none`: a quote is a character like any other, and a field can hold neither delimiter nor line end. */
  readonly quote: '"' | 'none';
  /** How a quote is written inside a quoted field: `""`, or `\"` with `\\` for a backslash. */
  readonly escape: 'doubled' | 'backslash';
  /** Every record ends with one delimiter that separates nothing (and the header may, too). */
  readonly trailing_delimiter: boolean;
}

export interface CsvLimits {
  /** Bytes of one field as it stands in the file, without its enclosing quotes (in UTF-8 where the file is UTF-16). */
  readonly max_cell_bytes: number;
  /** Line ends inside one quoted field. */
  readonly max_quoted_lines: number;
  /** Bytes of one record without its line end (in UTF-8 where the file is UTF-16). Bounds the memory of the reader. */
  readonly max_record_bytes: number;
}

export const CSV_LIMITS: CsvLimits = {
  max_cell_bytes: 1_048_576,
  max_quoted_lines: 1_000,
  max_record_bytes: 16_777_216,
};

/** The account of any reader that writes the normalised form. */
export interface ReadAccount {
  /** Column names as they stand, in file order. */
  readonly header: readonly string[];
  readonly records_read: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly by_code: Readonly<Record<QuarantineCode, number>>;
  /** Empty lines (rows of a sheet) that are no record. */
  readonly blank_lines: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Of the raw file, lower-case hexadecimal. */
  readonly sha256: string;
  /** Accepted records with a line end inside a field: while 0, a line of the accepted file is a record. */
  readonly accepted_multiline: number;
  /** The longest row of the accepted file with its line end, for the engine's own limit on lines. */
  readonly longest_row_bytes: number;
}

export interface CsvAccount extends ReadAccount {
  readonly encoding: Encoding;
  readonly encoding_from: 'declared' | 'byte-order-mark' | 'detected';
  readonly dialect: CsvDialect;
  /** Whether the delimiter was given or found in the sample. */
  readonly dialect_from: 'declared' | 'detected';
  /** Of the line ends that end records, the header and blank lines; line ends inside quotes are data. */
  readonly line_ending: LineEnding;
  /**
   * Accepted records that start inside the reach of a broken quote, where the reader resumed: well formed, yet
   * possibly text of the cell whose quote is broken.
   */
  readonly accepted_in_doubt: number;
}

export function countCodes(): Record<QuarantineCode, number> {
  return {
    'stray-quote': 0,
    'unterminated-quote': 0,
    'oversized-record': 0,
    'invalid-encoding': 0,
    'nul-byte': 0,
    'oversized-cell': 0,
    'ragged-short': 0,
    'ragged-long': 0,
  };
}
