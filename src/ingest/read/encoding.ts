/**
 * Which encoding a register file has.
 *
 * 1. A byte-order mark decides (EF BB BF, FF FE, FE FF) and is no part of the text. A declared encoding that
 *    contradicts it is an error; so is the mark of UTF-32, which is not read.
 * 2. Else a declared encoding is believed. Records that do not fit it are quarantined as `invalid-encoding`.
 * 3. Else, by the first 64 KiB: UTF-16LE where at least 40 % of the bytes at odd places are 0 and at most 5 % at even
 *    places; UTF-16BE the other way round.
 * 4. Else the whole file is read once before the account: valid strict UTF-8 is `utf-8`. A file that is not, that
 *    holds no valid multi-byte UTF-8 sequence and no byte that Windows-1252 leaves undefined, is `windows-1252`.
 *    Anything else (a mixture, or another code page) is E-SOURCE-ENCODING: it is never guessed, because each wrong
 *    guess would turn names into other names without a trace. Declaring the encoding saves this pass.
 */
import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { StudyError } from '../../errors.ts';
import type { CsvAccount, Encoding } from './account.ts';
import { WINDOWS_1252 } from './windows-1252.ts';

export interface DetectedEncoding {
  readonly encoding: Encoding;
  readonly encoding_from: CsvAccount['encoding_from'];
  /** Length of the byte-order mark, 0 without one. */
  readonly bom_bytes: number;
}

const HEAD = 65_536;
const CHUNK = 1 << 20;

export async function detectEncoding(
  handle: FileHandle,
  file: string,
  declared?: Encoding,
): Promise<DetectedEncoding> {
  const head = Buffer.alloc(HEAD);
  const { bytesRead } = await handle.read(head, 0, HEAD, 0);
  const start = head.subarray(0, bytesRead);
  const marked = readMark(start, file);
  if (marked !== undefined) {
    if (declared !== undefined && declared !== marked.encoding) {
      throw new StudyError(
        'E-SOURCE-ENCODING',
        `the file is declared ${declared}, but its byte-order mark says ${marked.encoding}`,
        { place: { file, line: 1 } },
      );
    }
    return marked;
  }
  if (declared !== undefined) return { encoding: declared, encoding_from: 'declared', bom_bytes: 0 };
  const encoding = looksUtf16(start) ?? (await utf8OrWindows(handle, file));
  return { encoding, encoding_from: 'detected', bom_bytes: 0 };
}

function readMark(start: Buffer, file: string): DetectedEncoding | undefined {
  const begins = (...mark: number[]) =>
    start.length >= mark.length && mark.every((byte, i) => start[i] === byte);
  const from = 'byte-order-mark';
  if (begins(0xff, 0xfe, 0, 0) || begins(0, 0, 0xfe, 0xff)) {
    throw new StudyError('E-SOURCE-ENCODING', 'the file is UTF-32, which is not read', {
      place: { file, line: 1 },
      fix: 'Save the extract as UTF-8.',
    });
  }
  if (begins(0xef, 0xbb, 0xbf)) return { encoding: 'utf-8', encoding_from: from, bom_bytes: 3 };
  if (begins(0xff, 0xfe)) return { encoding: 'utf-16le', encoding_from: from, bom_bytes: 2 };
  if (begins(0xfe, 0xff)) return { encoding: 'utf-16be', encoding_from: from, bom_bytes: 2 };
  return undefined;
}

function looksUtf16(start: Buffer): Encoding | undefined {
  const units = start.length >> 1;
  if (units === 0) return undefined;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < units; i++) {
    if (start[2 * i] === 0) even++;
    if (start[2 * i + 1] === 0) odd++;
  }
  if (odd >= 0.4 * units && even <= 0.05 * units) return 'utf-16le';
  if (even >= 0.4 * units && odd <= 0.05 * units) return 'utf-16be';
  return undefined;
}

async function utf8OrWindows(handle: FileHandle, file: string): Promise<Encoding> {
  if (await isAllUtf8(handle)) return 'utf-8';
  const found = await countSequences(handle);
  if (found.multi_byte === 0 && found.undefined_1252 === 0) return 'windows-1252';
  throw new StudyError(
    'E-SOURCE-ENCODING',
    `the file is neither UTF-8 (${found.not_utf8} bytes do not fit, the first on line ${found.first_line}) nor surely ` +
      `windows-1252 (${found.multi_byte} characters look like UTF-8, ${found.undefined_1252} bytes are undefined)`,
    { place: { file, line: found.first_line } },
  );
}

/** Every byte of the file with the place it is read to; pieces end between UTF-8 characters where there are any. */
async function isAllUtf8(handle: FileHandle): Promise<boolean> {
  const chunk = Buffer.allocUnsafe(CHUNK + 4);
  let held = 0;
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, held, CHUNK, at);
    at += bytesRead;
    const length = held + bytesRead;
    if (bytesRead === 0) return isUtf8(chunk.subarray(0, length));
    const whole = length - unfinishedBytes(chunk, length);
    if (!isUtf8(chunk.subarray(0, whole))) return false;
    chunk.copyWithin(0, whole, length);
    held = length - whole;
  }
}

/** How many bytes at the end of `bytes[0, length)` begin a UTF-8 character that is not finished: 0 to 3. */
export function unfinishedBytes(bytes: Uint8Array, length: number): number {
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back] as number;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return wanted > back ? back : 0;
  }
  return 0;
}

interface Sequences {
  multi_byte: number;
  not_utf8: number;
  undefined_1252: number;
  /** Physical line (counted by LF, or CR where there is no LF) of the first byte that is not UTF-8. */
  first_line: number;
}

/** Counts, byte by byte, what a file that is not UTF-8 is made of. Only such files pay for this pass. */
async function countSequences(handle: FileHandle): Promise<Sequences> {
  const chunk = Buffer.allocUnsafe(CHUNK);
  const found: Sequences = { multi_byte: 0, not_utf8: 0, undefined_1252: 0, first_line: 0 };
  let waiting = 0;
  let lf = 0;
  let cr = 0;
  // Bounds of the next continuation byte: overlong forms, surrogates and points beyond U+10FFFF are not UTF-8.
  let low = 0x80;
  let high = 0xbf;
  let pending = 0;
  const reject = (bytes: number) => {
    if (found.not_utf8 === 0) found.first_line = 1 + (lf > 0 ? lf : cr);
    found.not_utf8 += bytes;
  };
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    for (let i = 0; i < bytesRead; i++) {
      const byte = chunk[i] as number;
      if (byte >= 0x80 && WINDOWS_1252[byte] === 0) found.undefined_1252++;
      if (waiting > 0) {
        if (byte >= low && byte <= high) {
          pending++;
          low = 0x80;
          high = 0xbf;
          if (--waiting === 0) found.multi_byte++;
          continue;
        }
        reject(pending);
        waiting = 0;
      }
      if (byte < 0x80) {
        if (byte === 0x0a) lf++;
        else if (byte === 0x0d) cr++;
        continue;
      }
      waiting =
        byte >= 0xc2 && byte <= 0xdf
          ? 1
          : byte >= 0xe0 && byte <= 0xef
            ? 2
            : byte >= 0xf0 && byte <= 0xf4
              ? 3
              : 0;
      if (waiting === 0) {
        reject(1);
        continue;
      }
      pending = 1;
      low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
      high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    }
  }
  if (waiting > 0) reject(pending);
  return found;
}
