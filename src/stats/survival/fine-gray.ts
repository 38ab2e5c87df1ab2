/**
 * Fine-Gray proportional subdistribution hazards model for one cause among competing ones.
 *
 * People who had another cause stay in the risk set with weight G(t-) / G(T-), G the Kaplan-Meier curve of censoring:
 * the probability that they would still be followed. exp(coefficient) is a ratio of subdistribution hazards: it says
 * whether a covariate goes with a higher cumulative incidence, not that it acts on the cause; report cause-specific hazards too.
 *
 * Convention. Events come before censorings at a tied time, as everywhere in this folder: someone whose event is at t is
 * not at risk of censoring at t. Ties of events: Breslow. This is what R's survival::finegray + coxph(ties = 'breslow')
 * computes; cmprsk::crr counts people with an event at t as at risk of censoring at t and differs by about 1e-5.
 * One censoring curve for everybody: censoring must not depend on the covariates.
 *
 * Covariance: V (sum of squared influence) V. variance 'estimated-weights' (default) adds what is due to estimating G
 * (Fine & Gray, eq. 7-8: crr prints this); 'fixed-weights' does not (what coxph on finegray data prints).
 * Source: Fine & Gray 1999 JASA 94:496.
 */
import { sandwich } from '../linalg/matrix.ts';
import { keepColumns, spreadMatrix, spreadVector, standardErrors } from '../regression/design.ts';
import { mirror } from './cox-likelihood.ts';
import { independentColumns, maximiseLikelihood } from './maximum.ts';
import {
  arrangeSubdistribution,
  type FineGrayRows,
  influences,
  subdistributionLikelihood,
} from './subdistribution.ts';

export interface FineGrayOptions {
  /** The cause of interest; default 1. */
  readonly cause?: number | undefined;
  readonly variance?: 'estimated-weights' | 'fixed-weights' | undefined;
}

export type FineGrayFit =
  | {
      readonly status: 'estimated';
      readonly columns: number;
      /** Log subdistribution hazard ratios; NaN for aliased columns (combinations of earlier ones). */
      readonly coefficient: Float64Array;
      readonly se: Float64Array;
      readonly covariance: Float64Array;
      readonly kept: Int32Array;
      readonly aliased: readonly number[];
      readonly log_likelihood: number;
      readonly log_likelihood_null: number;
      readonly events: number;
      readonly competing_events: number;
      readonly censored: number;
      readonly iterations: number;
    }
  | { readonly status: 'no-events' }
  | { readonly status: 'aliased'; readonly aliased: readonly number[] }
  | { readonly status: 'separated'; readonly columns: readonly number[] }
  | { readonly status: 'not-converged'; readonly iterations: number; readonly decrement: number };

export function fitFineGray(data: FineGrayRows, options: FineGrayOptions = {}): FineGrayFit {
  const arranged = arrangeSubdistribution(data, options.cause ?? 1);
  const { p, n, kind, events } = arranged;
  const total = events.reduce((a, b) => a + b, 0);
  if (total === 0) return { status: 'no-events' };
  const start = subdistributionLikelihood(arranged, new Float64Array(p));
  const kept = independentColumns(start.information, arranged.range, total);
  const aliased = Array.from({ length: p }, (_, j) => j).filter((j) => !kept.includes(j));
  if (kept.length === 0) return { status: 'aliased', aliased };
  if (aliased.length > 0) return fitKept(data, kept, aliased, options);
  const found = maximiseLikelihood(
    (beta) => subdistributionLikelihood(arranged, beta),
    arranged.range,
    start,
  );
  if (found.status !== 'maximum') return found;
  const meat = new Float64Array(p * p);
  const influence = influences(arranged, found.beta, options.variance ?? 'estimated-weights');
  for (let i = 0; i < n; i++)
    for (let j = 0; j < p; j++)
      for (let l = 0; l <= j; l++)
        meat[j * p + l] =
          (meat[j * p + l] as number) + (influence[i * p + j] as number) * (influence[i * p + l] as number);
  mirror(meat, p);
  const covariance = sandwich(found.information_inverse, meat, p);
  return {
    status: 'estimated',
    columns: p,
    coefficient: found.beta,
    se: standardErrors(covariance, p),
    covariance,
    kept,
    aliased,
    log_likelihood: found.at.log_likelihood,
    log_likelihood_null: found.null_at.log_likelihood,
    events: total,
    competing_events: kind.reduce((sum, k) => sum + (k === 2 ? 1 : 0), 0),
    censored: kind.reduce((sum, k) => sum + (k === 0 ? 1 : 0), 0),
    iterations: found.iterations,
  };
}

/** The fit on some of the columns, spread over all of them. */
function fitKept(
  data: FineGrayRows,
  kept: Int32Array,
  aliased: readonly number[],
  options: FineGrayOptions,
): FineGrayFit {
  const { columns } = data;
  const fit = fitFineGray({ ...data, ...keepColumns(data, kept) }, options);
  if (fit.status === 'separated') return { ...fit, columns: fit.columns.map((j) => kept[j] as number) };
  if (fit.status !== 'estimated') return fit;
  return {
    ...fit,
    columns,
    coefficient: spreadVector(fit.coefficient, kept, columns),
    se: spreadVector(fit.se, kept, columns),
    covariance: spreadMatrix(fit.covariance, kept, columns),
    kept,
    aliased,
  };
}
