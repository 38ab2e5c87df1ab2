/**
 * Newton's method with step halving for a log-likelihood that is concave, or nearly so.
 *
 * Converged when the Newton decrement g'A^-1 g (twice the log-likelihood still to be gained, and the squared length of
 * the step in standard errors) is below `tolerance`; that last step is taken too, so by quadratic convergence what is
 * left is rounding. Where the information is not positive definite a Levenberg ridge is added to the step only.
 */
import { type CholeskyFactor, invertCholesky, solveCholesky } from '../linalg/cholesky.ts';
import { dotProduct, factoriseInformation } from './normal-equations.ts';

export interface Evaluation {
  readonly log_likelihood: number;
  readonly score: Float64Array;
  /** Negative Hessian, or the expected information where it serves as the Newton matrix. */
  readonly information: Float64Array;
}

export type NewtonResult =
  | {
      readonly status: 'converged';
      readonly parameter: Float64Array;
      readonly at: Evaluation;
      readonly covariance: Float64Array;
      readonly iterations: number;
    }
  | { readonly status: 'not-converged'; readonly iterations: number; readonly decrement: number };

export interface NewtonOptions {
  readonly max_iterations?: number;
  readonly tolerance?: number;
}

const HALVINGS = 40;
/** Where sums are so large that rounding keeps the decrement above the tolerance: below this (3e-5 standard errors) ... */
const ROUNDING = 1e-9;
/** ... it is accepted once it has stopped falling for so many steps. */
const IDLE = 3;

/** `evaluate` may return a log-likelihood that is not finite outside the domain: the step is then halved. */
export function maximiseByNewton(
  start: Float64Array,
  evaluate: (parameter: Float64Array) => Evaluation,
  options: NewtonOptions = {},
): NewtonResult {
  const limit = options.max_iterations ?? 60;
  const tolerance = options.tolerance ?? 1e-16;
  const order = start.length;
  let parameter = start;
  let at = evaluate(parameter);
  let decrement = Number.POSITIVE_INFINITY;
  let best = Number.POSITIVE_INFINITY;
  let idle = 0;
  for (let iteration = 1; iteration <= limit; iteration++) {
    const factor = regularisedFactor(at.information, order);
    if (factor === null || !Number.isFinite(at.log_likelihood)) {
      return { status: 'not-converged', iterations: iteration, decrement };
    }
    const step = solveCholesky(factor.factor, at.score);
    decrement = dotProduct(step, at.score);
    if (!Number.isFinite(decrement)) return { status: 'not-converged', iterations: iteration, decrement };
    idle = decrement < best / 2 ? 0 : idle + 1;
    best = Math.min(best, decrement);
    const settled = !factor.ridged && (decrement <= tolerance || (idle >= IDLE && decrement <= ROUNDING));
    // Rounding of the sum: a smaller fall than this is not a fall.
    const slack = 1e-12 * (1 + Math.abs(at.log_likelihood));
    let fraction = 1;
    let next = moved(parameter, step, fraction);
    let after = evaluate(next);
    for (let h = 0; h < HALVINGS && !(after.log_likelihood >= at.log_likelihood - slack); h++) {
      fraction /= 2;
      next = moved(parameter, step, fraction);
      after = evaluate(next);
    }
    if (!(after.log_likelihood >= at.log_likelihood - slack)) {
      return { status: 'not-converged', iterations: iteration, decrement };
    }
    parameter = next;
    at = after;
    if (settled) {
      const final = factoriseInformation(at.information, order);
      if (final === null) return { status: 'not-converged', iterations: iteration, decrement };
      return { status: 'converged', parameter, at, covariance: invertCholesky(final), iterations: iteration };
    }
  }
  return { status: 'not-converged', iterations: limit, decrement };
}

function moved(parameter: Float64Array, step: Float64Array, fraction: number): Float64Array {
  return parameter.map((value, k) => value + fraction * (step[k] as number));
}

function regularisedFactor(
  information: Float64Array,
  order: number,
): { readonly factor: CholeskyFactor; readonly ridged: boolean } | null {
  const plain = factoriseInformation(information, order);
  if (plain) return { factor: plain, ridged: false };
  let largest = 0;
  for (let k = 0; k < order; k++) largest = Math.max(largest, Math.abs(information[k * order + k] as number));
  if (!(largest > 0) || !Number.isFinite(largest)) return null;
  for (let ridge = 1e-8 * largest; ridge <= 1e4 * largest; ridge *= 10) {
    const raised = information.slice();
    for (let k = 0; k < order; k++) raised[k * order + k] = (raised[k * order + k] as number) + ridge;
    const factor = factoriseInformation(raised, order);
    if (factor) return { factor, ridged: true };
  }
  return null;
}
