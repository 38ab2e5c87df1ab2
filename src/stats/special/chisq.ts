/**
 * Chi-square distribution with df degrees of freedom (any df > 0): gamma with shape df / 2 and scale 2.
 */
import {
  gammaQuantile,
  gammaQuantileUpper,
  logRegularisedGammaQ,
  regularisedGammaP,
  regularisedGammaQ,
} from './incomplete-gamma.ts';

/** P(X <= x). */
export function chiSquareCdf(x: number, df: number): number {
  return x < 0 ? 0 : regularisedGammaP(df / 2, x / 2);
}

/** P(X > x): the p-value of a chi-square statistic. */
export function chiSquareUpper(x: number, df: number): number {
  return x < 0 ? 1 : regularisedGammaQ(df / 2, x / 2);
}

/** log P(X > x), also where it underflows. */
export function logChiSquareUpper(x: number, df: number): number {
  return x < 0 ? 0 : logRegularisedGammaQ(df / 2, x / 2);
}

/** x with P(X <= x) = p. */
export function chiSquareQuantile(p: number, df: number): number {
  return gammaQuantile(p, df / 2, 2);
}

/** x with P(X > x) = q. */
export function chiSquareQuantileUpper(q: number, df: number): number {
  return gammaQuantileUpper(q, df / 2, 2);
}
