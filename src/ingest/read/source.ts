/**
 * The bytes of a register file, once through, in scan form: bytes in which delimiters, quotes and line ends are
 * their ASCII bytes. UTF-8 and Windows-1252 are scanned as they stand; UTF-16 is turned (utf-16.ts). SHA-256 and
 * size of the raw file are taken in the same pass, byte-order mark included.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { StudyError } from '../../errors.ts';
import type { Encoding } from './account.ts';
import { fromScan, oddToScan, scanCapacity, toScan, wholeUnits } from './utf-16.ts';

const RAW_CHUNK = 1 << 20;
/** UTF-16 that may wait for the rest of its code point. */
const HELD_BYTES = 4;

/** Room a target must have for one `read`. */
export const READ_ROOM: number = scanCapacity(RAW_CHUNK + HELD_BYTES);

/** Opens a file of the study for reading, or says what is wrong with it. */
export async function openSource(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new StudyError('E-SOURCE-MISSING', `the file can not be opened (${code})`, {
      place: { file: path },
    });
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new StudyError('E-SOURCE-MISSING', 'this is not a file', { place: { file: path } });
}

/** The part of an open file that a source needs. */
export interface RandomAccess {
  read(target: Buffer, at: number, length: number, position: number): Promise<{ bytesRead: number }>;
}

export class ScanSource {
  /** Raw bytes read so far. */
  bytes = 0;
  private readonly hash = createHash('sha256');
  private readonly handle: RandomAccess;
  private readonly encoding: Encoding;
  private readonly chunk_bytes: number;
  private bom_bytes: number;
  /** UTF-16 only: raw bytes, of which the first `held` wait for the rest of their code point. */
  private readonly raw: Buffer;
  private held = 0;

  /** `chunk_bytes` is how much is read at once; tests make it small, to cut the file anywhere. */
  constructor(handle: RandomAccess, encoding: Encoding, bom_bytes: number, chunk_bytes: number = RAW_CHUNK) {
    this.handle = handle;
    this.encoding = encoding;
    this.bom_bytes = bom_bytes;
    this.chunk_bytes = chunk_bytes;
    this.raw = isUtf16(encoding) ? Buffer.allocUnsafe(chunk_bytes + HELD_BYTES) : Buffer.alloc(0);
  }

  /** Appends scan bytes at `target[at]`, which must have READ_ROOM; 0 means the file has ended. */
  async read(target: Buffer, at: number): Promise<number> {
    return isUtf16(this.encoding) ? this.readUtf16(target, at) : this.readBytes(target, at);
  }

  /** SHA-256 of everything read. */
  digest(): string {
    return this.hash.digest('hex');
  }

  private async readBytes(target: Buffer, at: number): Promise<number> {
    for (;;) {
      const { bytesRead } = await this.handle.read(target, at, this.chunk_bytes, this.bytes);
      if (bytesRead === 0) return 0;
      this.take(target.subarray(at, at + bytesRead));
      const skipped = Math.min(this.bom_bytes, bytesRead);
      if (skipped === 0) return bytesRead;
      this.bom_bytes -= skipped;
      if (skipped === bytesRead) continue;
      target.copyWithin(at, at + skipped, at + bytesRead);
      return bytesRead - skipped;
    }
  }

  private async readUtf16(target: Buffer, at: number): Promise<number> {
    const { raw } = this;
    const bigEndian = this.encoding === 'utf-16be';
    for (;;) {
      const { bytesRead } = await this.handle.read(raw, this.held, this.chunk_bytes, this.bytes);
      this.take(raw.subarray(this.held, this.held + bytesRead));
      let length = this.held + bytesRead;
      const skipped = Math.min(this.bom_bytes, length);
      if (skipped > 0) {
        raw.copyWithin(0, skipped, length);
        this.bom_bytes -= skipped;
        length -= skipped;
      }
      if (bytesRead === 0) {
        // The end: a high surrogate that waited is lone, and an odd byte is damage.
        const odd = length % 2 === 1 ? (raw[length - 1] as number) : -1;
        this.held = 0;
        const written = toScan(raw, length - (length % 2), bigEndian, target, at);
        return odd === -1 ? written : written + oddToScan(odd, target, at + written);
      }
      const whole = wholeUnits(raw, length, bigEndian);
      const written = toScan(raw, whole, bigEndian, target, at);
      raw.copyWithin(0, whole, length);
      this.held = length - whole;
      if (written > 0) return written;
    }
  }

  private take(raw: Buffer): void {
    this.bytes += raw.length;
    this.hash.update(raw);
  }
}

/** The raw bytes of the file that a piece of scan form came from. */
export function rawBytes(scan: Buffer, encoding: Encoding): Buffer {
  return isUtf16(encoding) ? fromScan(scan, encoding === 'utf-16be') : scan;
}

function isUtf16(encoding: Encoding): boolean {
  return encoding === 'utf-16le' || encoding === 'utf-16be';
}
