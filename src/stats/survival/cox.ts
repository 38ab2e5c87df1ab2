/**
 * Cox proportional hazards model by Newton's method: Efron's or Breslow's handling of ties, strata, (start, stop]
 * rows, replication counts or sampling weights, model-based and robust (Lin-Wei) covariance.
 *
 * With several rows per person and `cluster` = person this is the Andersen-Gill model; with `stratum` = number of the
 * event it is Prentice-Williams-Peterson (gap time: give stop - start as `stop`) or Wei-Lin-Weissfeld.
 *
 * Outcomes. Columns that do not vary inside the risk sets, or are combinations of earlier ones there, are `aliased`:
 * their coefficients are NaN and the others are estimated (what R prints as NA); status 'aliased' only when nothing is left.
 * 'separated': the likelihood rises for ever along some direction (every event had the highest value in its risk set;
 * Bryson & Johnson 1981), so the hazard ratio has no finite estimate. Recognised by its trace: Newton steps that stay
 * as long as they were while their gain falls by a constant factor; a finite maximum is approached quadratically.
 * Sources: Cox 1972 JRSS B 34:187; Andersen & Gill 1982 Ann Stat 10:1100; Lin & Wei 1989 JASA 84:1074.
 */
import { cholesky, invertCholesky } from '../linalg/cholesky.ts';
import { bilinear } from '../linalg/matrix.ts';
import { spreadMatrix, spreadVector, standardErrors } from '../regression/design.ts';
import { partialLikelihood } from './cox-likelihood.ts';
import { arrangeDesign, restrictDesign, type Ties } from './cox-risk-sets.ts';
import { type RobustCovariance, robustCovariance } from './cox-robust.ts';
import { assertCoxRows, type CoxRows, orderRiskSets } from './cox-rows.ts';
import { type ChiSquareTest, chiSquareTest, independentColumns, maximiseLikelihood } from './maximum.ts';

export interface CoxOptions {
  /** Default 'efron'. */
  readonly ties?: Ties | undefined;
  /**
   * Robust covariance: 'rows' when every row is a person (or `count` independent people), or the person or area of
   * each row as 0 .. clusters - 1. No small-sample factor is applied.
   */
  readonly cluster?: 'rows' | Int32Array | undefined;
  readonly max_iterations?: number | undefined;
}

export interface CoxEstimate {
  readonly status: 'estimated';
  readonly ties: Ties;
  readonly columns: number;
  /** Log hazard ratios; NaN for aliased columns. */
  readonly coefficient: Float64Array;
  /** From the inverse information at the maximum. */
  readonly se: Float64Array;
  /** columns x columns, row-major; NaN in aliased rows and columns. */
  readonly covariance: Float64Array;
  readonly robust: RobustCovariance | null;
  readonly kept: Int32Array;
  readonly aliased: readonly number[];
  readonly rank: number;
  readonly log_likelihood: number;
  readonly log_likelihood_null: number;
  readonly likelihood_ratio: ChiSquareTest;
  readonly score_test: ChiSquareTest;
  /** On the robust covariance where there is one. */
  readonly wald: ChiSquareTest;
  readonly events: number;
  readonly event_times: number;
  readonly iterations: number;
}

export type CoxFailure =
  | { readonly status: 'no-events' }
  | { readonly status: 'aliased'; readonly aliased: readonly number[] }
  | { readonly status: 'separated'; readonly columns: readonly number[] }
  | { readonly status: 'not-converged'; readonly iterations: number; readonly decrement: number };

export type CoxFit = CoxEstimate | CoxFailure;

export function fitCox(data: CoxRows, options: CoxOptions = {}): CoxFit {
  assertCoxRows(data);
  const ties = options.ties ?? 'efron';
  const order = orderRiskSets(data);
  if (order.events === 0) return { status: 'no-events' };
  const full = arrangeDesign(data, order);
  const start = partialLikelihood(full, new Float64Array(data.columns), ties);
  const weight = full.event_weight.reduce((a, b) => a + b, 0);
  const kept = independentColumns(start.information, full.range, weight);
  const aliased = Array.from({ length: data.columns }, (_, j) => j).filter((j) => !kept.includes(j));
  if (kept.length === 0 && data.columns > 0) return { status: 'aliased', aliased };
  const design = aliased.length === 0 ? full : restrictDesign(full, kept);
  const found = maximiseLikelihood(
    (beta) => partialLikelihood(design, beta, ties),
    design.range,
    design === full ? start : null,
    options.max_iterations,
  );
  if (found.status === 'separated')
    return { status: 'separated', columns: found.columns.map((j) => kept[j] as number) };
  if (found.status !== 'maximum') return found;
  const { beta, at, information_inverse: inverse, null_at } = found;
  const p = kept.length;
  const robust =
    options.cluster === undefined ? null : robustCovariance(design, beta, ties, inverse, options.cluster);
  const nullFactor = cholesky(null_at.information, p);
  const score_chi =
    nullFactor.status === 'factorised'
      ? bilinear(null_at.score, invertCholesky(nullFactor), null_at.score)
      : Number.NaN;
  return {
    status: 'estimated',
    ties,
    columns: data.columns,
    coefficient: spreadVector(beta, kept, data.columns),
    se: spreadVector(standardErrors(inverse, p), kept, data.columns),
    covariance: spreadMatrix(inverse, kept, data.columns),
    robust: robust && {
      clusters: countClusters(data, options.cluster),
      se: spreadVector(robust.se, kept, data.columns),
      covariance: spreadMatrix(robust.covariance, kept, data.columns),
    },
    kept,
    aliased,
    rank: p,
    log_likelihood: at.log_likelihood,
    log_likelihood_null: null_at.log_likelihood,
    likelihood_ratio: chiSquareTest(2 * (at.log_likelihood - null_at.log_likelihood), p),
    score_test: chiSquareTest(score_chi, p),
    wald: waldTest(beta, robust ? robust.covariance : inverse, p),
    events: order.events,
    event_times: order.event_times,
    iterations: found.iterations,
  };
}

function countClusters(data: CoxRows, cluster: CoxOptions['cluster']): number {
  if (cluster === 'rows' || cluster === undefined)
    return data.count ? data.count.reduce((a, b) => a + b, 0) : data.rows;
  let highest = -1;
  for (const c of cluster) if (c > highest) highest = c;
  const seen = new Uint8Array(highest + 1);
  for (const c of cluster) seen[c] = 1;
  return seen.reduce((sum, here) => sum + here, 0);
}

function waldTest(beta: Float64Array, covariance: Float64Array, p: number): ChiSquareTest {
  const factor = cholesky(covariance, p);
  if (factor.status !== 'factorised') return chiSquareTest(Number.NaN, p);
  return chiSquareTest(bilinear(beta, invertCholesky(factor), beta), factor.rank);
}
