/**
 * Student's t with df degrees of freedom (any df > 0), through the incomplete beta: P(T > t) = I_{df / (df + t^2)}(df / 2, 1/2) / 2
 * for t >= 0 (DLMF 8.17, Abramowitz and Stegun 26.7.1). Above 1e15 degrees of freedom, Infinity included, it is the normal
 * distribution to double precision.
 */
import { betaQuantilePair, logRegularisedBeta, regularisedBeta } from './beta.ts';
import { logNormalUpper, normalQuantile, normalUpper } from './normal.ts';

const NORMAL_ABOVE = 1e15;

/** x = df / (df + t^2) and its complement, without overflow. */
function complementPair(t: number, df: number): { x: number; y: number } {
  const ratio = (t / df) * t;
  return ratio > 1
    ? { x: 1 / ratio / (1 + 1 / ratio), y: 1 / (1 + 1 / ratio) }
    : { x: 1 / (1 + ratio), y: ratio / (1 + ratio) };
}

/** P(T > t). */
export function studentUpper(t: number, df: number): number {
  if (!(df > 0) || Number.isNaN(t)) return Number.NaN;
  if (df > NORMAL_ABOVE) return normalUpper(t);
  const { x, y } = complementPair(t, df);
  const tail = regularisedBeta(x, df / 2, 0.5, y) / 2;
  return t >= 0 ? tail : 1 - tail;
}

/** P(T <= t). */
export function studentCdf(t: number, df: number): number {
  return studentUpper(-t, df);
}

/** log P(T > t), also where it underflows. */
export function logStudentUpper(t: number, df: number): number {
  if (!(df > 0) || Number.isNaN(t)) return Number.NaN;
  if (df > NORMAL_ABOVE) return logNormalUpper(t);
  const { x, y } = complementPair(t, df);
  const logTail = logRegularisedBeta(x, df / 2, 0.5, y) - Math.LN2;
  return t >= 0 ? logTail : Math.log1p(-Math.exp(logTail));
}

/** t with P(T <= t) = p. */
export function studentQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1 && df > 0)) return Number.NaN;
  if (df > NORMAL_ABOVE) return normalQuantile(p);
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  const { x, y } = betaQuantilePair(2 * tail, df / 2, 0.5);
  const t = Math.sqrt((df * y) / x);
  return p < 0.5 ? -t : t;
}
