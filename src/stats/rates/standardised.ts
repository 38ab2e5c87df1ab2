/**
 * Directly standardised rates, and standardised ratios (indirect standardisation).
 *
 * Direct: R = sum_i w_i y_i / t_i with weights w_i of a standard population (made to sum to 1), variance V = sum_i w_i^2 y_i / t_i^2.
 * Intervals: gamma (Fay and Feuer 1997, Stat Med 16:791), its modification (Tiwari, Clegg and Zou 2006, Stat Methods Med Res 15:547), and
 * the exact or Byar limits of the total count scaled to R (Dobson, Kuulasmaa, Eberle and Scherer 1991, Stat Med 10:457), normal and log-normal.
 */
import { gammaQuantile, gammaQuantileUpper } from '../special/incomplete-gamma.ts';
import { normalQuantileUpper } from '../special/normal.ts';
import { DEFAULT_LEVEL, type Interval, isCount } from './interval.ts';
import { byarInterval, garwoodInterval } from './poisson-interval.ts';

export type StandardisedIntervalMethod =
  | 'fay-feuer'
  | 'tiwari'
  | 'dobson'
  | 'dobson-byar'
  | 'normal'
  | 'log-normal';

export type StandardisedRate =
  | {
      status: 'estimated';
      events: number;
      person_years: number;
      /** Per person-year, as if the strata had the sizes of the standard population. */
      rate: number;
      variance: number;
      lower: number;
      upper: number;
      level: number;
      method: StandardisedIntervalMethod;
    }
  /** A stratum of the standard population without person-time: the rate is not identified. */
  | { status: 'stratum-without-person-time'; strata: number[] }
  /** No events at all: the gamma intervals still give an upper limit, the others have none. */
  | { status: 'no-events'; upper?: number };

/**
 * Directly standardised rate from events and person-years per stratum and the standard population (any scale). Strata whose standard weight is 0
 * do not enter.
 */
export function directlyStandardisedRate(
  events: ArrayLike<number>,
  personYears: ArrayLike<number>,
  standardPopulation: ArrayLike<number>,
  options: { level?: number; method?: StandardisedIntervalMethod } = {},
): StandardisedRate {
  const { level = DEFAULT_LEVEL, method = 'fay-feuer' } = options;
  const n = events.length;
  if (personYears.length !== n || standardPopulation.length !== n) {
    throw new RangeError(
      'directlyStandardisedRate: events, person-years and standard population differ in length',
    );
  }
  let totalWeight = 0;
  for (let i = 0; i < n; i++) totalWeight += standardPopulation[i] as number;
  if (!(totalWeight > 0)) throw new RangeError('directlyStandardisedRate: the standard population is empty');
  // In units of the longest person-time: its squares neither overflow nor vanish, however rare or common events are.
  let unit = 0;
  for (let i = 0; i < n; i++) unit = Math.max(unit, personYears[i] as number);
  if (unit === 0) unit = 1;
  const empty: number[] = [];
  const sums: StandardisedSums = {
    events: 0,
    person_years: 0,
    rate: 0,
    variance: 0,
    largest: 0,
    mean: 0,
    mean_square: 0,
  };
  let strata = 0;
  for (let i = 0; i < n; i++) {
    const weight = (standardPopulation[i] as number) / totalWeight;
    const y = events[i] as number;
    const time = personYears[i] as number;
    if (!isCount(y) || !(time >= 0) || !(weight >= 0)) {
      throw new RangeError('directlyStandardisedRate: events must be counts, person-years and weights >= 0');
    }
    if (weight === 0) continue;
    if (time === 0) {
      empty.push(i);
      continue;
    }
    const perEvent = weight / (time / unit);
    strata++;
    sums.events += y;
    sums.person_years += time;
    sums.rate += perEvent * y;
    sums.variance += perEvent * perEvent * y;
    sums.largest = Math.max(sums.largest, perEvent);
    sums.mean += perEvent;
    sums.mean_square += perEvent * perEvent;
  }
  if (empty.length > 0) return { status: 'stratum-without-person-time', strata: empty };
  sums.mean /= strata;
  sums.mean_square /= strata;
  const scaled = INTERVALS[method](sums, level);
  const limits = { lower: scaled.lower / unit, upper: scaled.upper / unit };
  if (sums.events === 0) {
    return method === 'fay-feuer' || method === 'tiwari'
      ? { status: 'no-events', upper: limits.upper }
      : { status: 'no-events' };
  }
  const rate = sums.rate / unit;
  const variance = sums.variance / unit / unit;
  return {
    status: 'estimated',
    events: sums.events,
    person_years: sums.person_years,
    rate,
    variance,
    ...limits,
    level,
    method,
  };
}

interface StandardisedSums {
  events: number;
  person_years: number;
  rate: number;
  variance: number;
  /** Largest, mean and mean square over strata of w_i / t_i, what one event adds to the rate. */
  largest: number;
  mean: number;
  mean_square: number;
}

const INTERVALS: Record<StandardisedIntervalMethod, (sums: StandardisedSums, level: number) => Interval> = {
  'fay-feuer': (s, level) => gammaInterval(s, s.largest, s.largest * s.largest, level),
  tiwari: (s, level) => gammaInterval(s, s.mean, s.mean_square, level),
  dobson: (s, level) => scaledInterval(s, garwoodInterval(s.events, 1, level)),
  'dobson-byar': (s, level) => scaledInterval(s, byarInterval(s.events, 1, level)),
  normal: (s, level) => {
    const half = normalQuantileUpper((1 - level) / 2) * Math.sqrt(s.variance);
    return { lower: s.rate - half, upper: s.rate + half };
  },
  'log-normal': (s, level) => {
    const factor = Math.exp((normalQuantileUpper((1 - level) / 2) * Math.sqrt(s.variance)) / s.rate);
    return { lower: s.rate / factor, upper: s.rate * factor };
  },
};

/** Gamma limits matched to mean and variance; the upper one after one more event that adds `step` to the rate. */
function gammaInterval(s: StandardisedSums, step: number, stepSquare: number, level: number): Interval {
  const tail = (1 - level) / 2;
  const upperMean = s.rate + step;
  const upperVariance = s.variance + stepSquare;
  return {
    lower: s.rate === 0 ? 0 : gammaQuantile(tail, (s.rate * s.rate) / s.variance, s.variance / s.rate),
    upper: gammaQuantileUpper(tail, (upperMean * upperMean) / upperVariance, upperVariance / upperMean),
  };
}

function scaledInterval(s: StandardisedSums, count: Interval): Interval {
  const scale = Math.sqrt(s.variance / s.events);
  return {
    lower: s.rate + scale * (count.lower - s.events),
    upper: s.rate + scale * (count.upper - s.events),
  };
}

/** Ratio of two standardised rates: log ratio and its delta-method standard error sqrt(V1 / R1^2 + V2 / R2^2). NaN when a rate is 0. */
export function standardisedRateRatio(
  a: { rate: number; variance: number },
  b: { rate: number; variance: number },
  level = DEFAULT_LEVEL,
): { rate_ratio: number; se_log: number; lower: number; upper: number } {
  if (!(a.rate > 0 && b.rate > 0)) {
    return { rate_ratio: Number.NaN, se_log: Number.NaN, lower: Number.NaN, upper: Number.NaN };
  }
  const ratio = a.rate / b.rate;
  const se = Math.sqrt(a.variance / a.rate ** 2 + b.variance / b.rate ** 2);
  const factor = Math.exp(normalQuantileUpper((1 - level) / 2) * se);
  return { rate_ratio: ratio, se_log: se, lower: ratio / factor, upper: ratio * factor };
}

/** Expected events: reference rate times person-years, summed over strata. */
export function expectedEvents(referenceRates: ArrayLike<number>, personYears: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < referenceRates.length; i++)
    sum += (referenceRates[i] as number) * (personYears[i] as number);
  return sum;
}

export type StandardisedRatio =
  | {
      status: 'estimated';
      observed: number;
      expected: number;
      ratio: number;
      lower: number;
      upper: number;
      level: number;
    }
  | { status: 'nothing-expected'; observed: number };

/** Standardised incidence or mortality ratio: observed / expected events with the exact (Garwood) interval; the expected number is taken as known. */
export function standardisedRatio(
  observed: number,
  expected: number,
  level = DEFAULT_LEVEL,
): StandardisedRatio {
  if (!isCount(observed) || !(expected >= 0)) {
    throw new RangeError('standardisedRatio: observed must be a count and expected >= 0');
  }
  if (expected === 0) return { status: 'nothing-expected', observed };
  return {
    status: 'estimated',
    observed,
    expected,
    ratio: observed / expected,
    ...garwoodInterval(observed, expected, level),
    level,
  };
}
