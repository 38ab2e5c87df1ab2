/**
 * Maximum of a partial likelihood by Newton's method with step halving, and what it means when there is none.
 *
 * `range` is the largest difference two people can have in each column; a column whose steps move the linear predictor
 * by a fixed amount while the gain dies away belongs to a direction in which the likelihood rises for ever.
 */
import { cholesky, invertCholesky, solveCholesky } from '../linalg/cholesky.ts';
import { chiSquareUpper } from '../special/chisq.ts';
import type { PartialLikelihood } from './cox-likelihood.ts';

/** Squared length of the Newton step in standard errors at which the next step is exact to double precision. */
const CONVERGED = 1e-10;

export type Maximum =
  | {
      readonly status: 'maximum';
      readonly beta: Float64Array;
      readonly at: PartialLikelihood;
      readonly null_at: PartialLikelihood;
      readonly information_inverse: Float64Array;
      readonly iterations: number;
    }
  | { readonly status: 'separated'; readonly columns: readonly number[] }
  | { readonly status: 'not-converged'; readonly iterations: number; readonly decrement: number };

export function maximiseLikelihood(
  evaluate: (beta: Float64Array) => PartialLikelihood,
  range: Float64Array,
  start: PartialLikelihood | null,
  max_iterations = 50,
): Maximum {
  const p = range.length;
  let beta = new Float64Array(p);
  const null_at = start ?? evaluate(beta);
  let at = null_at;
  let previous = Number.POSITIVE_INFINITY;
  let linear = 0;
  let latest: Float64Array = new Float64Array(p);
  let decrement = Number.NaN;
  for (let iteration = 0; iteration <= max_iterations; iteration++) {
    const factor = cholesky(at.information, p);
    if (factor.status !== 'factorised' || factor.rank < p)
      return stuck(beta, latest, range, iteration, decrement);
    const step = solveCholesky(factor, at.score);
    decrement = step.reduce((sum, s, j) => sum + s * (at.score[j] as number), 0);
    const reach = step.map((s, j) => Math.abs(s) * (range[j] as number));
    const longest = reach.reduce((a, b) => Math.max(a, b), 0);
    latest = step;
    linear = decrement < 1e-2 && decrement > 0.05 * previous && longest > 0.1 ? linear + 1 : 0;
    if (linear >= 3) return { status: 'separated', columns: longColumns(step, range) };
    previous = decrement;
    const last = decrement < CONVERGED && longest < 0.1;
    let share = 1;
    let next = beta.map((b, j) => b + (step[j] as number));
    let there = evaluate(next);
    // Rounding in a sum of |log L| is of this size: a smaller fall is no fall.
    const noise = 1e-10 * Math.abs(at.log_likelihood);
    const floor = at.log_likelihood - noise;
    // Overflow shows as an infinite likelihood or information: such a step is too long as well.
    const isNoLower = (here: PartialLikelihood): boolean =>
      here.log_likelihood >= floor &&
      here.log_likelihood < Infinity &&
      here.information.every(Number.isFinite);
    while (!last && !isNoLower(there) && share > 1e-6) {
      share /= 2;
      next = beta.map((b, j) => b + share * (step[j] as number));
      there = evaluate(next);
    }
    if (!last && !isNoLower(there)) return stuck(beta, step, range, iteration, decrement);
    beta = next;
    at = there;
    if (!last) continue;
    const final = cholesky(at.information, p);
    if (final.status !== 'factorised' || final.rank < p)
      return { status: 'not-converged', iterations: iteration + 1, decrement };
    const information_inverse = invertCholesky(final);
    return { status: 'maximum', beta, at, null_at, information_inverse, iterations: iteration + 1 };
  }
  return { status: 'not-converged', iterations: max_iterations, decrement };
}

/** Share of the largest possible information below which a column does not vary inside the risk sets. */
const CONSTANT = 1e-12;

/**
 * Columns that vary inside the risk sets and are not combinations of earlier ones there, from the information at zero.
 * `events` is the total weight of events: information can at most be events x range^2.
 */
export function independentColumns(at_zero: Float64Array, range: Float64Array, events: number): Int32Array {
  const p = range.length;
  const information = at_zero.slice();
  for (let j = 0; j < p; j++) {
    const most = events * (range[j] as number) ** 2;
    if (most > 0 && (information[j * p + j] as number) > CONSTANT * most) continue;
    for (let l = 0; l < p; l++) {
      information[j * p + l] = 0;
      information[l * p + j] = 0;
    }
  }
  const factor = cholesky(information, p);
  if (factor.status !== 'factorised') throw new Error('information at zero is not positive semi-definite');
  return Int32Array.from(factor.aliased.keys()).filter((j) => factor.aliased[j] === 0);
}

/**
 * What it means that the likelihood cannot be evaluated any further. With a hazard ratio beyond e^50 between two people of
 * the data it is no accident of the start: the coefficients are on their way to infinity.
 */
function stuck(
  beta: Float64Array,
  step: Float64Array,
  range: Float64Array,
  iterations: number,
  decrement: number,
): Maximum {
  const far = beta.some((b, j) => Math.abs(b) * (range[j] as number) > 50);
  return far
    ? { status: 'separated', columns: longColumns(step, range) }
    : { status: 'not-converged', iterations, decrement };
}

/** Columns that carry a step: those that move the linear predictor by at least a tenth of what the longest does. */
function longColumns(step: Float64Array, range: Float64Array): number[] {
  const reach = step.map((s, j) => Math.abs(s) * (range[j] as number));
  const longest = reach.reduce((a, b) => Math.max(a, b), 0);
  return Array.from(reach.keys()).filter((j) => (reach[j] as number) > 0.1 * longest);
}

export interface ChiSquareTest {
  readonly chi_square: number;
  readonly degrees_of_freedom: number;
  readonly p_value: number;
}

export function chiSquareTest(chi_square: number, degrees_of_freedom: number): ChiSquareTest {
  return { chi_square, degrees_of_freedom, p_value: chiSquareUpper(chi_square, degrees_of_freedom) };
}
