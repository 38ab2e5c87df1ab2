/**
 * Files in an agency's encoding and line ends. The engine writes (sort key, line) as plain CSV; a byte machine takes
 * the line out of it and re-encodes it, so that memory stays bounded and the lines may hold anything.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { invariant } from '../errors.ts';
import type { RegisterFile } from './lines.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;

/** 0x80 to 0x9F as CP1252.TXT of Unicode has them; a blank where the byte is undefined. Node's decoder has Latin-1 here. */
const C1 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

/** Code point -> byte of Windows-1252, for the code points it has beyond ASCII. */
const TO_WINDOWS_1252: ReadonlyMap<number, number> = new Map([
  ...[...C1].map((letter, i) => [letter.codePointAt(0) ?? 0, 0x80 + i] as const),
  ...Array.from({ length: 96 }, (_, i) => [0xa0 + i, 0xa0 + i] as const),
]);

export interface WrittenFile {
  readonly file: string;
  readonly bytes: number;
  /** Physical records, without the header. */
  readonly records: number;
  readonly sha256: string;
}

/** Takes the second column out of the engine's two-column CSV and writes it as the register's agency would. */
class Transcriber {
  records = 0;
  private state: 'key' | 'start' | 'plain' | 'quoted' | 'quote-in-quoted' = 'key';
  private pending = 0;
  private point = 0;
  private readonly lineEnd: Buffer;
  private readonly isWindows: boolean;

  constructor(file: RegisterFile) {
    this.lineEnd = Buffer.from(file.line_end);
    this.isWindows = file.encoding === 'windows-1252';
  }

  /** `target` must hold twice as many bytes as `chunk`. Returns the bytes written. */
  turn(chunk: Buffer, target: Buffer): number {
    let at = 0;
    for (const byte of chunk) {
      if (this.state === 'key') {
        if (byte === COMMA) this.state = 'start';
        continue;
      }
      if (this.state === 'start') {
        if (byte === QUOTE) {
          this.state = 'quoted';
          continue;
        }
        this.state = 'plain';
      }
      if (this.state === 'quoted' && byte === QUOTE) {
        this.state = 'quote-in-quoted';
        continue;
      }
      if (this.state === 'quote-in-quoted') this.state = byte === QUOTE ? 'quoted' : 'plain';
      if (this.state === 'plain' && byte === LF) {
        at += this.lineEnd.copy(target, at);
        this.records += 1;
        this.state = 'key';
        continue;
      }
      at = this.put(byte, target, at);
    }
    return at;
  }

  private put(byte: number, target: Buffer, at: number): number {
    if (!this.isWindows || byte < 0x80) {
      target[at] = byte;
      return at + 1;
    }
    if (byte >= 0xc0) {
      this.pending = byte >= 0xe0 ? 2 : 1;
      this.point = byte & (byte >= 0xe0 ? 0x0f : 0x1f);
      return at;
    }
    this.point = (this.point << 6) | (byte & 0x3f);
    this.pending -= 1;
    if (this.pending > 0) return at;
    const encoded = TO_WINDOWS_1252.get(this.point);
    invariant(encoded !== undefined, 'a synthetic letter that Windows-1252 does not have');
    target[at] = encoded;
    return at + 1;
  }
}

/** Turns the engine's CSV at `from` into the register's file at `to`. */
export async function transcribe(file: RegisterFile, from: string, to: string): Promise<WrittenFile> {
  const transcriber = new Transcriber(file);
  const hash = createHash('sha256');
  const out = await open(to, 'w');
  let bytes = 0;
  const write = async (piece: Buffer): Promise<void> => {
    hash.update(piece);
    bytes += piece.length;
    await out.write(piece);
  };
  try {
    const bom = file.encoding === 'utf-8-bom' ? '\ufeff' : '';
    await write(Buffer.from(`${bom}${file.header.join(file.delimiter)}${file.line_end}`));
    let target = Buffer.alloc(0);
    let isHeader = true;
    for await (const piece of createReadStream(from, { highWaterMark: 1 << 20 })) {
      let chunk = piece as Buffer;
      if (isHeader) {
        // The engine's own header is short and ends within the first piece.
        chunk = chunk.subarray(chunk.indexOf(LF) + 1);
        isHeader = false;
      }
      if (target.length < chunk.length * 2) target = Buffer.alloc(chunk.length * 2);
      await write(Buffer.from(target.subarray(0, transcriber.turn(chunk, target))));
    }
  } finally {
    await out.close();
  }
  return { file: file.file, bytes, records: transcriber.records, sha256: hash.digest('hex') };
}
