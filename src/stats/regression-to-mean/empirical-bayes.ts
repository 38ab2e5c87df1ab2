/**
 * Empirical Bayes before/after comparison: what the after period would have held had nothing changed, corrected for selection on a high count.
 *
 * Hauer (1997), Observational Before-After Studies; Hauer, Harwood, Council and Griffith (2002), Transportation Research Record 1784:126.
 * With expected counts mu_i from a negative binomial model of a reference group (shape theta): weight w = 1 / (1 + mu / theta),
 * EB = w mu + (1 - w) y, Var = (1 - w) EB. The reported error treats mu and theta as known and persons as independent: bootstrap persons
 * (re-fitting the model) for the error to publish.
 */
import { DEFAULT_LEVEL } from '../rates/interval.ts';
import { normalQuantileUpper } from '../special/normal.ts';

export interface PersonExpectations {
  /** Share given to the model rather than to the person's own count. */
  weight: Float64Array;
  /** Expected events in a before period like the one observed. */
  expected: Float64Array;
  variance: Float64Array;
}

/** Empirical Bayes expectations of n persons with counts `events` and model means `modelMean` (> 0) for the same exposure; theta > 0. */
export function empiricalBayes(
  events: Float64Array,
  modelMean: Float64Array,
  theta: number,
): PersonExpectations {
  const weight = modelMean.map((mu) => 1 / (1 + mu / theta));
  const expected = weight.map((w, i) => w * (modelMean[i] as number) + (1 - w) * (events[i] as number));
  const variance = expected.map((value, i) => (1 - (weight[i] as number)) * value);
  return { weight, expected, variance };
}

export interface BeforeAfterCounts {
  events_before: Float64Array;
  events_after: Float64Array;
  /** Exposure after divided by exposure before, per person. */
  exposure_ratio: Float64Array;
}

export type CorrectedRatio =
  | {
      status: 'estimated';
      persons: number;
      observed_after: number;
      /** Expected after without any effect, and its variance. */
      expected_after: number;
      expected_variance: number;
      /** Index of effectiveness: below 1 is a fall beyond regression to the mean. */
      ratio: number;
      se: number;
      lower: number;
      upper: number;
      level: number;
      /** Observed over the before count scaled by exposure: not corrected. */
      naive_ratio: number;
      /** (naive - observed / expected) / naive: negative when the naive figure overstates the fall. */
      regression_share: number;
    }
  | { status: 'no-events-after'; persons: number; expected_after: number }
  | { status: 'nothing-expected'; persons: number };

/** Ratio of observed to expected events after, with the correction for the error of the expectation. */
export function correctedRatio(
  counts: BeforeAfterCounts,
  expectations: PersonExpectations,
  level = DEFAULT_LEVEL,
): CorrectedRatio {
  const persons = counts.events_before.length;
  let observed = 0;
  let expected = 0;
  let variance = 0;
  let scaledBefore = 0;
  for (let i = 0; i < persons; i++) {
    const r = counts.exposure_ratio[i] as number;
    observed += counts.events_after[i] as number;
    expected += r * (expectations.expected[i] as number);
    variance += r * r * (expectations.variance[i] as number);
    scaledBefore += r * (counts.events_before[i] as number);
  }
  if (!(expected > 0)) return { status: 'nothing-expected', persons };
  if (observed === 0) return { status: 'no-events-after', persons, expected_after: expected };
  const relative = variance / (expected * expected);
  const ratio = observed / expected / (1 + relative);
  const se = Math.sqrt((ratio * ratio * (1 / observed + relative)) / (1 + relative) ** 2);
  const factor = Math.exp((normalQuantileUpper((1 - level) / 2) * se) / ratio);
  const naive = observed / scaledBefore;
  return {
    status: 'estimated',
    persons,
    observed_after: observed,
    expected_after: expected,
    expected_variance: variance,
    ratio,
    se,
    lower: ratio / factor,
    upper: ratio * factor,
    level,
    naive_ratio: naive,
    regression_share: (naive - observed / expected) / naive,
  };
}
