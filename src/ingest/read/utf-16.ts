/**
 * UTF-16 to and from the scan form: bytes in which every delimiter, quote and line end is its ASCII byte, and from
 * which the raw bytes can be had back exactly.
 *
 * A code point becomes its UTF-8; a lone surrogate becomes the three bytes its number would have (ED A0..BF xx, which
 * strict UTF-8 forbids, so that a record with one fails validation); an odd last byte b becomes FF, 80|b>>6, 80|b&3F.
 */
import { isUtf8 } from 'node:buffer';

const ODD = 0xff;

/** Bytes of scan form that `length` bytes of UTF-16 can give at most. */
export function scanCapacity(length: number): number {
  return Math.ceil(length / 2) * 3 + 8;
}

/** Whole code points of `raw` that can be turned: all but an odd byte or a high surrogate at the end. */
export function wholeUnits(raw: Buffer, length: number, bigEndian: boolean): number {
  const even = length & ~1;
  if (even === 0) return 0;
  const high = raw[bigEndian ? even - 2 : even - 1] as number;
  return high >= 0xd8 && high <= 0xdb ? even - 2 : even;
}

/** Turns `length` (even) bytes of UTF-16 into the scan form at `target[at]`; returns how many bytes it wrote. */
export function toScan(raw: Buffer, length: number, bigEndian: boolean, target: Buffer, at: number): number {
  const units = raw.subarray(0, length);
  if (bigEndian) units.swap16();
  const text = units.toString('utf16le');
  if (!/\p{Surrogate}/u.test(text)) return target.write(text, at, 'utf8');
  let o = at;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point >= 0xd800 && point <= 0xdfff) {
      target[o++] = 0xe0 | (point >> 12);
      target[o++] = 0x80 | ((point >> 6) & 0x3f);
      target[o++] = 0x80 | (point & 0x3f);
    } else {
      o += target.write(character, o, 'utf8');
    }
  }
  return o - at;
}

/** The odd last byte of a damaged file. */
export function oddToScan(byte: number, target: Buffer, at: number): number {
  target[at] = ODD;
  target[at + 1] = 0x80 | (byte >> 6);
  target[at + 2] = 0x80 | (byte & 0x3f);
  return 3;
}

/** The raw bytes that `scan`, a piece of scan form cut between code points, came from. */
export function fromScan(scan: Buffer, bigEndian: boolean): Buffer {
  const odd = scan.lastIndexOf(ODD);
  const body = odd === -1 ? scan : scan.subarray(0, odd);
  const raw = isUtf8(body) ? Buffer.from(body.toString('utf8'), 'utf16le') : surrogatesBack(body);
  if (bigEndian) raw.swap16();
  if (odd === -1) return raw;
  return Buffer.concat([
    raw,
    Buffer.from([(((scan[odd + 1] as number) & 0x3f) << 6) | ((scan[odd + 2] as number) & 0x3f)]),
  ]);
}

function surrogatesBack(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (let i = 0; i < body.length; i++) {
    if (body[i] !== 0xed || (body[i + 1] as number) < 0xa0) continue;
    pieces.push(Buffer.from(body.toString('utf8', from, i), 'utf16le'));
    const unit = 0xd000 | (((body[i + 1] as number) & 0x3f) << 6) | ((body[i + 2] as number) & 0x3f);
    pieces.push(Buffer.from([unit & 0xff, unit >> 8]));
    i += 2;
    from = i + 1;
  }
  pieces.push(Buffer.from(body.toString('utf8', from), 'utf16le'));
  return Buffer.concat(pieces);
}
