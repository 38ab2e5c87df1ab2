/**
 * Exact null distributions of the signed-rank statistic and of the Mann-Whitney statistic without ties, by counting (all terms positive, so that
 * nothing cancels): cumulative probabilities P(S <= s), s = 0, 1, ...
 */

/** Signed rank: sum of a random subset of 1..n; index s = 0..n (n + 1) / 2. */
export function signedRankCdf(n: number): Float64Array {
  const largest = (n * (n + 1)) / 2;
  const probability = new Float64Array(largest + 1);
  probability[0] = 1;
  let reach = 0;
  for (let rank = 1; rank <= n; rank++) {
    reach += rank;
    for (let s = reach; s >= 0; s--) {
      const without = probability[s] as number;
      const withRank = s >= rank ? (probability[s - rank] as number) : 0;
      probability[s] = (without + withRank) / 2;
    }
  }
  return cumulative(probability);
}

/** Mann-Whitney: number of pairs (i, j) with x_i > y_j for samples of m and n; index u = 0..m n. */
export function rankSumCdf(m: number, n: number): Float64Array {
  const largest = m * n;
  // chosen[k * (largest + 1) + u]: share of the ways to have k of the first `seen` ranks in sample x with statistic u, built rank by rank:
  // giving rank r = k + j (k earlier x, j earlier y) to x adds j pairs.
  const width = largest + 1;
  let now = new Float64Array((m + 1) * width);
  now[0] = 1;
  for (let seen = 0; seen < m + n; seen++) {
    const next = new Float64Array((m + 1) * width);
    for (let k = 0; k <= Math.min(m, seen); k++) {
      const j = seen - k;
      if (j > n) continue;
      // With k of m and j of n placed, the next rank is an x with probability (m - k) / (m + n - seen).
      const toX = (m - k) / (m + n - seen);
      for (let u = 0; u <= k * j; u++) {
        const p = now[k * width + u] as number;
        if (p === 0) continue;
        if (k < m) next[(k + 1) * width + u + j] = (next[(k + 1) * width + u + j] as number) + p * toX;
        if (j < n) next[k * width + u] = (next[k * width + u] as number) + p * (1 - toX);
      }
    }
    now = next;
  }
  return cumulative(now.slice(m * width, (m + 1) * width));
}

/** The smallest index with cumulative probability at least `tail`. */
export function tailIndex(cdf: Float64Array, tail: number): number {
  let index = 0;
  while (index < cdf.length - 1 && (cdf[index] as number) < tail) index++;
  return index;
}

function cumulative(probability: Float64Array): Float64Array {
  let sum = 0;
  return probability.map((p) => {
    sum += p;
    return sum;
  });
}
