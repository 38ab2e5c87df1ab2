/**
 * Funnel plot of observed over expected events of units (areas, services), with overdispersion.
 *
 * Spiegelhalter (2005), Statistics in Medicine 24:1185. On the square-root scale, where a Poisson count has variance 1/4 whatever its
 * mean, z_k = 2 (sqrt(O_k) - sqrt(E_k)). Overdispersion is phi = mean of z^2 after winsorising z: values beyond the q-th and (1 - q)-th
 * of the ordered z are drawn in to them, so that a few units that are truly different do not hide themselves. phi multiplies the
 * variance only where it is beyond chance: phi > 1 + 2 sqrt(2 / K). Limits of the ratio at expectation E and two-sided probability p:
 *   (1 -+ z_p sqrt(phi) / (2 sqrt(E)))^2, the lower one at least 0.
 */
import { normalQuantileUpper, normalUpper } from '../special/normal.ts';

export type FunnelOverdispersion =
  | {
      readonly status: 'estimated';
      readonly units: number;
      /** Mean square of the winsorised z. */
      readonly phi: number;
      /** What limits are widened by: phi where it is beyond chance, else 1. */
      readonly applied: number;
      /** z of each unit from the Poisson variance; NaN where nothing is expected. */
      readonly z: Float64Array;
    }
  | { readonly status: 'too-few-units'; readonly units: number };

const FEWEST_UNITS = 5;

export function funnelOverdispersion(
  observed: ArrayLike<number>,
  expected: ArrayLike<number>,
  winsorised = 0.1,
): FunnelOverdispersion {
  if (observed.length !== expected.length)
    throw new RangeError('funnel: observed and expected differ in length');
  if (!(winsorised >= 0 && winsorised < 0.5))
    throw new RangeError('funnel: winsorise at least 0, below one half');
  const z = Float64Array.from(expected, (e, k) => {
    const o = observed[k] as number;
    if (!(o >= 0 && e >= 0)) throw new RangeError('funnel: observed and expected must be >= 0');
    return e === 0 ? Number.NaN : 2 * (Math.sqrt(o) - Math.sqrt(e));
  });
  const sorted = z.filter((value) => !Number.isNaN(value)).sort();
  const units = sorted.length;
  if (units < FEWEST_UNITS) return { status: 'too-few-units', units };
  const cut = Math.floor(winsorised * units);
  const low = sorted[cut] as number;
  const high = sorted[units - 1 - cut] as number;
  let squares = 0;
  for (const value of sorted) squares += Math.min(high, Math.max(low, value)) ** 2;
  const phi = squares / units;
  const applied = phi > 1 + 2 * Math.sqrt(2 / units) ? phi : 1;
  return { status: 'estimated', units, phi, applied, z };
}

/** Limits of observed / expected within which a unit at the common rate lies with probability `level`. */
export function funnelLimits(
  expected: number,
  phi: number,
  level: number,
): { readonly lower: number; readonly upper: number } {
  const half = (normalQuantileUpper((1 - level) / 2) * Math.sqrt(phi)) / (2 * Math.sqrt(expected));
  return { lower: Math.max(0, 1 - half) ** 2, upper: (1 + half) ** 2 };
}

/** Two-sided p-value of a unit against the common rate, after overdispersion. */
export function funnelP(z: number, phi: number): number {
  return Math.min(1, 2 * normalUpper(Math.abs(z) / Math.sqrt(phi)));
}
