/**
 * The account of one CSV file while it is read: takes records from the scanner, decides each (csv.ts, rule 4),
 * resumes after broken ones (rule 3) and keeps the buffers. Everything between two waits for a file is synchronous.
 */
import { isUtf8 } from 'node:buffer';
import { invariant, StudyError } from '../../errors.ts';
import {
  type CsvAccount,
  type CsvDialect,
  type CsvLimits,
  countCodes,
  type Encoding,
  type QuarantineCode,
} from './account.ts';
import { LineEndings } from './dialect.ts';
import { unfinishedBytes } from './encoding.ts';
import { checkHeader, splitAccepted } from './header.ts';
import { QUARANTINE_PART_BYTES, QuarantineRows, type Sink } from './output.ts';
import { BROKEN, NEEDS_INPUT, OUTPUT_PER_BYTE, RecordScanner } from './records.ts';
import { READ_ROOM, rawBytes, type ScanSource } from './source.ts';

const LF = 0x0a;
const CR = 0x0d;
const COMMA = 0x2c;
const ZERO = 0x30;
/** Accepted rows are written out when this much of them waits. */
const FLUSH_BYTES = 1 << 20;
/** Room for record number, line and line end of one row. */
const ROW_ROOM = 64;
/** `,""`, the accepted form of an empty field after the first. */
const BARE_EMPTY_BYTES = 3;

type Counts = Omit<CsvAccount, 'encoding' | 'encoding_from' | 'dialect' | 'dialect_from'>;

export interface CsvWork {
  readonly file: string;
  readonly source: ScanSource;
  readonly encoding: Encoding;
  readonly dialect: CsvDialect;
  readonly limits: CsvLimits;
  readonly accepted: Sink;
  readonly quarantine: Sink;
}

export class CsvNormaliser {
  private readonly work: CsvWork;
  private readonly scanner: RecordScanner;
  private readonly rows = new QuarantineRows();
  private readonly ends = new LineEndings();
  private readonly by_code = countCodes();

  /** Scan form: `at` is the next byte to account for, `length` where it is filled to, `base` its place in the file. */
  private input = Buffer.allocUnsafe(2 * READ_ROOM);
  private at = 0;
  private length = 0;
  private base = 0;
  private ended = false;
  /** Whether all complete characters of the window are known to be valid. */
  private window_valid = true;

  private output = Buffer.alloc(0);
  private written = 0;

  private header: string[] = [];
  private line = 1;
  private records_read = 0;
  private accepted = 0;
  private quarantined = 0;
  private blank_lines = 0;
  private accepted_multiline = 0;
  private accepted_in_doubt = 0;
  private longest_row_bytes = 0;
  /** Where in the file (scan form) the reach of the last broken record ends. */
  private doubt_until = 0;
  /** Set while the first line of an oversized record is carried off piece by piece. */
  private carried: { code: QuarantineCode; columns: number; part: number } | undefined;

  /** Bytes of scan form by what became of them; they must add up to all there are. */
  private readonly spent = { header: 0, blank: 0, accepted: 0, quarantined: 0 };

  constructor(work: CsvWork) {
    this.work = work;
    this.scanner = new RecordScanner(work.dialect, work.encoding, work.limits);
    this.fitOutput();
  }

  async run(onProgress?: (bytes: number) => void): Promise<Counts> {
    const { source, accepted, quarantine } = this.work;
    for (;;) {
      const wants = this.header.length === 0 ? this.readHeader() : this.scan();
      if (this.written > 0 && wants !== 'input') await this.flushAccepted(accepted);
      if (this.rows.isFull || wants === 'end') await this.rows.flush(quarantine);
      if (wants === 'end') break;
      if (wants === 'input') {
        await this.fill();
        onProgress?.(source.bytes);
      }
    }
    return this.close();
  }

  private async flushAccepted(file: Sink): Promise<void> {
    await file.write(this.output.subarray(0, this.written));
    this.written = 0;
  }

  /** Moves what is left to the front and reads on. */
  private async fill(): Promise<void> {
    const left = this.length - this.at;
    let { input } = this;
    if (left + READ_ROOM > input.length) input = Buffer.allocUnsafe(2 * (left + READ_ROOM));
    this.input.copy(input, 0, this.at, this.length);
    this.base += this.at;
    this.input = input;
    this.at = 0;
    const added = await this.work.source.read(input, left);
    this.length = left + added;
    this.ended = added === 0;
    this.fitOutput();
    if (this.work.encoding === 'windows-1252') return;
    // Line ends are ASCII, so records of a valid window are valid; only others are looked at one by one.
    const whole = this.ended ? this.length : this.length - unfinishedBytes(input, this.length);
    this.window_valid = isUtf8(input.subarray(0, whole));
  }

  private fitOutput(): void {
    const { scanner } = this;
    const needed = FLUSH_BYTES + ROW_ROOM + OUTPUT_PER_BYTE * this.input.length + 2;
    if (this.output.length < needed) {
      const output = Buffer.allocUnsafe(needed);
      this.output.copy(output, 0, 0, this.written);
      this.output = output;
    }
    scanner.input = this.input;
    scanner.length = this.length;
    scanner.ended = this.ended;
    scanner.output = this.output;
  }

  private readHeader(): 'input' | 'output' {
    const { scanner, input } = this;
    const { file, dialect } = this.work;
    for (;;) {
      if (this.at === this.length) {
        if (!this.ended) return 'input';
        throw new StudyError('E-SOURCE-EMPTY', 'the file has no header, only blank lines', {
          place: { file },
        });
      }
      if (input[this.at] !== LF && input[this.at] !== CR) break;
      if (!this.takeBlank()) return 'input';
    }
    const outcome = scanner.attempt(this.at, 0);
    if (outcome === NEEDS_INPUT) return 'input';
    const place = { file, line: this.line };
    const code = outcome === BROKEN ? scanner.fault : this.contentCode();
    if (code !== undefined)
      throw new StudyError('E-SOURCE-HEADER', `the header can not be read: ${code}`, { place });
    const names = splitAccepted(this.output.toString('utf8', 0, scanner.written));
    if (dialect.trailing_delimiter && names.length > 1 && scanner.last_is_bare_empty) names.pop();
    checkHeader(names, file, this.line);
    this.header = names;
    this.spent.header += scanner.next - this.at;
    this.ends.count(input, scanner.end, scanner.next);
    this.line += scanner.breaks + 1;
    this.at = scanner.next;
    return 'output';
  }

  /** Reads records until there is too little input or enough output. */
  private scan(): 'input' | 'output' | 'end' {
    const { scanner, input, output } = this;
    const columns = this.header.length;
    const { trailing_delimiter } = this.work.dialect;
    const fields = columns + (trailing_delimiter ? 1 : 0);
    for (;;) {
      if (this.written >= FLUSH_BYTES || this.rows.isFull) return 'output';
      if (this.carried !== undefined && !this.carryLine()) return 'input';
      const start = this.at;
      if (start === this.length) return this.ended ? 'end' : 'input';
      const first = input[start];
      if (columns > 1 && (first === LF || first === CR)) {
        if (!this.takeBlank()) return 'input';
        continue;
      }
      const row = this.written;
      let o = writeNumber(output, row, this.records_read + 1);
      output[o++] = COMMA;
      o = writeNumber(output, o, this.line);
      output[o++] = COMMA;
      const outcome = scanner.attempt(start, o);
      if (outcome === NEEDS_INPUT) return 'input';
      if (outcome === BROKEN) {
        if (!this.takeBroken()) return 'input';
        continue;
      }
      const { end, next } = scanner;
      let { written } = scanner;
      let code = this.contentCode() ?? (scanner.fields < fields ? 'ragged-short' : undefined);
      if (code === undefined && scanner.fields > fields) code = 'ragged-long';
      if (code === undefined && trailing_delimiter) {
        if (scanner.last_is_bare_empty) written -= BARE_EMPTY_BYTES;
        else code = 'ragged-long';
      }
      if (code === undefined) {
        output[written++] = LF;
        this.written = written;
        this.accepted++;
        if (scanner.breaks > 0) this.accepted_multiline++;
        if (this.base + start < this.doubt_until) this.accepted_in_doubt++;
        if (written - row > this.longest_row_bytes) this.longest_row_bytes = written - row;
        this.spent.accepted += next - start;
        this.records_read++;
      } else {
        this.quarantine(code, start, end, scanner.fields);
        this.spent.quarantined += next - start;
      }
      this.ends.count(input, end, next);
      this.line += scanner.breaks + (next > end ? 1 : 0);
      this.at = next;
    }
  }

  /** What is wrong with the characters of the record the scanner has just read whole. */
  private contentCode(): QuarantineCode | undefined {
    const { scanner } = this;
    if (scanner.has_undefined_byte) return 'invalid-encoding';
    if (!this.window_valid && !isUtf8(this.input.subarray(this.at, scanner.end))) return 'invalid-encoding';
    if (scanner.has_nul) return 'nul-byte';
    if (scanner.has_oversized_cell) return 'oversized-cell';
    return undefined;
  }

  private takeBlank(): boolean {
    const next = this.scanner.afterLineEnd(this.at);
    if (next === -1) return false;
    this.ends.count(this.input, this.at, next);
    this.spent.blank += next - this.at;
    this.blank_lines++;
    this.line++;
    this.at = next;
    return true;
  }

  /** Quarantines the first physical line of a broken record; false while its end is not in the window. */
  private takeBroken(): boolean {
    const { scanner } = this;
    const { fault, fields } = scanner;
    const start = this.at;
    const reach = this.base + scanner.end;
    const end = scanner.lineEnd(start);
    const next = end === -1 ? -1 : scanner.afterLineEnd(end);
    if (end === -1 && this.length - start > this.work.limits.max_record_bytes + 1) {
      this.doubt_until = Math.max(this.doubt_until, reach);
      this.carried = { code: fault, columns: fields, part: 0 };
      return this.carryLine();
    }
    if (next === -1) return false;
    this.doubt_until = Math.max(this.doubt_until, reach);
    this.quarantine(fault, start, end, fields);
    this.spent.quarantined += next - start;
    this.ends.count(this.input, end, next);
    this.line++;
    this.at = next;
    return true;
  }

  /** Carries the window of a line too long to hold into quarantine; true when the line has ended. */
  private carryLine(): boolean {
    const { scanner, carried } = this;
    invariant(carried !== undefined, 'no line is being carried');
    const line_end = scanner.lineEnd(this.at);
    const next = line_end === -1 ? -1 : scanner.afterLineEnd(line_end);
    const end = line_end === -1 ? this.length : line_end;
    carried.part = this.addParts(carried.code, this.at, end, carried.columns, carried.part);
    this.spent.quarantined += end - this.at;
    this.at = end;
    if (next === -1) return false;
    this.countQuarantined(carried.code);
    this.ends.count(this.input, end, next);
    this.spent.quarantined += next - end;
    this.line++;
    this.at = next;
    this.carried = undefined;
    return true;
  }

  private quarantine(code: QuarantineCode, start: number, end: number, columns: number): void {
    this.addParts(code, start, end, columns, 0);
    this.countQuarantined(code);
  }

  private countQuarantined(code: QuarantineCode): void {
    this.by_code[code]++;
    this.quarantined++;
    this.records_read++;
  }

  /** Adds the raw bytes of `start` to `end` as parts after `part`; returns the last part. A record has at least one. */
  private addParts(code: QuarantineCode, start: number, end: number, columns: number, part: number): number {
    let last = part;
    for (let from = start; from < end || last === 0; ) {
      let to = Math.min(end, from + QUARANTINE_PART_BYTES);
      // Never inside a character: a part of UTF-16 is turned back on its own.
      while (to < end && ((this.input[to] as number) & 0xc0) === 0x80) to--;
      const raw = rawBytes(this.input.subarray(from, to), this.work.encoding);
      this.rows.add(this.records_read + 1, this.line, ++last, code, columns, raw);
      from = to;
    }
    return last;
  }

  private close(): Counts {
    const { source, file } = this.work;
    const { records_read, accepted, quarantined, spent } = this;
    const by_codes = Object.values(this.by_code).reduce((sum, count) => sum + count, 0);
    const bytes = spent.header + spent.blank + spent.accepted + spent.quarantined;
    if (
      records_read !== accepted + quarantined ||
      quarantined !== by_codes ||
      bytes !== this.base + this.length
    ) {
      throw new StudyError(
        'E-SOURCE-ACCOUNT',
        `${records_read} records read, ${accepted} accepted, ${quarantined} quarantined (${by_codes} by code); ` +
          `${bytes} of ${this.base + this.length} bytes accounted for`,
        { place: { file } },
      );
    }
    if (records_read === 0) {
      throw new StudyError('E-SOURCE-EMPTY', 'the file has a header and no record', { place: { file } });
    }
    return {
      header: this.header,
      records_read,
      accepted,
      quarantined,
      by_code: this.by_code,
      blank_lines: this.blank_lines,
      bytes: source.bytes,
      sha256: source.digest(),
      accepted_multiline: this.accepted_multiline,
      longest_row_bytes: this.longest_row_bytes,
      line_ending: this.ends.line_ending,
      accepted_in_doubt: this.accepted_in_doubt,
    };
  }
}

/** Writes a whole number in decimal; returns the place after it. */
function writeNumber(output: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  let rest = value;
  for (let o = at + digits - 1; o >= at; o--) {
    const tens = Math.floor(rest / 10);
    output[o] = ZERO + (rest - tens * 10);
    rest = tens;
  }
  return at + digits;
}
