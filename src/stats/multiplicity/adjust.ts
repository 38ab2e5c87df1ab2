/**
 * P-values adjusted for the number of tests. NaN stays NaN and does not count as a test.
 *
 * Family-wise error: Bonferroni; Holm (1979, Scand J Statist 6:65); Hochberg (1988, Biometrika 75:800) and Hommel (1988, Biometrika 75:383; algorithm of
 * Wright 1992, Biometrics 48:1005), which both need independence or positive dependence. False discovery rate: Benjamini and Hochberg (1995,
 * JRSS B 57:289), and Benjamini and Yekutieli (2001, Ann Statist 29:1165) under any dependence.
 */
export type Adjustment =
  | 'bonferroni'
  | 'holm'
  | 'hochberg'
  | 'hommel'
  | 'benjamini-hochberg'
  | 'benjamini-yekutieli';

/** Adjusted p-values in the order of the input. */
export function adjustPValues(p: ArrayLike<number>, method: Adjustment): Float64Array {
  const out = new Float64Array(p.length).fill(Number.NaN);
  const order: number[] = [];
  for (let i = 0; i < p.length; i++) if (!Number.isNaN(p[i])) order.push(i);
  order.sort((a, b) => (p[a] as number) - (p[b] as number));
  const sorted = Float64Array.from(order, (i) => p[i] as number);
  ADJUST[method](sorted).forEach((value, k) => {
    out[order[k] as number] = Math.min(1, value);
  });
  return out;
}

/** Each takes and returns values in ascending order of p. */
const ADJUST: Record<Adjustment, (sorted: Float64Array) => Float64Array> = {
  bonferroni: (sorted) => sorted.map((p) => p * sorted.length),
  holm: (sorted) => stepDown(sorted.map((p, k) => p * (sorted.length - k))),
  hochberg: (sorted) => stepUp(sorted.map((p, k) => p * (sorted.length - k))),
  hommel,
  'benjamini-hochberg': (sorted) => stepUp(sorted.map((p, k) => (p * sorted.length) / (k + 1))),
  'benjamini-yekutieli': (sorted) => {
    let harmonic = 0;
    for (let k = 1; k <= sorted.length; k++) harmonic += 1 / k;
    return stepUp(sorted.map((p, k) => (harmonic * p * sorted.length) / (k + 1)));
  },
};

/** Running maximum from the smallest p. */
function stepDown(values: Float64Array): Float64Array {
  let largest = 0;
  return values.map((value) => {
    largest = Math.max(largest, value);
    return largest;
  });
}

/** Running minimum from the largest p. */
function stepUp(values: Float64Array): Float64Array {
  let smallest = Number.POSITIVE_INFINITY;
  const out = values.slice();
  for (let k = out.length - 1; k >= 0; k--) {
    smallest = Math.min(smallest, out[k] as number);
    out[k] = smallest;
  }
  return out;
}

/** Largest Simes p-value over the intersections that contain each hypothesis, one size m of intersection at a time. */
function hommel(sorted: Float64Array): Float64Array {
  const n = sorted.length;
  const p = (k: number) => sorted[k] as number;
  let simes = Number.POSITIVE_INFINITY;
  for (let k = 0; k < n; k++) simes = Math.min(simes, (n * p(k)) / (k + 1));
  const adjusted = new Float64Array(n).fill(simes);
  for (let m = n - 1; m >= 2; m--) {
    // The worst intersection of size m that contains hypothesis k takes the m - 1 largest p-values (or the m largest) beside it.
    let rest = Number.POSITIVE_INFINITY;
    for (let j = 2; j <= m; j++) rest = Math.min(rest, (m * p(n - m + j - 1)) / j);
    const last = n - m;
    for (let k = 0; k < n; k++) {
      const simesOfSize = k <= last ? Math.min(m * p(k), rest) : Math.min(m * p(last), rest);
      adjusted[k] = Math.max(adjusted[k] as number, simesOfSize);
    }
  }
  return adjusted.map((value, k) => Math.max(value, p(k)));
}
