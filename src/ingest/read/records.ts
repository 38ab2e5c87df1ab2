/**
 * One record at a time: the strict CSV grammar as a state machine over bytes, which writes the accepted form as it
 * goes. The grammar is defined in csv.ts. This file knows no column count, no file and no account.
 */
import type { CsvDialect, CsvLimits, Encoding } from './account.ts';
import { WINDOWS_1252 } from './windows-1252.ts';

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

// What a byte is. 0 is the byte that is only copied: the loop over it is the whole cost of a clean file.
const COPY = 0;
const DELIMITER = 1;
const LINE_FEED = 2;
const CARRIAGE_RETURN = 3;
const ENCLOSE = 4;
const ESCAPE = 5;
const WINDOWS = 6;
const NUL = 7;
const LITERAL_QUOTE = 8;

/** The scanner has seen too little of the record: give it more input, or say that the file has ended. */
export const NEEDS_INPUT = 0;
/** `start` to `end` is a well-formed record of `fields` fields, written to the output. */
export const WELL_FORMED = 1;
/** The grammar broke at `end`, for the reason in `fault`. */
export const BROKEN = 2;

export type Fault = 'stray-quote' | 'unterminated-quote' | 'oversized-record';

/** Upper bound of accepted bytes per byte of input: a delimiter becomes `","`, a Windows-1252 byte up to three. */
export const OUTPUT_PER_BYTE = 3;

export class RecordScanner {
  /** Scan form, of which bytes up to `length` are filled; `ended` when the file has no more. */
  input: Uint8Array = new Uint8Array(0);
  length = 0;
  ended = false;
  output: Uint8Array = new Uint8Array(0);

  // The last attempt.
  /** Just after the last byte of the record, or the place where the grammar broke. */
  end = 0;
  /** Just after the line end of the record. */
  next = 0;
  /** Fields found (begun, when broken). */
  fields = 0;
  /** Line ends inside quotes. */
  breaks = 0;
  /** Whether the last field is empty and not quoted: what a trailing delimiter leaves. */
  last_is_bare_empty = false;
  has_nul = false;
  has_undefined_byte = false;
  has_oversized_cell = false;
  fault: Fault = 'stray-quote';
  /** Where the accepted form of the record ends in the output. */
  written = 0;

  private readonly outside = new Uint8Array(256);
  private readonly inside = new Uint8Array(256);
  private readonly doubled: boolean;
  private readonly limits: CsvLimits;

  constructor(dialect: CsvDialect, encoding: Encoding, limits: CsvLimits) {
    this.limits = limits;
    this.doubled = dialect.escape === 'doubled';
    const { outside, inside } = this;
    outside[0] = NUL;
    outside[LF] = LINE_FEED;
    outside[CR] = CARRIAGE_RETURN;
    if (encoding === 'windows-1252') outside.fill(WINDOWS, 0x80);
    inside.set(outside);
    outside[dialect.delimiter.charCodeAt(0)] = DELIMITER;
    outside[QUOTE] = dialect.quote === 'none' ? LITERAL_QUOTE : ENCLOSE;
    inside[QUOTE] = ENCLOSE;
    if (!this.doubled) inside[BACKSLASH] = ESCAPE;
  }

  /**
   * Reads the record that starts at `start` and writes its fields to `output[at]`, each in quotes, joined by commas,
   * without a line end. `start` must be below `length`.
   */
  attempt(start: number, at: number): typeof NEEDS_INPUT | typeof WELL_FORMED | typeof BROKEN {
    const { input, length, ended, output, outside, inside, doubled } = this;
    const { max_cell_bytes, max_quoted_lines, max_record_bytes } = this.limits;
    let i = start;
    let o = at;
    let fields = 1;
    let breaks = 0;
    let kind = COPY;
    this.has_nul = false;
    this.has_undefined_byte = false;
    this.has_oversized_cell = false;
    output[o++] = QUOTE;
    for (;;) {
      const field = i;
      if (i < length && outside[input[i] as number] === ENCLOSE) {
        i++;
        let field_breaks = 0;
        for (;;) {
          if (i >= length)
            return ended ? this.broken('unterminated-quote', start, i, fields) : this.more(start);
          const byte = input[i] as number;
          kind = inside[byte] as number;
          if (kind === COPY) {
            output[o++] = byte;
            i++;
            continue;
          }
          if (kind === ENCLOSE) {
            if (i + 1 >= length && !ended) return this.more(start);
            if (!doubled || i + 1 >= length || input[i + 1] !== QUOTE) break;
            output[o++] = QUOTE;
            output[o++] = QUOTE;
            i += 2;
          } else if (kind === LINE_FEED || kind === CARRIAGE_RETURN) {
            if (field_breaks === max_quoted_lines || i - field - 1 > max_cell_bytes)
              return this.broken('unterminated-quote', start, i, fields);
            field_breaks++;
            breaks++;
            output[o++] = byte;
            i++;
            if (kind === CARRIAGE_RETURN && i < length && input[i] === LF) {
              output[o++] = LF;
              i++;
            }
          } else if (kind === ESCAPE) {
            if (i + 1 >= length && !ended) return this.more(start);
            const escaped = i + 1 < length ? (input[i + 1] as number) : 0;
            if (escaped === QUOTE) output[o++] = QUOTE;
            output[o++] = escaped === QUOTE ? QUOTE : BACKSLASH;
            i += escaped === QUOTE || escaped === BACKSLASH ? 2 : 1;
          } else {
            o = this.uncommon(kind, byte, o);
            i++;
          }
        }
        if (i - field - 1 > max_cell_bytes) this.has_oversized_cell = true;
        i++;
        this.last_is_bare_empty = false;
        if (i >= length) {
          if (!ended) return this.more(start);
          break;
        }
        kind = outside[input[i] as number] as number;
        if (kind !== DELIMITER && kind !== LINE_FEED && kind !== CARRIAGE_RETURN)
          return this.broken('stray-quote', start, i, fields);
      } else {
        for (;;) {
          if (i >= length) {
            if (!ended) return this.more(start);
            break;
          }
          const byte = input[i] as number;
          kind = outside[byte] as number;
          if (kind === COPY) {
            output[o++] = byte;
            i++;
            continue;
          }
          if (kind <= CARRIAGE_RETURN) break;
          if (kind === ENCLOSE) return this.broken('stray-quote', start, i, fields);
          o = this.uncommon(kind, byte, o);
          i++;
        }
        if (i - field > max_cell_bytes) this.has_oversized_cell = true;
        this.last_is_bare_empty = i === field;
      }
      if (i >= length || kind !== DELIMITER) break;
      output[o++] = QUOTE;
      output[o++] = COMMA;
      output[o++] = QUOTE;
      fields++;
      i++;
    }
    if (i - start > max_record_bytes) return this.broken('oversized-record', start, i, fields);
    const after = this.afterLineEnd(i);
    if (after === -1) return this.more(start);
    output[o++] = QUOTE;
    this.end = i;
    this.next = after;
    this.fields = fields;
    this.breaks = breaks;
    this.written = o;
    return WELL_FORMED;
  }

  /**
   * Where the physical line that starts at `start` ends (before its line end), or -1 while that is not known.
   * Quotes mean nothing here: this is where reading resumes after a broken record.
   */
  lineEnd(start: number): number {
    const { input, length } = this;
    for (let i = start; i < length; i++) {
      const byte = input[i] as number;
      if (byte === LF || byte === CR) return i;
    }
    return this.ended ? length : -1;
  }

  /** Just after the line end at `i` (LF, CR LF or CR), `i` itself at the end of the file, -1 while not known. */
  afterLineEnd(i: number): number {
    const { input, length } = this;
    if (i >= length) return i;
    if (input[i] === LF) return i + 1;
    if (i + 1 >= length) return this.ended ? i + 1 : -1;
    return input[i + 1] === LF ? i + 2 : i + 1;
  }

  /** A byte that is not simply copied. Kept out of the hot loop. */
  private uncommon(kind: number, byte: number, at: number): number {
    const { output } = this;
    let o = at;
    if (kind === LITERAL_QUOTE) {
      output[o++] = QUOTE;
      output[o++] = QUOTE;
    } else if (kind === NUL) {
      this.has_nul = true;
      output[o++] = 0;
    } else {
      const point = WINDOWS_1252[byte] as number;
      if (point === 0) this.has_undefined_byte = true;
      if (point < 0x800) {
        output[o++] = 0xc0 | (point >> 6);
      } else {
        output[o++] = 0xe0 | (point >> 12);
        output[o++] = 0x80 | ((point >> 6) & 0x3f);
      }
      output[o++] = 0x80 | (point & 0x3f);
    }
    return o;
  }

  /** Whether there is more to read before the record has surely outgrown its limit, so that memory stays bounded. */
  private more(start: number): typeof NEEDS_INPUT | typeof BROKEN {
    // One byte of slack, because an attempt may look one byte ahead of where it stands: the outcome is then the
    // same wherever the pieces of the file happen to be cut.
    if (this.length - start <= this.limits.max_record_bytes + 1) return NEEDS_INPUT;
    return this.broken('oversized-record', start, this.length, 0);
  }

  private broken(fault: Fault, start: number, at: number, fields: number): typeof BROKEN {
    const oversized = at - start > this.limits.max_record_bytes;
    this.fault = oversized ? 'oversized-record' : fault;
    this.end = oversized ? start + this.limits.max_record_bytes : at;
    this.fields = oversized ? 0 : fields;
    return BROKEN;
  }
}
