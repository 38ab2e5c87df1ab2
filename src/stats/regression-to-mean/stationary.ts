/**
 * Regression to the mean of counts without any distribution for the personal rates: equal exposure before and after, a personal Poisson rate that does not change.
 *
 * E[X2 | X1 = x] = (x + 1) f(x + 1) / f(x) (Robbins 1956), so people with at least c events before hold, in expectation, sum_{x > c} x f(x)
 * events after (Robbins and Zhang 1988, PNAS 85:3670). Peaks at entry make the real artefact larger, returns from
 * custody smaller: this is the expectation of a stationary world, not a bound.
 */
import { DEFAULT_LEVEL } from '../rates/interval.ts';
import { normalQuantileUpper, normalUpper } from '../special/normal.ts';

export interface StationaryExpectation {
  selected: number;
  events_before: number;
  /** Expected events of the selected in an equal period after: events of people with more than c events before. */
  expected_after: number;
  /** expected_after / events_before = 1 - c n_c / sum_{x >= c} x n_x. */
  ratio: number;
}

/** From the histogram of counts before (frequency[x] people with x events) and the least count c >= 1 that selects. NaN ratio when nobody is selected. */
export function stationaryExpectation(frequency: ArrayLike<number>, cutoff: number): StationaryExpectation {
  let selected = 0;
  let before = 0;
  let after = 0;
  for (let x = Math.max(0, cutoff); x < frequency.length; x++) {
    const people = frequency[x] as number;
    selected += people;
    before += x * people;
    if (x > cutoff) after += x * people;
  }
  return { selected, events_before: before, expected_after: after, ratio: after / before };
}

export type StationaryComparison =
  | {
      status: 'estimated';
      selected: number;
      observed_after: number;
      expected_after: number;
      /** Observed over expected; 1 is what selection alone gives. */
      ratio: number;
      /** Person-robust standard error of its logarithm. */
      se_log: number;
      lower: number;
      upper: number;
      /** Two-sided, of ratio 1. */
      p: number;
      level: number;
    }
  | { status: 'no-events'; selected: number };

/**
 * Observed against stationary expectation for people with at least `cutoff` events before. Each person adds y_after if selected to the
 * numerator and y_before if it exceeds the cut-off to the denominator; the variance is that of the ratio of the two sums over all persons.
 */
export function stationaryComparison(
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  cutoff: number,
  level = DEFAULT_LEVEL,
): StationaryComparison {
  let selected = 0;
  let observed = 0;
  let expected = 0;
  for (let i = 0; i < before.length; i++) {
    const x = before[i] as number;
    if (x < cutoff) continue;
    selected++;
    observed += after[i] as number;
    if (x > cutoff) expected += x;
  }
  if (observed === 0 || expected === 0) return { status: 'no-events', selected };
  let variance = 0;
  for (let i = 0; i < before.length; i++) {
    const x = before[i] as number;
    if (x < cutoff) continue;
    variance += ((after[i] as number) / observed - (x > cutoff ? x / expected : 0)) ** 2;
  }
  const se = Math.sqrt(variance);
  const logRatio = Math.log(observed / expected);
  const half = normalQuantileUpper((1 - level) / 2) * se;
  return {
    status: 'estimated',
    selected,
    observed_after: observed,
    expected_after: expected,
    ratio: observed / expected,
    se_log: se,
    lower: Math.exp(logRatio - half),
    upper: Math.exp(logRatio + half),
    p: 2 * normalUpper(Math.abs(logRatio) / se),
    level,
  };
}
