/**
 * Logistic regression on groups: n trials (or a sum of weights) and Y successes per covariate pattern.
 *
 * l = sum_g [Y eta - n log(1 + exp eta)] (the binomial coefficients hold no parameter); score X'(Y - n p); information
 * X' diag(n p (1 - p)) X. McCullagh and Nelder (1989), chapter 4. Trials and successes need not be whole numbers: with
 * weights w per row, n = w and Y = w y give the weighted estimating equation, whose model covariance is not to be used.
 * The estimate exists unless the groups can be separated (Albert and Anderson 1984, Biometrika 71:1): looked for when Newton's
 * method does not settle quickly or a fitted probability is extreme.
 */
import { findAliasedColumns } from './aliasing.ts';
import {
  assertDesign,
  crossVector,
  type Design,
  keepColumns,
  linearPredictor,
  weightedCross,
} from './design.ts';
import { assembleEstimate, type Estimate, type FitFailure } from './estimate.ts';
import { type Evaluation, maximiseByNewton, type NewtonOptions } from './newton.ts';
import { findSeparation } from './separation.ts';

export interface LogisticGroups {
  readonly design: Design;
  /** n >= 0 per group. */
  readonly trials: Float64Array;
  /** 0 <= Y <= n per group. */
  readonly successes: Float64Array;
}

export interface LogisticEstimate extends Estimate {
  /** Fitted probability per group. */
  readonly probability: Float64Array;
  /** Y - n p: the score residual, for sandwiches. */
  readonly residual: Float64Array;
  /** n p (1 - p). */
  readonly weight: Float64Array;
}

export type LogisticFit = LogisticEstimate | FitFailure;

/** Linear predictor beyond which separation is looked for: odds of one to nine million. */
const EXTREME = 16;
const QUICK = 15;

export function fitLogistic(groups: LogisticGroups, options: NewtonOptions = {}): LogisticFit {
  const { design, trials, successes } = groups;
  const { rows, columns } = design;
  assertDesign(design, trials, successes);
  let n = 0;
  let y = 0;
  for (let i = 0; i < rows; i++) {
    const ni = trials[i] as number;
    const yi = successes[i] as number;
    if (!(yi >= 0 && yi <= ni)) throw new RangeError('logistic: needs 0 <= successes <= trials');
    n += ni;
    y += yi;
  }
  if (n === 0) return { status: 'no-exposure' };
  if (y === 0) return { status: 'no-events' };
  if (y === n) return { status: 'only-events' };
  const used = trials.map((ni) => (ni > 0 ? 1 : 0));
  const rank = findAliasedColumns(design, used);
  if (rank.kept.length === 0) return { status: 'aliased', aliased: [...rank.aliased] };
  const kept = keepColumns(design, rank.kept);
  const eta = new Float64Array(rows);
  const probability = new Float64Array(rows);
  const residual = new Float64Array(rows);
  const weight = new Float64Array(rows);
  let extreme = 0;
  const evaluate = (beta: Float64Array): Evaluation => {
    linearPredictor(kept, beta, eta);
    let logLikelihood = 0;
    extreme = 0;
    for (let i = 0; i < rows; i++) {
      const ni = trials[i] as number;
      const e = eta[i] as number;
      if (ni === 0) {
        probability[i] = 1 / (1 + Math.exp(-e));
        residual[i] = 0;
        weight[i] = 0;
        continue;
      }
      const small = Math.exp(-Math.abs(e));
      const p = e >= 0 ? 1 / (1 + small) : small / (1 + small);
      probability[i] = p;
      residual[i] = (successes[i] as number) - ni * p;
      weight[i] = (ni * small) / (1 + small) ** 2;
      logLikelihood += (successes[i] as number) * e - ni * (Math.max(e, 0) + Math.log1p(small));
      extreme = Math.max(extreme, Math.abs(e));
    }
    return {
      log_likelihood: logLikelihood,
      score: crossVector(kept, residual),
      information: weightedCross(kept, weight),
    };
  };
  const result = maximiseByNewton(new Float64Array(kept.columns), evaluate, options);
  if (result.status === 'not-converged' || result.iterations > QUICK || extreme > EXTREME) {
    const side = trials.map((ni, i) => {
      if (ni === 0) return Number.NaN;
      const yi = successes[i] as number;
      return yi === 0 ? -1 : yi === ni ? 1 : 0;
    });
    const separation = findSeparation(kept, side);
    if (separation) {
      const named = separation.columns.map((k) => rank.kept[k] as number);
      return { status: 'separated', columns: named, cells: separation.rows };
    }
  }
  if (result.status === 'not-converged') return result;
  return { ...assembleEstimate(result, rank, columns), probability, residual, weight };
}
