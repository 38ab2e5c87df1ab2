/**
 * Rows of a design that are equal. A model that sees rows only through x'beta needs each distinct row once; person-periods with
 * a dozen coded covariates repeat theirs many times over.
 *
 * Rows are compared by the bits of their numbers, found by a hash table with open addressing; one pass, order of first appearance.
 */
import type { Design } from './design.ts';

export interface Patterns {
  /** The distinct rows. */
  readonly design: Design;
  /** Pattern of each row. */
  readonly of: Int32Array;
}

/** Fewer rows than this are not worth a search, and keep the last digit of what they gave before. */
const WORTHWHILE = 20_000;

/** The distinct rows where they are at most a third of a large design; otherwise null. */
export function findPatterns(design: Design): Patterns | null {
  const { rows, columns, x } = design;
  if (rows < WORTHWHILE || columns === 0) return null;
  const most = Math.floor(rows / 3);
  const words = new Int32Array(x.buffer, x.byteOffset, 2 * x.length);
  const width = 2 * columns;
  const distinct = new Float64Array(most * columns);
  const known_words = new Int32Array(distinct.buffer);
  let size = 1;
  while (size < 2 * most) size *= 2;
  const slots = new Int32Array(size).fill(-1);
  const of = new Int32Array(rows);
  let found = 0;
  for (let i = 0; i < rows; i++) {
    const base = i * width;
    let hash = 0;
    for (let k = 0; k < width; k += 2) {
      hash ^= (words[base + k + 1] as number) ^ Math.imul(words[base + k] as number, 0x85ebca6b);
      hash = Math.imul(hash, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    let slot = hash & (size - 1);
    for (;;) {
      const known = slots[slot] as number;
      if (known < 0) {
        if (found === most) return null;
        slots[slot] = found;
        known_words.set(words.subarray(base, base + width), found * width);
        of[i] = found++;
        break;
      }
      const at = known * width;
      let k = 0;
      while (k < width && words[base + k] === known_words[at + k]) k++;
      if (k === width) {
        of[i] = known;
        break;
      }
      slot = (slot + 1) & (size - 1);
    }
  }
  return { design: { rows: found, columns, x: distinct.slice(0, found * columns) }, of };
}

/** Sums of a value per row over the rows of each pattern. */
export function sumByPattern(patterns: Patterns, values: Float64Array): Float64Array {
  const sums = new Float64Array(patterns.design.rows);
  for (let i = 0; i < values.length; i++) {
    const g = patterns.of[i] as number;
    sums[g] = (sums[g] as number) + (values[i] as number);
  }
  return sums;
}
