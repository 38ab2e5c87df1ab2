/**
 * Fisher's F with d1 and d2 degrees of freedom, through the incomplete beta:
 * P(F > f) = I_y(d2 / 2, d1 / 2), y = d2 / (d2 + d1 f) (Abramowitz and Stegun 26.6.2). With d2 above 1e15, Infinity included, it is chi-square / d1
 * to double precision.
 */
import { betaQuantilePair, regularisedBeta } from './beta.ts';
import { chiSquareQuantile, chiSquareUpper } from './chisq.ts';

const CHI_SQUARE_ABOVE = 1e15;

/** P(F > f). */
export function fUpper(f: number, d1: number, d2: number): number {
  if (!(d1 > 0 && d2 > 0) || Number.isNaN(f)) return Number.NaN;
  if (f <= 0) return 1;
  if (f === Number.POSITIVE_INFINITY) return 0;
  if (d2 > CHI_SQUARE_ABOVE) return chiSquareUpper(d1 * f, d1);
  const ratio = (d1 / d2) * f;
  const y = 1 / (1 + ratio);
  const x = ratio > 1 ? 1 / (1 + 1 / ratio) : ratio / (1 + ratio);
  return regularisedBeta(y, d2 / 2, d1 / 2, x);
}

/** P(F <= f). */
export function fCdf(f: number, d1: number, d2: number): number {
  return f > 0 && d2 <= CHI_SQUARE_ABOVE ? fUpper(1 / f, d2, d1) : 1 - fUpper(f, d1, d2);
}

/** f with P(F <= f) = p. */
export function fQuantile(p: number, d1: number, d2: number): number {
  if (!(p >= 0 && p <= 1 && d1 > 0 && d2 > 0)) return Number.NaN;
  if (d2 > CHI_SQUARE_ABOVE) return chiSquareQuantile(p, d1) / d1;
  const { x, y } = betaQuantilePair(p, d1 / 2, d2 / 2);
  return (d2 * x) / (d1 * y);
}
