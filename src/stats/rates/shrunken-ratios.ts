/**
 * Observed over expected events of units, shrunk towards their common mean (empirical Bayes, gamma-Poisson).
 *
 * O_k is Poisson with mean theta_k E_k, theta_k gamma with shape nu and rate alpha: the posterior of theta_k is gamma with shape
 * nu + O_k and rate alpha + E_k. nu and alpha by the moment equations of Clayton and Kaldor (1987), Biometrics 43:671,
 *   nu / alpha = mean_k t_k,   nu / alpha^2 = sum_k (1 + alpha / E_k) (t_k - nu / alpha)^2 / (K - 1),   t_k the posterior means,
 * repeated until they stand still. Where events of one person come together, a unit's count varies `dispersion` times as much as a
 * Poisson count; O_k and E_k then enter divided by it (effective counts), which leaves O_k / E_k as it is and its error right.
 * Intervals are those of the posterior at the estimated nu and alpha, so a little too narrow with few units.
 */
import { gammaQuantile, gammaQuantileUpper } from '../special/incomplete-gamma.ts';
import { DEFAULT_LEVEL } from './interval.ts';

export type ShrunkenRatios =
  | {
      readonly status: 'estimated';
      readonly mean: number;
      /** Variance of the units' true ratios. */
      readonly between: number;
      readonly ratio: Float64Array;
      readonly lower: Float64Array;
      readonly upper: Float64Array;
      /** Part of each unit's own ratio in its estimate, E / (E + alpha). */
      readonly weight: Float64Array;
      readonly iterations: number;
    }
  /** The units do not differ by more than chance: the common mean is the estimate of each. */
  | { readonly status: 'no-variance-between'; readonly mean: number }
  | { readonly status: 'too-few-units'; readonly units: number }
  | { readonly status: 'no-events' };

const FEWEST_UNITS = 5;
const ROUNDS = 2000;
const TOLERANCE = 1e-10;
/** Between-unit variance below this part of the squared mean is none. */
const NONE = 1e-7;

export function shrunkenRatios(
  observed: ArrayLike<number>,
  expected: ArrayLike<number>,
  options: { readonly dispersion?: number; readonly level?: number } = {},
): ShrunkenRatios {
  const { dispersion = 1, level = DEFAULT_LEVEL } = options;
  const units = observed.length;
  if (expected.length !== units)
    throw new RangeError('shrunken ratios: observed and expected differ in length');
  if (!(dispersion > 0)) throw new RangeError('shrunken ratios: the dispersion must be > 0');
  const o = Float64Array.from(observed, (value) => value / dispersion);
  const e = Float64Array.from(expected, (value) => value / dispersion);
  for (let k = 0; k < units; k++) {
    if (!((o[k] as number) >= 0 && (e[k] as number) > 0))
      throw new RangeError('shrunken ratios: observed must be >= 0 and expected > 0');
  }
  if (units < FEWEST_UNITS) return { status: 'too-few-units', units };
  const total = o.reduce((sum, value) => sum + value, 0);
  if (total === 0) return { status: 'no-events' };
  const crude = total / e.reduce((sum, value) => sum + value, 0);
  let theta = o.map((value, k) => value / (e[k] as number));
  let mean = crude;
  let between = crude * crude;
  let iterations = 0;
  for (let change = Number.POSITIVE_INFINITY; change > TOLERANCE && iterations < ROUNDS; iterations++) {
    const alpha = mean / between;
    const nu = mean * alpha;
    theta = o.map((value, k) => (value + nu) / ((e[k] as number) + alpha));
    const nextMean = theta.reduce((sum, value) => sum + value, 0) / units;
    let squares = 0;
    theta.forEach((value, k) => {
      squares += (1 + alpha / (e[k] as number)) * (value - nextMean) ** 2;
    });
    const next = squares / (units - 1);
    change = Math.abs(next - between) / (between + NONE) + Math.abs(nextMean - mean) / mean;
    mean = nextMean;
    between = next;
    if (between <= NONE * mean * mean) return { status: 'no-variance-between', mean: crude };
  }
  const alpha = mean / between;
  const nu = mean * alpha;
  const tail = (1 - level) / 2;
  const scale = (k: number): number => 1 / ((e[k] as number) + alpha);
  return {
    status: 'estimated',
    mean,
    between,
    ratio: o.map((value, k) => (value + nu) * scale(k)),
    lower: o.map((value, k) => gammaQuantile(tail, value + nu, scale(k))),
    upper: o.map((value, k) => gammaQuantileUpper(tail, value + nu, scale(k))),
    weight: e.map((value) => value / (value + alpha)),
    iterations,
  };
}
