import { invariant } from '../../errors.ts';
import { multinomial, seededGenerator } from '../../stats/random.ts';
import { chiSquareUpper } from '../../stats/special/chisq.ts';
import { normalQuantile } from '../../stats/special/normal.ts';
import type { Outcome } from '../rows.ts';

/**
 * A change from before to after in the same persons.
 *
 * Contract. v_i = (b, a, tb, ta): events and days of person i before and after. `first` holds the sums over persons,
 * `second` the 4 x 4 sums of products, row-major; n persons. Persons are the independent units.
 * Counts: ratio A / B. Rates: (A / Ta) / (B / Tb). The log ratio's influence of person i is c'v_i with
 * c = (-1/B, 1/A, 1/Tb, -1/Ta) (for counts without the last two), and its cluster-robust variance n/(n-1) c' M c: the
 * sandwich of a Poisson regression with one cluster a person (Liang & Zeger 1986), in closed form.
 * Differences have c = (-1/n, 1/n, 0, 0) per person (centred) and (-1/Tb, 1/Ta, lb/Tb, -la/Ta) per person-time.
 */

export interface Moments {
  readonly n: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** What is left of terms that cancel is rounding, where it is smaller than this part of them. */
const ROUNDING = 1e-12;

/** `square` less what it must be taken from, or 0 where nothing but rounding is left of `size`. */
function remainder(square: number, size: number): number {
  return square <= ROUNDING * size ? 0 : square;
}

/** n / (n - 1) c' M c, for influences that sum to `total` (0 except for means, which are centred). NaN for one person. */
export function influenceVariance(moments: Moments, c: readonly number[], total = 0): number {
  const { n, second } = moments;
  const centre = (total * total) / n;
  let square = -centre;
  let size = centre;
  for (let i = 0; i < 4; i += 1) {
    for (let j = 0; j < 4; j += 1) {
      const term = (c[i] ?? 0) * (c[j] ?? 0) * (second[i * 4 + j] ?? 0);
      square += term;
      size += Math.abs(term);
    }
  }
  return n > 1 ? (n / (n - 1)) * remainder(square, size) : Number.NaN;
}

export const ONE_PERSON = 'one person: no interval';
const ALIKE = 'every person changed alike: no interval';
const NO_EVENT = 'no event in either window: no interval';

/** Why there is a number and no interval: an interval of no width would say that nothing is left to chance. */
function withoutInterval(moments: Moments, variance: number): string | undefined {
  const [b = 0, a = 0] = moments.first;
  if (a + b <= 0) return NO_EVENT;
  if (Number.isNaN(variance)) return ONE_PERSON;
  return variance > 0 ? undefined : ALIKE;
}

/** A difference with its interval on the plain scale. */
function difference(moments: Moments, value: number, std_error: number, confidence: number): Outcome {
  const note = withoutInterval(moments, std_error);
  if (note !== undefined) return { status: 'estimated', value, note };
  const half = normalQuantile(0.5 + confidence / 2) * std_error;
  return { status: 'estimated', value, ci_low: value - half, ci_high: value + half, std_error };
}

export interface LogRatio {
  readonly log_ratio: number;
  readonly variance: number;
}

/** The log ratio of counts or of rates with its variance; undefined where a side has no event or no time. */
export function logRatio(moments: Moments, scale: 'counts' | 'rates'): LogRatio | undefined {
  const [b = 0, a = 0, tb = 0, ta = 0] = moments.first;
  if (b <= 0 || a <= 0 || (scale === 'rates' && (tb <= 0 || ta <= 0))) return undefined;
  const c = scale === 'counts' ? [-1 / b, 1 / a, 0, 0] : [-1 / b, 1 / a, 1 / tb, -1 / ta];
  const log_ratio = Math.log(a) - Math.log(b) - (scale === 'counts' ? 0 : Math.log(ta) - Math.log(tb));
  return { log_ratio, variance: influenceVariance(moments, c) };
}

function percent(log: number): number {
  return 100 * Math.expm1(log);
}

/** Percentage change with the cluster-robust interval; the standard error is that of the log ratio. */
export function changePercent(moments: Moments, scale: 'counts' | 'rates', confidence: number): Outcome {
  const [b = 0, a = 0, tb = 0, ta = 0] = moments.first;
  if (scale === 'rates' && (tb <= 0 || ta <= 0))
    return { status: 'not-estimable', note: 'no time at risk in a window' };
  if (b <= 0) return { status: 'not-estimable', note: 'no event before: a percentage has no base' };
  if (a <= 0)
    return { status: 'estimated', value: -100, note: 'no event after: no interval on the log scale' };
  const ratio = logRatio(moments, scale);
  invariant(ratio !== undefined, 'both sides have events');
  const value = percent(ratio.log_ratio);
  const note = withoutInterval(moments, ratio.variance);
  if (note !== undefined) return { status: 'estimated', value, note };
  const std_error = Math.sqrt(ratio.variance);
  const half = normalQuantile(0.5 + confidence / 2) * std_error;
  return {
    status: 'estimated',
    value,
    ci_low: percent(ratio.log_ratio - half),
    ci_high: percent(ratio.log_ratio + half),
    std_error,
  };
}

/** Events after minus events before, per person. */
export function changePerPerson(moments: Moments, confidence: number): Outcome {
  const { n } = moments;
  const [b = 0, a = 0] = moments.first;
  if (n < 1) return { status: 'not-estimable', note: 'nobody' };
  const value = (a - b) / n;
  const std_error = Math.sqrt(influenceVariance(moments, [-1 / n, 1 / n, 0, 0], value));
  return difference(moments, value, std_error, confidence);
}

/** Rate after minus rate before, per 100 person-years; days in `first`. */
export function changePerTime(moments: Moments, daysPerYear: number, confidence: number): Outcome {
  const [b = 0, a = 0, tb = 0, ta = 0] = moments.first;
  if (tb <= 0 || ta <= 0) return { status: 'not-estimable', note: 'no time at risk in a window' };
  const scale = 100 * daysPerYear;
  const value = scale * (a / ta - b / tb);
  const c = [-1 / tb, 1 / ta, b / tb / tb, -a / ta / ta];
  const std_error = scale * Math.sqrt(influenceVariance(moments, c));
  return difference(moments, value, std_error, confidence);
}

/**
 * Wald test that the change is the same in every level; levels are different persons, so the log ratios are independent.
 * A level without a log ratio, or of one person or of persons all alike, has no weight and is left out and counted.
 */
export function equalChange(
  levels: readonly (LogRatio | undefined)[],
): Outcome & { readonly degrees_of_freedom?: number } {
  const usable = levels.filter((ratio) => ratio !== undefined).filter(({ variance }) => variance > 0);
  const left_out = levels.length - usable.length;
  if (usable.length < 2)
    return {
      status: 'not-estimable',
      note: 'fewer than two levels with events before and after, and with an interval',
    };
  const weights = usable.map(({ variance }) => 1 / variance);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = usable.reduce((sum, { log_ratio }, i) => sum + (weights[i] ?? 0) * log_ratio, 0) / total;
  const chi_square = usable.reduce(
    (sum, { log_ratio }, i) => sum + (weights[i] ?? 0) * (log_ratio - mean) ** 2,
    0,
  );
  const degrees_of_freedom = usable.length - 1;
  return {
    status: 'estimated',
    value: chi_square,
    p_value: chiSquareUpper(chi_square, degrees_of_freedom),
    degrees_of_freedom,
    ...(left_out > 0
      ? {
          note: `${left_out} ${left_out === 1 ? 'level' : 'levels'} without events on a side, or without an interval, left out`,
        }
      : {}),
  };
}

/** Of a number of events, with sums of products of all events (e) and those of the part (l) over persons. */
export interface PartMoments {
  readonly persons: number;
  readonly events: number;
  readonly part: number;
  readonly ee: number;
  readonly el: number;
  readonly ll: number;
}

/**
 * The share of events that are of the part, in percent: a ratio of two sums over persons, with the cluster-robust
 * (linearised) interval, cut at 0 and 100.
 */
export function shareOfEvents(moments: PartMoments, confidence: number): Outcome {
  const { persons, events, part, ee, el, ll } = moments;
  if (events <= 0) return { status: 'not-estimable', note: 'no event after entry' };
  const share = part / events;
  const value = 100 * share;
  if (persons < 2) return { status: 'estimated', value, note: ONE_PERSON };
  const terms = [ll, -2 * share * el, share * share * ee];
  const sum = terms.reduce((total, term) => total + term, 0);
  const size = terms.reduce((total, term) => total + Math.abs(term), 0);
  const std_error = (100 * Math.sqrt((persons / (persons - 1)) * remainder(sum, size))) / events;
  if (std_error === 0)
    return { status: 'estimated', value, note: 'the same share in every person: no interval' };
  const half = normalQuantile(0.5 + confidence / 2) * std_error;
  return {
    status: 'estimated',
    value,
    ci_low: Math.max(0, value - half),
    ci_high: Math.min(100, value + half),
    std_error,
  };
}

export interface Pattern {
  readonly before: number;
  readonly after: number;
  readonly persons: number;
}

/**
 * Percentile bootstrap over persons of the percentage change and of the change per person. Drawing n persons with
 * replacement is a multinomial draw over the distinct pairs of counts, so that the cost does not grow with n.
 * Replicates without an event before have no percentage; they are left out and counted. Where persons do not differ, or
 * one side has no events, replicates do not differ either: both ends are then the same, which is no interval.
 */
export function bootstrapChange(
  patterns: readonly Pattern[],
  options: { readonly replicates: number; readonly seed: number; readonly confidence: number },
): {
  /** NaN where too many replicates have no event before. */
  readonly percent: readonly [number, number];
  readonly per_person: readonly [number, number];
  readonly without_base: number;
} {
  const ordered = [...patterns].sort((x, y) => x.before - y.before || x.after - y.after);
  const n = ordered.reduce((sum, { persons }) => sum + persons, 0);
  const random = seededGenerator(options.seed);
  const weights = Float64Array.from(ordered, ({ persons }) => persons);
  const percents: number[] = [];
  const means: number[] = [];
  for (let replicate = 0; replicate < options.replicates; replicate += 1) {
    const draw = multinomial(random, n, weights);
    let before = 0;
    let after = 0;
    ordered.forEach((pattern, i) => {
      before += (draw[i] ?? 0) * pattern.before;
      after += (draw[i] ?? 0) * pattern.after;
    });
    means.push((after - before) / n);
    if (before > 0) percents.push(100 * (after / before - 1));
  }
  const enough = percents.length >= 0.95 * options.replicates;
  return {
    percent: enough ? percentiles(percents, options.confidence) : [Number.NaN, Number.NaN],
    per_person: percentiles(means, options.confidence),
    without_base: options.replicates - percents.length,
  };
}

/** The (k + 1) p th order statistics, interpolated (Davison & Hinkley 1997, 5.2.1 on the linear scale). */
function percentiles(values: number[], confidence: number): readonly [number, number] {
  const sorted = Float64Array.from(values).sort();
  const at = (p: number): number => {
    const place = Math.min(sorted.length, Math.max(1, p * (sorted.length + 1)));
    const low = Math.floor(place);
    const left = sorted[low - 1] ?? Number.NaN;
    const right = sorted[Math.min(sorted.length, low + 1) - 1] ?? Number.NaN;
    return left + (place - low) * (right - left);
  };
  return [at((1 - confidence) / 2), at((1 + confidence) / 2)];
}
