/**
 * Two arms chosen by their earlier counts, and no effect at all: what each arm's later count would be expected to be.
 *
 * A personal Poisson rate that does not change, equal exposure before and after, and an arm that depends on nothing but the
 * earlier count x, with probability p(x) of the treated arm. Then E[X2 | X1 = x] f(x) = (x + 1) f(x + 1) (Robbins 1956), and
 * for persons with at least c events before
 *   expected after, treated     sum_{x >= c} p(x) (x + 1) n(x + 1)
 *   expected after, comparison  sum_{x >= c} (1 - p(x)) (x + 1) n(x + 1),
 * with n the observed histogram and p from a logistic regression on log(x + 1/2). The two sum to the events before of
 * persons with more than c: `stationary.ts`. An arm that takes the higher counts must fall more, with no effect of anything.
 */
import { designFromRows } from '../regression/design.ts';
import { fitLogistic } from '../regression/logistic.ts';

export interface ArmExpectation {
  readonly events_before: number;
  readonly expected_after: number;
  /** expected_after / events_before: below 1 where selection alone makes a fall. */
  readonly ratio: number;
}

export type TwoArmExpectation =
  | {
      readonly status: 'estimated';
      readonly treated: ArmExpectation;
      readonly comparison: ArmExpectation;
      /** Ratio of the two ratios: what a before/after comparison of the arms would show with no effect. */
      readonly ratio_of_ratios: number;
    }
  /** An arm without events before or expected after. */
  | { readonly status: 'no-events' }
  /** The earlier count tells the arm completely: nobody to compare with. */
  | { readonly status: 'no-overlap' };

export function expectWithoutEffect(
  before: ArrayLike<number>,
  treated: ArrayLike<number>,
  cutoff: number,
): TwoArmExpectation {
  const all = new Map<number, number>();
  const own = new Map<number, number>();
  let [sumTreated, sumComparison] = [0, 0];
  for (let i = 0; i < before.length; i++) {
    const x = before[i] as number;
    if (x < cutoff) continue;
    all.set(x, (all.get(x) ?? 0) + 1);
    if (treated[i] === 1) {
      own.set(x, (own.get(x) ?? 0) + 1);
      sumTreated += x;
    } else sumComparison += x;
  }
  const counts = [...all.keys()].sort((a, b) => a - b);
  const fit = fitLogistic({
    design: designFromRows(counts.map((x) => [1, Math.log(x + 0.5)])),
    trials: Float64Array.from(counts, (x) => all.get(x) ?? 0),
    successes: Float64Array.from(counts, (x) => own.get(x) ?? 0),
  });
  if (fit.status !== 'estimated') return { status: fit.status === 'separated' ? 'no-overlap' : 'no-events' };
  const [a = 0, b = 0] = Array.from(fit.coefficient, (v) => (Number.isNaN(v) ? 0 : v));
  let [afterTreated, afterComparison] = [0, 0];
  for (const next of counts) {
    if (next <= cutoff) continue;
    const p = 1 / (1 + Math.exp(-(a + b * Math.log(next - 1 + 0.5))));
    const events = next * (all.get(next) ?? 0);
    afterTreated += p * events;
    afterComparison += (1 - p) * events;
  }
  if (!(sumTreated > 0 && sumComparison > 0 && afterTreated > 0 && afterComparison > 0))
    return { status: 'no-events' };
  const arm = (events_before: number, expected_after: number): ArmExpectation => ({
    events_before,
    expected_after,
    ratio: expected_after / events_before,
  });
  const one = arm(sumTreated, afterTreated);
  const zero = arm(sumComparison, afterComparison);
  return { status: 'estimated', treated: one, comparison: zero, ratio_of_ratios: one.ratio / zero.ratio };
}
