/**
 * Ordinary least squares on groups of equal covariates: n rows, sum of y and sum of y^2 per group are enough.
 * b = (X'NX)^-1 X'Y; residual sum of squares = sum y^2 - 2 b'X'Y + b'X'NXb, summed group by group about the fitted value.
 * Wong, Forsell, Lewis, Mao and Wardrop (2021), arXiv:2102.11297.
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
import { assembleCoefficients, type Coefficients } from './estimate.ts';
import { invertSymmetric, solveSymmetric } from './normal-equations.ts';

export interface LinearGroups {
  readonly design: Design;
  readonly observations: Float64Array;
  readonly sum_y: Float64Array;
  readonly sum_yy: Float64Array;
}

export interface LinearEstimate extends Coefficients {
  /** Residual variance, divisor n - rank. */
  readonly variance: number;
  readonly df_residual: number;
  /** (X'NX)^-1, the bread of sandwiches; `covariance` is this times `variance`. */
  readonly unscaled: Float64Array;
  /** Y - n x'b per group: the score residual. */
  readonly residual: Float64Array;
  /** Sum over the rows of a group of (y - x'b)^2. */
  readonly squared_residual: Float64Array;
}

export type LinearFit =
  | LinearEstimate
  | { readonly status: 'aliased'; readonly aliased: readonly number[] }
  | { readonly status: 'no-residual-degrees-of-freedom' };

export function fitLinear(groups: LinearGroups): LinearFit {
  const { design, observations, sum_y, sum_yy } = groups;
  assertDesign(design, observations, sum_y, sum_yy);
  const rank = findAliasedColumns(
    design,
    observations.map((n) => (n > 0 ? 1 : 0)),
  );
  const k = rank.kept.length;
  const kept = keepColumns(design, rank.kept);
  const cross = weightedCross(kept, observations);
  const inverse = invertSymmetric(cross, k);
  const first = solveSymmetric(cross, crossVector(kept, sum_y), k);
  if (k === 0 || inverse === null || first === null) return { status: 'aliased', aliased: [...rank.aliased] };
  const fitted = linearPredictor(kept, first, new Float64Array(design.rows));
  const left = sum_y.map((y, g) => y - (observations[g] as number) * (fitted[g] as number));
  // One step of refinement on the residuals recovers the digits the normal equations lose.
  const correction = solveSymmetric(cross, crossVector(kept, left), k) ?? new Float64Array(k);
  const beta = first.map((b, a) => b + (correction[a] as number));
  linearPredictor(kept, beta, fitted);
  const residual = sum_y.map((y, g) => y - (observations[g] as number) * (fitted[g] as number));
  const squared = sum_yy.map((yy, g) => {
    const n = observations[g] as number;
    if (n === 0) return 0;
    const mean = (sum_y[g] as number) / n;
    return Math.max(0, yy - n * mean * mean) + n * (mean - (fitted[g] as number)) ** 2;
  });
  const n = observations.reduce((sum, v) => sum + v, 0);
  const df = n - k;
  if (!(df > 0)) return { status: 'no-residual-degrees-of-freedom' };
  const variance = squared.reduce((sum, v) => sum + v, 0) / df;
  const estimate = assembleCoefficients(
    beta,
    inverse.map((v) => v * variance),
    rank,
    design.columns,
  );
  return {
    ...estimate,
    variance,
    df_residual: df,
    unscaled: estimate.covariance.map((v) => v / variance),
    residual,
    squared_residual: squared,
  };
}
