/**
 * Poisson distribution with mean >= 0: probabilities by Loader's (2000) saddle-point form, tails by the incomplete gamma function.
 */
import { devianceTerm, stirlingError } from './gamma.ts';
import { regularisedGammaP, regularisedGammaQ } from './incomplete-gamma.ts';

const LOG_2PI = Math.log(2 * Math.PI);

/** log P(X = count). -Infinity where the probability is 0. */
export function logPoisson(count: number, mean: number): number {
  if (!(mean >= 0) || Number.isNaN(count)) return Number.NaN;
  if (count < 0 || !Number.isInteger(count)) return Number.NEGATIVE_INFINITY;
  if (mean === 0) return count === 0 ? 0 : Number.NEGATIVE_INFINITY;
  if (count === 0) return -mean;
  return -stirlingError(count) - devianceTerm(count, mean) - 0.5 * (LOG_2PI + Math.log(count));
}

/** P(X = count). */
export function poissonProbability(count: number, mean: number): number {
  return Math.exp(logPoisson(count, mean));
}

/** P(X <= count). */
export function poissonCdf(count: number, mean: number): number {
  if (!(mean >= 0) || Number.isNaN(count)) return Number.NaN;
  if (count < 0) return 0;
  return mean === 0 ? 1 : regularisedGammaQ(Math.floor(count) + 1, mean);
}

/** P(X > count). */
export function poissonUpper(count: number, mean: number): number {
  if (!(mean >= 0) || Number.isNaN(count)) return Number.NaN;
  if (count < 0) return 1;
  return mean === 0 ? 0 : regularisedGammaP(Math.floor(count) + 1, mean);
}
