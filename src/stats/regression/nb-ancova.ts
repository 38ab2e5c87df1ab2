/**
 * Two arms compared after, adjusted for the count before: negative binomial analysis of covariance.
 *
 * Events after ~ NB2(t_after exp(b0 + b1 arm + b2 log((y_before + 1/2) / t_before) + ...)). The baseline enters as a covariate, not
 * as a change score: with regression to the mean a change score is biased by any imbalance at baseline, this is not
 * (Senn 2006, Stat. Med. 25:4334; for overdispersed counts Cook and Wei 2003, Biometrics 59:1107). The half keeps persons
 * without prior events in.
 * Standard errors: the joint likelihood, and HC0 (valid when the variance is not NB2). Without overdispersion the fit is Poisson.
 */
import { findAliasedColumns } from './aliasing.ts';
import { heteroskedasticityRobust } from './cluster-robust.ts';
import { type Design, designFromRows } from './design.ts';
import type { Estimate, FitFailure } from './estimate.ts';
import { fitNegativeBinomial } from './negative-binomial.ts';
import { tailHistogram } from './overdispersion.ts';

export interface BaselineAndOutcome {
  /** 1 treated, 0 comparison; one row per person. A dose may stand here instead: then the ratio is that of one unit more. */
  readonly treated: Float64Array;
  readonly baseline_events: Float64Array;
  readonly baseline_exposure: Float64Array;
  /** Whole counts after. */
  readonly events: Float64Array;
  readonly exposure: Float64Array;
  readonly adjustment?: Design;
}

export type NbAncova =
  | {
      readonly status: 'estimated';
      readonly model: 'negative-binomial' | 'poisson';
      readonly log_rate_ratio: number;
      readonly se_log: number;
      readonly se_log_robust: number;
      /** NaN under the Poisson model. */
      readonly theta: number;
      /** Columns: intercept, arm, log baseline rate, adjustment. */
      readonly fit: Estimate;
    }
  | FitFailure;

const ARM = 1;

/** Whether the arm is a combination of the other columns. Dependent columns are dropped from the right, so that it stands last here. */
function isArmAliased(design: Design): boolean {
  const { rows, columns, x } = design;
  const last = new Float64Array(x.length);
  for (let i = 0; i < rows; i++) {
    const row = x.subarray(i * columns, (i + 1) * columns);
    last.set(row.subarray(0, ARM), i * columns);
    last.set(row.subarray(ARM + 1), i * columns + ARM);
    last[(i + 1) * columns - 1] = row[ARM] as number;
  }
  const { aliased } = findAliasedColumns({ rows, columns, x: last }, new Float64Array(rows).fill(1));
  return [...aliased].includes(columns - 1);
}

export function fitNbAncova(data: BaselineAndOutcome): NbAncova {
  const { treated, baseline_events, baseline_exposure, events, exposure, adjustment } = data;
  const rows = treated.length;
  if (baseline_exposure.some((t) => !(t > 0)))
    throw new RangeError('nb-ancova: baseline exposure must be > 0');
  const design = designFromRows(
    Array.from({ length: rows }, (_, i) => [
      1,
      treated[i] as number,
      Math.log(((baseline_events[i] as number) + 0.5) / (baseline_exposure[i] as number)),
      ...(adjustment ? adjustment.x.subarray(i * adjustment.columns, (i + 1) * adjustment.columns) : []),
    ]),
  );
  // Adjustment columns that tell the arm completely would give way to it, and the ratio pass for an adjusted one.
  if (isArmAliased(design)) return { status: 'aliased', aliased: [ARM] };
  const observations = new Float64Array(rows).fill(1);
  const fit = fitNegativeBinomial({ design, observations, events, exposure, tail: tailHistogram(events) });
  if (fit.status !== 'estimated' && fit.status !== 'poisson-boundary') return fit;
  const chosen = fit.status === 'estimated' ? fit : fit.poisson;
  const squared =
    fit.status === 'estimated'
      ? fit.residual.map((u) => u * u)
      : events.map((y, i) => (y - (fit.poisson.fitted[i] as number)) ** 2);
  const covariance = fit.status === 'estimated' ? fit.covariance_given_theta : fit.poisson.covariance;
  const bread = { columns: chosen.columns, kept: chosen.kept, covariance };
  const robust = heteroskedasticityRobust(bread, design, squared, rows, 'HC0');
  return {
    status: 'estimated',
    model: fit.status === 'estimated' ? 'negative-binomial' : 'poisson',
    log_rate_ratio: chosen.coefficient[ARM] as number,
    se_log: chosen.se[ARM] as number,
    se_log_robust: robust.se[ARM] as number,
    theta: fit.status === 'estimated' ? fit.theta : Number.NaN,
    fit: chosen,
  };
}
