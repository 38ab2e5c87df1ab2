/**
 * Intervals and tests from an estimate and its covariance (model, quasi or robust: the caller chooses which).
 *
 * With `df` left out the reference is the normal or chi-square distribution; with `df` it is t or F (quasi-Poisson n - k,
 * few clusters: Satterthwaite, or G - 1). Rao (1973), Linear Statistical Inference, section 6e.
 */
import { chiSquareUpper } from '../special/chisq.ts';
import { fUpper } from '../special/f-distribution.ts';
import { normalQuantile, normalUpper } from '../special/normal.ts';
import { studentQuantile, studentUpper } from '../special/student.ts';
import { gatherMatrix } from './design.ts';
import { dotProduct, solveSymmetric } from './normal-equations.ts';

export interface WaldInterval {
  readonly estimate: number;
  readonly se: number;
  readonly statistic: number;
  /** Two-sided, against zero. */
  readonly p: number;
  readonly lower: number;
  readonly upper: number;
}

/** estimate +- quantile x se; every field is NaN when the estimate is (aliased). */
export function waldInterval(
  estimate: number,
  se: number,
  options: { readonly level?: number; readonly df?: number } = {},
): WaldInterval {
  const tail = (1 + (options.level ?? 0.95)) / 2;
  const statistic = estimate / se;
  const df = options.df;
  const quantile = df === undefined ? normalQuantile(tail) : studentQuantile(tail, df);
  const upperTail =
    df === undefined ? normalUpper(Math.abs(statistic)) : studentUpper(Math.abs(statistic), df);
  return {
    estimate,
    se,
    statistic,
    p: Math.min(1, 2 * upperTail),
    lower: estimate - quantile * se,
    upper: estimate + quantile * se,
  };
}

export type TestOutcome =
  | {
      readonly status: 'tested';
      /** Chi-square on `df`, or F on (`df`, `df_denominator`). */
      readonly statistic: number;
      readonly df: number;
      readonly df_denominator?: number;
      readonly p: number;
    }
  /** The covariance of these coefficients is singular: aliased columns, or fewer clusters than coefficients. */
  | { readonly status: 'singular' };

/** Joint test that the coefficients of `columns` are all zero: b' V^-1 b. */
export function jointWaldTest(
  coefficient: Float64Array,
  covariance: Float64Array,
  columns: readonly number[],
  options: { readonly df_denominator?: number } = {},
): TestOutcome {
  const q = columns.length;
  const b = Float64Array.from(columns, (k) => coefficient[k] as number);
  const v = gatherMatrix(covariance, columns, coefficient.length);
  return quadraticTest(b, v, q, options.df_denominator);
}

/** Test that `contrasts` (rows of weights on the coefficients) are all zero. Aliased coefficients must have weight 0. */
export function contrastTest(
  coefficient: Float64Array,
  covariance: Float64Array,
  contrasts: readonly Float64Array[],
  options: { readonly df_denominator?: number } = {},
): TestOutcome {
  const q = contrasts.length;
  const b = Float64Array.from(contrasts, (c) => linearCombination(coefficient, covariance, c).estimate);
  const v = new Float64Array(q * q);
  contrasts.forEach((c, i) => {
    contrasts.forEach((d, j) => {
      v[i * q + j] = bilinearSkippingZeros(c, covariance, d);
    });
  });
  return quadraticTest(b, v, q, options.df_denominator);
}

/** w'b and its standard error. */
export function linearCombination(
  coefficient: Float64Array,
  covariance: Float64Array,
  weights: Float64Array,
): { readonly estimate: number; readonly se: number } {
  let estimate = 0;
  weights.forEach((w, k) => {
    if (w !== 0) estimate += w * (coefficient[k] as number);
  });
  return { estimate, se: Math.sqrt(bilinearSkippingZeros(weights, covariance, weights)) };
}

/** Twice the difference in log-likelihood of nested models on the same data. */
export function likelihoodRatioTest(
  smaller: { readonly log_likelihood: number; readonly rank: number },
  larger: { readonly log_likelihood: number; readonly rank: number },
): TestOutcome {
  const df = larger.rank - smaller.rank;
  if (df <= 0) return { status: 'singular' };
  const statistic = Math.max(0, 2 * (larger.log_likelihood - smaller.log_likelihood));
  return { status: 'tested', statistic, df, p: chiSquareUpper(statistic, df) };
}

function quadraticTest(
  b: Float64Array,
  v: Float64Array,
  q: number,
  denominator: number | undefined,
): TestOutcome {
  const solved = q === 0 || v.some((value) => !Number.isFinite(value)) ? null : solveSymmetric(v, b, q);
  if (solved === null) return { status: 'singular' };
  const chi = dotProduct(b, solved);
  if (denominator === undefined)
    return { status: 'tested', statistic: chi, df: q, p: chiSquareUpper(chi, q) };
  const f = chi / q;
  return { status: 'tested', statistic: f, df: q, df_denominator: denominator, p: fUpper(f, q, denominator) };
}

/** x'Ay where a NaN of an aliased column counts only if its weights are not zero. */
function bilinearSkippingZeros(x: Float64Array, a: Float64Array, y: Float64Array): number {
  const order = x.length;
  let total = 0;
  for (let i = 0; i < order; i++) {
    if (x[i] === 0) continue;
    for (let j = 0; j < order; j++) {
      if (y[j] === 0) continue;
      total += (x[i] as number) * (a[i * order + j] as number) * (y[j] as number);
    }
  }
  return total;
}
