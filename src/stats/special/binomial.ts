/**
 * Binomial distribution of n trials with probability p: probabilities by Loader's (2000) saddle-point form, tails by the incomplete beta function.
 */
import { regularisedBeta } from './beta.ts';
import { devianceTerm, stirlingError } from './gamma.ts';

/** log P(X = count); q = 1 - p can be passed where it is known better. */
export function logBinomial(count: number, n: number, p: number, q = 1 - p): number {
  if (!(n >= 0 && p >= 0 && p <= 1) || !Number.isInteger(n) || Number.isNaN(count)) return Number.NaN;
  if (count < 0 || count > n || !Number.isInteger(count)) return Number.NEGATIVE_INFINITY;
  return logBinomialReal(count, n - count, p, q);
}

/** The same formula for real numbers count, rest >= 0 of successes and failures, which the negative binomial needs; not checked. */
export function logBinomialReal(count: number, rest: number, p: number, q: number): number {
  if (p === 0) return count === 0 ? 0 : Number.NEGATIVE_INFINITY;
  if (q === 0) return rest === 0 ? 0 : Number.NEGATIVE_INFINITY;
  if (count === 0) return rest === 0 ? 0 : rest * (p < 0.1 ? Math.log1p(-p) : Math.log(q));
  if (rest === 0) return count * (q < 0.1 ? Math.log1p(-q) : Math.log(p));
  const n = count + rest;
  return (
    stirlingError(n) -
    stirlingError(count) -
    stirlingError(rest) -
    devianceTerm(count, n * p) -
    devianceTerm(rest, n * q) -
    0.5 * Math.log(2 * Math.PI * count * (rest / n))
  );
}

/** P(X = count). */
export function binomialProbability(count: number, n: number, p: number): number {
  return Math.exp(logBinomial(count, n, p));
}

/** P(X <= count). */
export function binomialCdf(count: number, n: number, p: number): number {
  if (!(n >= 0 && p >= 0 && p <= 1) || Number.isNaN(count)) return Number.NaN;
  const k = Math.floor(count);
  if (k < 0) return 0;
  if (k >= n) return 1;
  return regularisedBeta(1 - p, n - k, k + 1, p);
}

/** P(X > count). */
export function binomialUpper(count: number, n: number, p: number): number {
  if (!(n >= 0 && p >= 0 && p <= 1) || Number.isNaN(count)) return Number.NaN;
  const k = Math.floor(count);
  if (k < 0) return 1;
  if (k >= n) return 0;
  return regularisedBeta(p, k + 1, n - k);
}
