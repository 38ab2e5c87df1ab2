/**
 * Pairs of treated and comparison persons: nearest neighbour on a score, one to one, without replacement.
 *
 * Greedy, treated persons in descending order of the score, so that those with the fewest neighbours choose first; each
 * takes the unused comparison person of the same stratum whose score is nearest, if it lies within the caliper. Ties go to
 * the earlier row, of equal distances on either side to the higher score: the same rows give the same pairs.
 * Rosenbaum and Rubin (1985), Am. Statistician 39:33; caliper of 0.2 standard deviations of the logit of the propensity:
 * Austin (2011), Pharm. Stat. 10:150. Cost n log n.
 */
export interface Matchable {
  /** 1 treated, 0 comparison; one row a person. */
  readonly treated: Float64Array;
  /** What must be near: the logit of a propensity. Finite. */
  readonly score: Float64Array;
  /** Pairs are made within equal values only; left out: one stratum. */
  readonly stratum?: Int32Array;
  /** Greatest distance of a pair on the scale of the score; left out: any. */
  readonly caliper?: number;
}

export interface MatchedPairs {
  /** Rows of the pairs, in the order in which they were made. */
  readonly treated: Int32Array;
  readonly comparison: Int32Array;
}

export function matchPairs({
  treated,
  score,
  stratum,
  caliper = Number.POSITIVE_INFINITY,
}: Matchable): MatchedPairs {
  for (const s of score) if (!Number.isFinite(s)) throw new RangeError('matching: a score is not finite');
  const at = (i: number): number => score[i] as number;
  const pools = new Map<number, Pool>();
  const waiting: number[] = [];
  const byStratum = new Map<number, number[]>();
  for (let i = 0; i < treated.length; i++) {
    if (treated[i] === 1) waiting.push(i);
    else {
      const key = stratum?.[i] ?? 0;
      const rows = byStratum.get(key) ?? [];
      byStratum.set(key, rows);
      rows.push(i);
    }
  }
  for (const [key, rows] of byStratum) pools.set(key, poolOf(rows.sort((a, b) => at(a) - at(b) || a - b)));
  waiting.sort((a, b) => at(b) - at(a) || a - b);
  const pairs: [number, number][] = [];
  for (const i of waiting) {
    const pool = pools.get(stratum?.[i] ?? 0);
    if (pool === undefined) continue;
    const taken = takeNearest(pool, at, at(i), caliper);
    if (taken !== undefined) pairs.push([i, taken]);
  }
  return {
    treated: Int32Array.from(pairs, ([i]) => i),
    comparison: Int32Array.from(pairs, ([, j]) => j),
  };
}

/** Rows in ascending order of the score; `up` and `down` lead to the next unused place, with paths shortened as they are walked. */
interface Pool {
  readonly rows: readonly number[];
  readonly up: Int32Array;
  readonly down: Int32Array;
}

function poolOf(rows: readonly number[]): Pool {
  // Place k of the rows is k + 1 here, so that 0 and n + 1 are the ends.
  const places = Int32Array.from({ length: rows.length + 2 }, (_, k) => k);
  return { rows, up: places, down: places.slice() };
}

function follow(next: Int32Array, from: number): number {
  let end = from;
  while (next[end] !== end) end = next[end] as number;
  for (let k = from; next[k] !== end; ) {
    const after = next[k] as number;
    next[k] = end;
    k = after;
  }
  return end;
}

function takeNearest(
  pool: Pool,
  at: (row: number) => number,
  wanted: number,
  caliper: number,
): number | undefined {
  const { rows, up, down } = pool;
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(rows[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  const above = follow(up, low + 1);
  const below = follow(down, low);
  const distance = (place: number): number =>
    place < 1 || place > rows.length
      ? Number.POSITIVE_INFINITY
      : Math.abs(at(rows[place - 1] as number) - wanted);
  const place = distance(above) <= distance(below) ? above : below;
  if (!(distance(place) <= caliper) || distance(place) === Number.POSITIVE_INFINITY) return undefined;
  up[place] = place + 1;
  down[place] = place - 1;
  return rows[place - 1];
}
