/** Intervals and the exact test for a binomial proportion: `count` successes in n trials. Inputs outside the domain give NaN. */
import { betaQuantile, betaQuantileUpper } from '../special/beta.ts';
import { normalQuantileUpper } from '../special/normal.ts';
import { DEFAULT_LEVEL, type Interval, isCount, isLevel, UNDEFINED_INTERVAL } from './interval.ts';

function isOutside(count: number, n: number, level: number): boolean {
  return !(isCount(count) && isCount(n) && n >= 1 && count <= n && isLevel(level));
}

/** Exact central interval (Clopper and Pearson 1934, Biometrika 26:404). */
export function clopperPearsonInterval(count: number, n: number, level = DEFAULT_LEVEL): Interval {
  if (isOutside(count, n, level)) return UNDEFINED_INTERVAL;
  const tail = (1 - level) / 2;
  return {
    lower: count === 0 ? 0 : betaQuantile(tail, count, n - count + 1),
    upper: count === n ? 1 : betaQuantileUpper(tail, count + 1, n - count),
  };
}

/** Score interval (Wilson 1927, JASA 22:209), without continuity correction. */
export function wilsonInterval(count: number, n: number, level = DEFAULT_LEVEL): Interval {
  if (isOutside(count, n, level)) return UNDEFINED_INTERVAL;
  const z = normalQuantileUpper((1 - level) / 2);
  const z2 = z * z;
  const centre = count + z2 / 2;
  const half = z * Math.sqrt((count * (n - count)) / n + z2 / 4);
  return {
    lower: count === 0 ? 0 : (centre - half) / (n + z2),
    upper: count === n ? 1 : (centre + half) / (n + z2),
  };
}
