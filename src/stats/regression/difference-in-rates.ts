/**
 * Two arms, before and after: the ratio of rate ratios.
 *
 * Poisson regression on intercept, arm, period and arm x period; with nothing else in the model the last coefficient is
 * log(y11/t11) - log(y10/t10) - log(y01/t01) + log(y00/t00) with model variance the sum of 1/y. Persons, pairs and areas repeat, so
 * the model standard error is never the one to report: give at least one clustering.
 * Within-person and pair-by-period versions condition on the stratum (`conditional-poisson.ts`).
 * Blundell and Costa Dias (2009), J. Human Resources 44:565, for the multiplicative difference in differences.
 */
import { type ClusterCorrection, clusterRobust, type RobustResult } from './cluster-robust.ts';
import { type ConditionalFit, fitConditionalPoisson } from './conditional-poisson.ts';
import { type Design, designFromRows } from './design.ts';
import type { FitFailure } from './estimate.ts';
import { fitPoisson, type PoissonEstimate } from './poisson.ts';

export interface ArmPeriods {
  /** 1 treated arm, 0 comparison arm. */
  readonly treated: Float64Array;
  /** 1 after, 0 before. */
  readonly post: Float64Array;
  readonly events: Float64Array;
  readonly exposure: Float64Array;
  /** Further columns (areas, calendar), same rows. */
  readonly adjustment?: Design;
}

export interface Clustering {
  readonly name: string;
  readonly cluster: Int32Array;
  readonly clusters: number;
}

export type DifferenceInRates =
  | {
      readonly status: 'estimated';
      readonly log_ratio_of_rate_ratios: number;
      readonly model_se: number;
      readonly fit: PoissonEstimate;
      /** Column of arm x period in `fit`. */
      readonly column: number;
      readonly robust: readonly { readonly name: string; readonly result: RobustResult }[];
    }
  | FitFailure;

const INTERACTION = 3;

/** Intercept, arm, period, arm x period, then the adjustment columns. */
export function armPeriodDesign(data: ArmPeriods): Design {
  const { treated, post, adjustment } = data;
  return designFromRows(
    Array.from({ length: treated.length }, (_, i) => {
      const g = treated[i] as number;
      const p = post[i] as number;
      const more = adjustment
        ? adjustment.x.subarray(i * adjustment.columns, (i + 1) * adjustment.columns)
        : [];
      return [1, g, p, g * p, ...more];
    }),
  );
}

export function fitDifferenceInRates(
  data: ArmPeriods,
  clusterings: readonly Clustering[],
  correction: ClusterCorrection = 'CR1S',
): DifferenceInRates {
  const design = armPeriodDesign(data);
  const fit = fitPoisson({ design, events: data.events, exposure: data.exposure });
  if (fit.status !== 'estimated') return fit;
  if (fit.aliased.includes(INTERACTION)) return { status: 'aliased', aliased: fit.aliased };
  const residual = data.events.map((y, i) => y - (fit.fitted[i] as number));
  const observations = fit.cells_used;
  return {
    status: 'estimated',
    log_ratio_of_rate_ratios: fit.coefficient[INTERACTION] as number,
    model_se: fit.se[INTERACTION] as number,
    fit,
    column: INTERACTION,
    robust: clusterings.map(({ name, cluster, clusters }) => ({
      name,
      result: clusterRobust(fit, { design, residual, cluster, clusters, observations }, correction),
    })),
  };
}

/**
 * The difference of rate changes on the scale of rates, (treated after - before) - (comparison after - before), from a fit
 * without adjustment columns, with the standard error that a covariance of its coefficients gives by the delta method.
 */
export function differenceOfRateChanges(
  fit: PoissonEstimate,
  covariance: Float64Array,
): { readonly difference: number; readonly se: number } {
  const [b0 = 0, arm = 0, post = 0, both = 0] = fit.coefficient;
  const cells = [
    { sign: 1, rate: Math.exp(b0 + arm + post + both), x: [1, 1, 1, 1] },
    { sign: -1, rate: Math.exp(b0 + arm), x: [1, 1, 0, 0] },
    { sign: -1, rate: Math.exp(b0 + post), x: [1, 0, 1, 0] },
    { sign: 1, rate: Math.exp(b0), x: [1, 0, 0, 0] },
  ];
  const gradient = [0, 1, 2, 3].map((k) =>
    cells.reduce((sum, { sign, rate, x }) => sum + sign * rate * (x[k] ?? 0), 0),
  );
  let variance = 0;
  for (let a = 0; a < 4; a++) {
    for (let b = 0; b < 4; b++) {
      variance +=
        (gradient[a] as number) * (gradient[b] as number) * (covariance[a * fit.columns + b] as number);
    }
  }
  return {
    difference: cells.reduce((sum, { sign, rate }) => sum + sign * rate, 0),
    se: Math.sqrt(variance),
  };
}

/**
 * The same contrast within strata: conditional Poisson on period and arm x period within persons ('person'), or on arm and
 * arm x period within pair-by-period strata ('pair-period'). Rows of a stratum are start[i] .. start[i + 1] - 1. The contrast
 * is the second coefficient.
 */
export function fitDifferenceWithinStrata(
  data: ArmPeriods,
  start: Int32Array,
  stratum: 'person' | 'pair-period',
  cluster?: { readonly cluster: Int32Array; readonly clusters: number },
): ConditionalFit {
  const main = stratum === 'person' ? data.post : data.treated;
  const design = designFromRows(
    Array.from({ length: main.length }, (_, i) => [
      main[i] as number,
      (data.treated[i] as number) * (data.post[i] as number),
    ]),
  );
  return fitConditionalPoisson(
    { design, start, events: data.events, exposure: data.exposure },
    cluster ?? {},
  );
}
