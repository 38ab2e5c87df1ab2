/**
 * Baseline hazard of a Cox model, and survival predicted for given covariates.
 *
 * Breslow's estimate, with Efron's correction where the fit used it: H0(t) = sum over event times <= t of c / S0, for a
 * person whose covariates are all 0. For covariates x: H(t | x) = e^(x'b) H0(t), S = e^-H, and
 * Var H(t | x) = e^(2x'b) [sum cc / S0^2 + q'Vq], q(t) = sum x c / S0 - (cc S1 - fcc D1) / S0^2 (Tsiatis 1981; Link 1984).
 * V is the robust covariance when the fit has one.
 */

import { normalQuantile } from '../special/normal.ts';
import type { CoxEstimate } from './cox.ts';
import { refit } from './cox-residuals.ts';
import { riskScores, walkRiskSets } from './cox-risk-sets.ts';
import { runningSums } from './cox-robust.ts';
import type { CoxRows } from './cox-rows.ts';
import { type SurvivalInterval, survivalLimits } from './kaplan-meier.ts';

export interface BaselineHazard {
  /** Event times, by stratum, then increasing. */
  readonly stratum: Int32Array;
  readonly time: Float64Array;
  readonly cumulative_hazard: Float64Array;
}

/** Cumulative hazard of a person with all covariates (and offset) 0. `fit` must be the fit of `data`. */
export function estimateBaselineHazard(data: CoxRows, fit: CoxEstimate): BaselineHazard {
  const { time, stratum, cumulative_hazard } = predictSurvival(data, fit, new Float64Array(fit.columns));
  return { stratum, time, cumulative_hazard };
}

export interface PredictedSurvival extends BaselineHazard {
  readonly se_hazard: Float64Array;
  readonly survival: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export function predictSurvival(
  data: CoxRows,
  fit: CoxEstimate,
  x: Float64Array,
  options: { readonly conf_type?: SurvivalInterval; readonly conf_level?: number } = {},
): PredictedSurvival {
  const { design, beta } = refit(data, fit);
  const { columns: p, order, shift } = design;
  const K = order.event_times;
  const z = normalQuantile(0.5 + (options.conf_level ?? 0.95) / 2);
  const at = Float64Array.from(fit.kept, (column, j) => (x[column] as number) - (shift[j] as number));
  const risks = riskScores(design, beta);
  const { centre } = risks;
  // Everything below is for a linear predictor equal to `centre`; this turns it into that of x.
  const ratio = Math.exp(at.reduce((sum, v, j) => sum + v * (beta[j] as number), 0) - centre);
  const squares = new Float64Array(K);
  walkRiskSets(design, risks, fit.ties, ({ k, cc, s0 }) => {
    squares[k] = cc / s0 / s0;
  });
  for (let k = 1; k < K; k++)
    if (!order.first[k]) squares[k] = (squares[k] as number) + (squares[k - 1] as number);
  const sums = runningSums(design, risks, fit.ties);
  const covariance = fit.robust ? fit.robust.covariance : fit.covariance;
  const cumulative_hazard = sums.hazard.map((h) => h * ratio);
  const se_hazard = new Float64Array(K);
  const survival = cumulative_hazard.map((h) => Math.exp(-h));
  const lower = new Float64Array(K);
  const upper = new Float64Array(K);
  const q = new Float64Array(p);
  for (let k = 0; k < K; k++) {
    for (let j = 0; j < p; j++)
      q[j] = (at[j] as number) * (sums.hazard[k] as number) - (sums.weighted_mean[k * p + j] as number);
    let variance = squares[k] as number;
    for (let j = 0; j < p; j++)
      for (let l = 0; l < p; l++) {
        const v = covariance[(fit.kept[j] as number) * fit.columns + (fit.kept[l] as number)] as number;
        variance += (q[j] as number) * (q[l] as number) * v;
      }
    se_hazard[k] = ratio * Math.sqrt(variance);
    // The standard error of log S is that of H.
    const limits = survivalLimits(
      survival[k] as number,
      se_hazard[k] as number,
      z,
      options.conf_type ?? 'log-log',
    );
    lower[k] = limits[0];
    upper[k] = limits[1];
  }
  return { stratum: order.stratum, time: order.time, cumulative_hazard, se_hazard, survival, lower, upper };
}
