/**
 * Propensity score weighting: weights, effective sample size and balance.
 *
 * p = P(treated | covariates) from a logistic fit. Weights (Rosenbaum 1987, JASA 82:387; Robins, Hernan and Brumback 2000,
 * Epidemiology 11:550; Li, Morgan and Zaslavsky 2018, JASA 113:390 for overlap):
 *   ATE a/p + (1-a)/(1-p);  stabilised ATE pi a/p + (1-pi)(1-a)/(1-p), pi = share treated;
 *   ATT a + (1-a) p/(1-p);  overlap a (1-p) + (1-a) p.
 * Effective sample size of a group (sum w)^2 / sum w^2 (Kish 1965).
 * Standardised mean difference: difference of weighted means over the pooled standard deviation of the unweighted groups,
 * sqrt((v1 + v0)/2), v = p(1-p) with divisor n for a 0/1 covariate and the sample variance otherwise (Austin 2009, Stat. Med. 28:3083).
 */
import type { Design } from './design.ts';
import { fitLogistic, type LogisticFit } from './logistic.ts';

export type WeightKind = 'ate' | 'ate-stabilised' | 'att' | 'overlap';

/** The propensity model: one row per person, `treated` 0 or 1. */
export function fitPropensity(design: Design, treated: Float64Array): LogisticFit {
  assertBinary(treated);
  return fitLogistic({ design, trials: new Float64Array(design.rows).fill(1), successes: treated });
}

/** Infinite where p is 0 for a treated or 1 for an untreated person (no overlap). */
export function propensityWeights(
  treated: Float64Array,
  probability: Float64Array,
  kind: WeightKind,
): Float64Array {
  assertBinary(treated);
  const share = mean(treated);
  return probability.map((p, i) => {
    const isTreated = treated[i] === 1;
    if (kind === 'ate') return isTreated ? 1 / p : 1 / (1 - p);
    if (kind === 'ate-stabilised') return isTreated ? share / p : (1 - share) / (1 - p);
    if (kind === 'att') return isTreated ? 1 : p / (1 - p);
    return isTreated ? 1 - p : p;
  });
}

export interface EffectiveSize {
  readonly treated: number;
  readonly control: number;
}

export function effectiveSampleSize(treated: Float64Array, weights: Float64Array): EffectiveSize {
  const sums = { 1: { w: 0, ww: 0 }, 0: { w: 0, ww: 0 } };
  weights.forEach((w, i) => {
    const group = sums[treated[i] === 1 ? 1 : 0];
    group.w += w;
    group.ww += w * w;
  });
  return { treated: sums[1].w ** 2 / sums[1].ww, control: sums[0].w ** 2 / sums[0].ww };
}

export interface Balance {
  readonly mean_treated: number;
  readonly mean_control: number;
  readonly standardised_difference: number;
  /** Weighted variances, treated over control; NaN for a 0/1 covariate. */
  readonly variance_ratio: number;
}

/** Balance of each column of a design (leave the intercept out), under weights (all 1: unweighted). */
export function covariateBalance(
  design: Design,
  treated: Float64Array,
  weights: Float64Array,
): readonly Balance[] {
  assertBinary(treated);
  const { rows, columns, x } = design;
  return Array.from({ length: columns }, (_, c) => {
    const column = Float64Array.from({ length: rows }, (_, i) => x[i * columns + c] as number);
    const isBinary = new Set(column).size === 2;
    const groups = [1, 0].map((g) => {
      const rowsOf = [...column.keys()].filter((i) => treated[i] === g);
      const values = Float64Array.from(rowsOf, (i) => column[i] as number);
      const w = Float64Array.from(rowsOf, (i) => weights[i] as number);
      return { values, w, plain: mean(values), weighted: weightedMean(values, w) };
    });
    const [one, zero] = groups as [(typeof groups)[0], (typeof groups)[0]];
    const spread = (g: typeof one): number =>
      isBinary ? g.plain * (1 - g.plain) : squaresAbout(g.values, g.plain) / (g.values.length - 1);
    return {
      mean_treated: one.weighted,
      mean_control: zero.weighted,
      standardised_difference: (one.weighted - zero.weighted) / Math.sqrt((spread(one) + spread(zero)) / 2),
      variance_ratio: isBinary ? Number.NaN : weightedVariance(one) / weightedVariance(zero),
    };
  });
}

/** Area under the ROC curve of p for treatment: P(p treated > p control), ties counted half. */
export function concordance(treated: Float64Array, probability: Float64Array): number {
  const order = [...probability.keys()].sort(
    (a, b) => (probability[a] as number) - (probability[b] as number),
  );
  let rankSum = 0;
  let n1 = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && probability[order[to] as number] === probability[order[from] as number]) to++;
    for (let at = from; at < to; at++) {
      if (treated[order[at] as number] === 1) {
        rankSum += (from + 1 + to) / 2;
        n1++;
      }
    }
    from = to;
  }
  const n0 = order.length - n1;
  return (rankSum - (n1 * (n1 + 1)) / 2) / (n1 * n0);
}

function assertBinary(treated: Float64Array): void {
  for (const a of treated) if (a !== 0 && a !== 1) throw new RangeError('propensity: treated must be 0 or 1');
}

function mean(v: Float64Array): number {
  return v.reduce((sum, value) => sum + value, 0) / v.length;
}

function weightedMean(v: Float64Array, w: Float64Array): number {
  let sum = 0;
  let total = 0;
  v.forEach((value, i) => {
    sum += (w[i] as number) * value;
    total += w[i] as number;
  });
  return sum / total;
}

function squaresAbout(v: Float64Array, centre: number): number {
  return v.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}

/** Unbiased for reliability weights: sum w (x - m)^2 / (sum w - sum w^2 / sum w). */
function weightedVariance(g: { values: Float64Array; w: Float64Array; weighted: number }): number {
  let squares = 0;
  let w = 0;
  let ww = 0;
  g.values.forEach((value, i) => {
    const weight = g.w[i] as number;
    squares += weight * (value - g.weighted) ** 2;
    w += weight;
    ww += weight * weight;
  });
  return squares / (w - ww / w);
}
