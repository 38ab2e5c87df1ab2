/**
 * Poisson regression of event counts on person-time, on compressed cells.
 *
 * A cell is a covariate pattern with Y events over exposure E; rows of single persons are the special case. With
 * lambda(x) = exp(x'beta) the likelihood needs nothing else of the rows: l = sum_g [Y x'beta - E lambda] + constant
 * (constant: `poissonStatistics`). Score X'(Y - E lambda); observed = expected information X' diag(E lambda) X.
 * McCullagh and Nelder (1989), chapter 6; sufficiency of (Y, E) per pattern: Frome (1983), Biometrics 39:665.
 *
 * Preconditions: Y >= 0, E >= 0, finite. Cells with E = 0 carry no information and are left out; events on them are a
 * fault of the data and are reported, not fitted. Columns that are combinations of earlier ones get NaN, as R gives NA.
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
import { solveSymmetric } from './normal-equations.ts';
import { findPatterns, type Patterns, sumByPattern } from './patterns.ts';
import { findSeparation } from './separation.ts';

export interface PoissonCells {
  readonly design: Design;
  /** Events Y per cell. */
  readonly events: Float64Array;
  /** Exposure E per cell (person-days or person-years), not its logarithm. */
  readonly exposure: Float64Array;
}

export interface PoissonEstimate extends Estimate {
  /** log-likelihood without the terms that do not hold a parameter: compare nested models on the same cells only. */
  readonly log_likelihood: number;
  /** Expected events E lambda per cell. */
  readonly fitted: Float64Array;
  /** Rate lambda per cell. */
  readonly rate: Float64Array;
  readonly cells_used: number;
}

export type PoissonFit = PoissonEstimate | FitFailure;

export function fitPoisson(cells: PoissonCells, options: NewtonOptions = {}): PoissonFit {
  return fitPoissonByPattern(cells, findPatterns(cells.design), options);
}

/** The same fit where the distinct rows of the design are known (null: each row is its own). */
export function fitPoissonByPattern(
  cells: PoissonCells,
  patterns: Patterns | null,
  options: NewtonOptions = {},
): PoissonFit {
  const { design, events, exposure } = cells;
  const { rows, columns } = design;
  assertDesign(design, events, exposure);
  const used = new Float64Array(rows);
  const side = new Float64Array(rows);
  let totalEvents = 0;
  let totalExposure = 0;
  let orphaned = 0;
  let cellsUsed = 0;
  for (let i = 0; i < rows; i++) {
    const y = events[i] as number;
    const e = exposure[i] as number;
    if (!(y >= 0) || !(e >= 0)) throw new RangeError('poisson: events and exposure must be >= 0 and finite');
    if (e === 0 && y > 0) orphaned++;
    used[i] = e > 0 ? 1 : 0;
    cellsUsed += used[i] as number;
    side[i] = e > 0 ? (y > 0 ? 0 : -1) : Number.NaN;
    totalEvents += y;
    totalExposure += e;
  }
  if (orphaned > 0) return { status: 'events-without-exposure', cells: orphaned };
  if (totalExposure === 0) return { status: 'no-exposure' };
  if (totalEvents === 0) return { status: 'no-events' };

  if (patterns !== null) {
    const merged = {
      design: patterns.design,
      events: sumByPattern(patterns, events),
      exposure: sumByPattern(patterns, exposure),
    };
    const fit = fitPoissonByPattern(merged, null, options);
    if (fit.status === 'estimated') {
      const rate = new Float64Array(rows);
      const fitted = new Float64Array(rows);
      for (let i = 0; i < rows; i++) {
        const lambda = fit.rate[patterns.of[i] as number] as number;
        rate[i] = lambda;
        fitted[i] = (exposure[i] as number) * lambda;
      }
      return { ...fit, rate, fitted, cells_used: cellsUsed };
    }
    // A fit without an answer names rows of the design as it was given: it is made again on them.
  }

  const rank = findAliasedColumns(design, used);
  if (rank.kept.length === 0) return { status: 'aliased', aliased: [...rank.aliased] };
  const kept = keepColumns(design, rank.kept);
  const separation = findSeparation(kept, side);
  if (separation) {
    const named = separation.columns.map((k) => rank.kept[k] as number);
    return { status: 'separated', columns: named, cells: separation.rows };
  }

  const eta = new Float64Array(rows);
  const fitted = new Float64Array(rows);
  const residual = new Float64Array(rows);
  const evaluate = (beta: Float64Array): Evaluation => {
    linearPredictor(kept, beta, eta);
    let logLikelihood = 0;
    for (let i = 0; i < rows; i++) {
      const e = exposure[i] as number;
      const y = events[i] as number;
      const mu = e === 0 ? 0 : e * Math.exp(eta[i] as number);
      fitted[i] = mu;
      residual[i] = y - mu;
      logLikelihood += y === 0 ? -mu : y * (eta[i] as number) - mu;
    }
    if (!Number.isFinite(logLikelihood)) {
      return { log_likelihood: Number.NEGATIVE_INFINITY, score: beta, information: new Float64Array(0) };
    }
    return {
      log_likelihood: logLikelihood,
      score: crossVector(kept, residual),
      information: weightedCross(kept, fitted),
    };
  };
  const start = startingValues(kept, events, exposure, totalEvents / totalExposure);
  const result = maximiseByNewton(start, evaluate, options);
  if (result.status === 'not-converged') return result;
  return {
    ...assembleEstimate(result, rank, columns),
    // The last evaluation is the accepted one.
    fitted,
    rate: linearPredictor(kept, result.parameter, eta).map(Math.exp),
    cells_used: cellsUsed,
  };
}

/** One weighted least-squares step from counts shrunk halfway to the crude rate; zero where that cannot be solved. */
export function startingValues(
  design: Design,
  events: Float64Array,
  exposure: Float64Array,
  crude: number,
): Float64Array {
  const mu = new Float64Array(design.rows);
  const right = new Float64Array(design.rows);
  for (let i = 0; i < design.rows; i++) {
    const e = exposure[i] as number;
    if (e === 0) continue;
    const m = ((events[i] as number) + e * crude) / 2;
    mu[i] = m;
    right[i] = m * Math.log(m / e);
  }
  const start = solveSymmetric(weightedCross(design, mu), crossVector(design, right), design.columns);
  return start ?? new Float64Array(design.columns);
}
