/**
 * Bootstrap intervals from replicates: normal, basic, percentile and BCa.
 *
 * Davison and Hinkley (1997), Bootstrap Methods and their Application, chapter 5: the quantile of R replicates at alpha is order statistic (R + 1) alpha,
 * interpolated on the normal quantile scale (5.8); when (R + 1) alpha lies outside 1..R the extreme replicate is used and
 * `is_extreme` says so. BCa: Efron (1987), JASA 82:171, acceleration from the jackknife
 * or from empirical influence values.
 */
import { DEFAULT_LEVEL, type Interval, isLevel } from '../rates/interval.ts';
import { normalCdf, normalQuantile, normalQuantileUpper } from '../special/normal.ts';
import type { Replicates } from './resample.ts';

/** An interval that may rest on the most extreme replicate: more replicates are needed for its level. */
interface BootstrapInterval extends Interval {
  is_extreme: boolean;
}

type BcaInterval =
  | (BootstrapInterval & { status: 'estimated'; bias_correction: number; acceleration: number })
  /** All replicates on one side of the estimate, or a jackknife without variation. */
  | { status: 'not-defined'; reason: 'estimate-outside-replicates' | 'no-jackknife-variation' };

export type BootstrapIntervals =
  | {
      status: 'estimated';
      estimate: number;
      replicates: number;
      bias: number;
      /** Standard deviation of the replicates (divisor R - 1). */
      se: number;
      level: number;
      normal: Interval;
      basic: BootstrapInterval;
      percentile: BootstrapInterval;
      /** Only when an acceleration was given. */
      bca?: BcaInterval;
    }
  /** The statistic is not finite for the data or for some replicates (for example a log rate without events): no interval is honest. */
  | { status: 'undefined-replicates'; undefined_replicates: number; replicates: number };

/** Intervals from replicates; give the acceleration (see `jackknifeAcceleration`) to have BCa as well. */
export function bootstrapIntervals(
  { estimate, values }: Replicates,
  options: { level?: number; acceleration?: number } = {},
): BootstrapIntervals {
  const { level = DEFAULT_LEVEL, acceleration } = options;
  const replicates = values.length;
  if (!isLevel(level) || replicates < 2)
    throw new RangeError('bootstrapIntervals: level in (0, 1) and at least 2 replicates');
  let undefinedReplicates = 0;
  for (const value of values) if (!Number.isFinite(value)) undefinedReplicates++;
  if (undefinedReplicates > 0 || !Number.isFinite(estimate)) {
    return { status: 'undefined-replicates', undefined_replicates: undefinedReplicates, replicates };
  }
  const sorted = values.slice().sort();
  const mean = meanOf(values);
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const se = Math.sqrt(squares / (replicates - 1));
  const bias = mean - estimate;
  const tail = (1 - level) / 2;
  const half = normalQuantileUpper(tail) * se;
  const low = replicateQuantile(sorted, tail);
  const high = replicateQuantile(sorted, 1 - tail);
  const isExtreme = low.is_extreme || high.is_extreme;
  return {
    status: 'estimated',
    estimate,
    replicates,
    bias,
    se,
    level,
    normal: { lower: estimate - bias - half, upper: estimate - bias + half },
    basic: { lower: 2 * estimate - high.value, upper: 2 * estimate - low.value, is_extreme: isExtreme },
    percentile: { lower: low.value, upper: high.value, is_extreme: isExtreme },
    ...(acceleration === undefined ? {} : { bca: bcaInterval(sorted, estimate, acceleration, tail) }),
  };
}

function bcaInterval(
  sorted: Float64Array,
  estimate: number,
  acceleration: number,
  tail: number,
): BcaInterval {
  let below = 0;
  while (below < sorted.length && (sorted[below] as number) < estimate) below++;
  if (below === 0 || below === sorted.length)
    return { status: 'not-defined', reason: 'estimate-outside-replicates' };
  if (!Number.isFinite(acceleration)) return { status: 'not-defined', reason: 'no-jackknife-variation' };
  const bias = normalQuantile(below / sorted.length);
  const adjusted = (z: number) => normalCdf(bias + (bias + z) / (1 - acceleration * (bias + z)));
  const z = normalQuantileUpper(tail);
  const low = replicateQuantile(sorted, adjusted(-z));
  const high = replicateQuantile(sorted, adjusted(z));
  return {
    status: 'estimated',
    lower: low.value,
    upper: high.value,
    is_extreme: low.is_extreme || high.is_extreme,
    bias_correction: bias,
    acceleration,
  };
}

/**
 * a = sum l^3 / (6 (sum l^2)^(3/2)), l_i = centre minus the i-th leave-one-out value; NaN when they are all equal. The centre is their mean (Efron);
 * Davison and Hinkley (2.42) and R's `boot` take the estimate instead, which can be passed.
 */
export function jackknifeAcceleration(leaveOneOut: Float64Array, centre = meanOf(leaveOneOut)): number {
  let squares = 0;
  let cubes = 0;
  for (const value of leaveOneOut) {
    const l = centre - value;
    squares += l * l;
    cubes += l * l * l;
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : Number.NaN;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function replicateQuantile(sorted: Float64Array, alpha: number): { value: number; is_extreme: boolean } {
  const count = sorted.length;
  const position = (count + 1) * alpha;
  // 0.025 * 1000 is not exactly 25 in floating point: a position within rounding of an integer is that order statistic.
  const nearest = Math.round(position);
  const k = Math.abs(position - nearest) < 1e-9 ? nearest : Math.floor(position);
  if (k < 1) return { value: sorted[0] as number, is_extreme: true };
  if (k > count || (k === count && position > k))
    return { value: sorted[count - 1] as number, is_extreme: true };
  const here = sorted[k - 1] as number;
  if (k === nearest && Math.abs(position - nearest) < 1e-9) return { value: here, is_extreme: false };
  const from = normalQuantile(k / (count + 1));
  const to = normalQuantile((k + 1) / (count + 1));
  const share = (normalQuantile(alpha) - from) / (to - from);
  return { value: here + share * ((sorted[k] as number) - here), is_extreme: false };
}
