/**
 * Regression to the mean of counts when personal Poisson rates have a gamma distribution and do not change.
 *
 * A person's count in exposure T is Poisson with mean rate * T; rates are gamma with mean m and shape k, so counts are negative binomial. Then
 * E[next count | count y] = T_next (y + k) / (T + k / m) (conjugacy). For people selected by y >= c the sums are closed form, because
 * sum_{x >= c} x f(x; k, mu) = mu P(X' >= c - 1) with X' negative binomial of shape k + 1 and the same odds mu / k.
 */
import { regularisedBeta } from '../special/beta.ts';

/** Posterior mean rate per unit of exposure of one person: (events + shape) / (exposure + shape / mean_rate). */
export function posteriorRate(events: number, exposure: number, meanRate: number, shape: number): number {
  if (!(events >= 0 && exposure >= 0 && meanRate > 0 && shape > 0)) return Number.NaN;
  return (events + shape) / (exposure + shape / meanRate);
}

/** Events expected after without any effect, each person with their own exposures; the at-liberty clock belongs here. */
export function expectedAfter(
  events: Float64Array,
  exposureBefore: Float64Array,
  exposureAfter: Float64Array,
  meanRate: number,
  shape: number,
): number {
  let sum = 0;
  for (let i = 0; i < events.length; i++) {
    sum +=
      (exposureAfter[i] as number) *
      posteriorRate(events[i] as number, exposureBefore[i] as number, meanRate, shape);
  }
  return sum;
}

export interface SelectedMeans {
  /** Share of people selected, P(X1 >= c). */
  share: number;
  /** E[X1 | X1 >= c]. */
  before: number;
  /** E[X2 | X1 >= c] in a second period of the given exposure ratio. */
  after: number;
  /** Fall per period that selection alone produces, at equal exposure. */
  regression: number;
  /** after / before, adjusted to equal exposure: the artefact to compare an observed ratio with. */
  ratio: number;
}

/**
 * Mean counts before and after of people selected by at least `cutoff` events before, with population mean `mean` and shape per person; NaN outside
 * mean > 0, shape > 0, integer cutoff >= 0.
 */
export function selectedMeans(mean: number, shape: number, cutoff: number, exposureRatio = 1): SelectedMeans {
  if (!(mean > 0 && shape > 0 && Number.isInteger(cutoff) && cutoff >= 0)) {
    return {
      share: Number.NaN,
      before: Number.NaN,
      after: Number.NaN,
      regression: Number.NaN,
      ratio: Number.NaN,
    };
  }
  const odds = mean / (mean + shape);
  const rest = shape / (mean + shape);
  // P(X >= c) for shape k is I_odds(c, k).
  const share = cutoff === 0 ? 1 : regularisedBeta(odds, cutoff, shape, rest);
  const next = cutoff <= 1 ? 1 : regularisedBeta(odds, cutoff - 1, shape + 1, rest);
  const before = (mean * next) / share;
  const afterEqual = odds * (before + shape);
  return {
    share,
    before,
    after: afterEqual * exposureRatio,
    regression: before - afterEqual,
    ratio: afterEqual / before,
  };
}
