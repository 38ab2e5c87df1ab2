/** What every fit by maximum likelihood on a design reports, and the ways in which it can have no answer. */
import type { ColumnRank } from './aliasing.ts';
import { spreadMatrix, spreadVector, standardErrors } from './design.ts';

export interface Coefficients {
  readonly status: 'estimated';
  readonly columns: number;
  /** On the link scale (log rate ratios, log odds ratios); NaN for aliased columns, as R prints NA. */
  readonly coefficient: Float64Array;
  /** Model standard errors. */
  readonly se: Float64Array;
  /** Inverse information, columns x columns, NaN in aliased rows and columns. */
  readonly covariance: Float64Array;
  /** Columns with an estimate, in order. */
  readonly kept: Int32Array;
  readonly aliased: readonly number[];
  readonly rank: number;
}

export interface Estimate extends Coefficients {
  readonly log_likelihood: number;
  readonly iterations: number;
}

export type FitFailure =
  | { readonly status: 'no-events' }
  | { readonly status: 'only-events' }
  | { readonly status: 'no-exposure' }
  | { readonly status: 'events-without-exposure'; readonly cells: number }
  | { readonly status: 'aliased'; readonly aliased: readonly number[] }
  /** Coefficients of `columns` run to infinity; `cells` are fitted perfectly in that limit. */
  | { readonly status: 'separated'; readonly columns: readonly number[]; readonly cells: number }
  | { readonly status: 'not-converged'; readonly iterations: number; readonly decrement: number };

/** Spreads coefficients over kept columns back to all columns. */
export function assembleCoefficients(
  parameter: Float64Array,
  inner: Float64Array,
  rank: ColumnRank,
  columns: number,
): Coefficients {
  const covariance = spreadMatrix(inner, rank.kept, columns);
  return {
    status: 'estimated',
    columns,
    coefficient: spreadVector(parameter, rank.kept, columns),
    se: standardErrors(covariance, columns),
    covariance,
    kept: rank.kept,
    aliased: [...rank.aliased],
    rank: rank.kept.length,
  };
}

export function assembleEstimate(
  result: {
    readonly parameter: Float64Array;
    readonly covariance: Float64Array;
    readonly at: { readonly log_likelihood: number };
    readonly iterations: number;
  },
  rank: ColumnRank,
  columns: number,
): Estimate {
  return {
    ...assembleCoefficients(result.parameter, result.covariance, rank, columns),
    log_likelihood: result.at.log_likelihood,
    iterations: result.iterations,
  };
}
