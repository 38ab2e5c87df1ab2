/**
 * Order statistics of all Walsh averages (x_i + x_j) / 2, i <= j, or of all differences x_i - y_j, without making the pairs.
 *
 * Pairs at most v are counted in linear time on sorted data; bisection on v, then steps to the next larger pair value, give the k-th smallest
 * exactly (Johnson and Mizoguchi 1978, SIAM J. Computing 7:147, for the counting). Memory is linear in the number of observations.
 */
export interface PairValues {
  /** Number of pairs. */
  count: number;
  lowest: number;
  highest: number;
  countAtMost: (v: number) => number;
  /** The smallest pair value above v; Infinity when there is none. */
  nextAbove: (v: number) => number;
}

/** Walsh averages of n >= 1 numbers. */
export function walshAverages(values: ArrayLike<number>): PairValues {
  const x = Float64Array.from(values).sort();
  const n = x.length;
  // For each i, the number of j with (x_i + x_j) / 2 <= v falls as i grows.
  const countAtMost = (v: number): number => {
    let total = 0;
    let j = n;
    for (let i = 0; i < n; i++) {
      while (j > 0 && ((x[i] as number) + (x[j - 1] as number)) / 2 > v) j--;
      if (j <= i) break;
      total += j - i;
    }
    return total;
  };
  const nextAbove = (v: number): number => {
    let next = Number.POSITIVE_INFINITY;
    let j = n;
    for (let i = 0; i < n; i++) {
      while (j > 0 && ((x[i] as number) + (x[j - 1] as number)) / 2 > v) j--;
      const first = Math.max(j, i);
      if (first < n) next = Math.min(next, ((x[i] as number) + (x[first] as number)) / 2);
    }
    return next;
  };
  return {
    count: (n * (n + 1)) / 2,
    lowest: x[0] as number,
    highest: x[n - 1] as number,
    countAtMost,
    nextAbove,
  };
}

/** Differences x_i - y_j of m >= 1 and n >= 1 numbers. */
export function pairwiseDifferences(xs: ArrayLike<number>, ys: ArrayLike<number>): PairValues {
  const x = Float64Array.from(xs).sort();
  const y = Float64Array.from(ys).sort();
  const m = x.length;
  const n = y.length;
  // x_i - y_j <= v for all j from some first j on; that first j grows with i.
  const countAtMost = (v: number): number => {
    let total = 0;
    let j = 0;
    for (let i = 0; i < m; i++) {
      while (j < n && (x[i] as number) - (y[j] as number) > v) j++;
      total += n - j;
    }
    return total;
  };
  const nextAbove = (v: number): number => {
    let next = Number.POSITIVE_INFINITY;
    let j = 0;
    for (let i = 0; i < m; i++) {
      while (j < n && (x[i] as number) - (y[j] as number) > v) j++;
      if (j > 0) next = Math.min(next, (x[i] as number) - (y[j - 1] as number));
    }
    return next;
  };
  return {
    count: m * n,
    lowest: (x[0] as number) - (y[n - 1] as number),
    highest: (x[m - 1] as number) - (y[0] as number),
    countAtMost,
    nextAbove,
  };
}

/** The k-th smallest pair value, k = 1..count; -Infinity below and Infinity above that range. */
export function kthSmallest(pairs: PairValues, k: number): number {
  if (k < 1) return Number.NEGATIVE_INFINITY;
  if (k > pairs.count) return Number.POSITIVE_INFINITY;
  if (pairs.countAtMost(pairs.lowest) >= k) return pairs.lowest;
  let below = pairs.lowest;
  let reached = pairs.highest;
  for (let i = 0; i < 60; i++) {
    const middle = below + (reached - below) / 2;
    if (!(middle > below && middle < reached)) break;
    if (pairs.countAtMost(middle) >= k) reached = middle;
    else below = middle;
  }
  let value = pairs.nextAbove(below);
  while (pairs.countAtMost(value) < k) value = pairs.nextAbove(value);
  return value;
}

/** Median of the pair values: the Hodges-Lehmann estimate. */
export function pairMedian(pairs: PairValues): number {
  const half = Math.floor(pairs.count / 2);
  if (pairs.count % 2 === 1) return kthSmallest(pairs, half + 1);
  return (kthSmallest(pairs, half) + kthSmallest(pairs, half + 1)) / 2;
}
