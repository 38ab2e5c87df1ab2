/**
 * Residuals of a fitted Cox model. `fit` must be the fit of `data` in every function.
 *
 * Schoenfeld: covariate of an event minus the mean in its risk set; the mean over the steps of tied events under Efron.
 * Martingale: events minus expected events. Score and dfbeta: what each row contributes to the score, and (to first
 * order) by how much the coefficients change when it is left out.
 * Sources: Schoenfeld 1982 Biometrika 69:239; Therneau & Grambsch 2000, chapter 4.
 */
import { keepColumns } from '../regression/design.ts';
import type { CoxEstimate } from './cox.ts';
import { arrangeDesign, type CoxDesign, riskScores, rowRisks } from './cox-risk-sets.ts';
import { eachScoreResidual, runningSums } from './cox-robust.ts';
import { type CoxRows, orderRiskSets } from './cox-rows.ts';

/** The design of the columns the fit kept, and its coefficients. */
export function refit(data: CoxRows, fit: CoxEstimate): { design: CoxDesign; beta: Float64Array } {
  const design = arrangeDesign({ ...data, ...keepColumns(data, fit.kept) }, orderRiskSets(data));
  return { design, beta: Float64Array.from(fit.kept, (j) => fit.coefficient[j] as number) };
}

export interface SchoenfeldResiduals {
  /** One line per row with events, by stratum and time. */
  readonly row: Int32Array;
  readonly time: Float64Array;
  /** Lines x columns kept by the fit: covariate minus its mean in the risk set. */
  readonly residual: Float64Array;
}

export function schoenfeldResiduals(data: CoxRows, fit: CoxEstimate): SchoenfeldResiduals {
  const { design, beta } = refit(data, fit);
  const { order, columns: p, events, pattern, x } = design;
  const sums = runningSums(design, riskScores(design, beta), fit.ties);
  const lines = Array.from(order.source.keys()).filter((a) => (events[a] as number) > 0);
  const residual = new Float64Array(lines.length * p);
  lines.forEach((a, line) => {
    const k = order.leave[a] as number;
    const own = (pattern[a] as number) * p;
    for (let j = 0; j < p; j++)
      residual[line * p + j] = (x[own + j] as number) - (sums.mean[k * p + j] as number);
  });
  return {
    row: Int32Array.from(lines, (a) => order.source[a] as number),
    time: Float64Array.from(lines, (a) => order.time[order.leave[a] as number] as number),
    residual,
  };
}

/** Events minus expected events of each row of `data`; rows never at risk at an event time have 0. */
export function martingaleResiduals(data: CoxRows, fit: CoxEstimate): Float64Array {
  const { design, beta } = refit(data, fit);
  const { order, people, events, event_weight, weight } = design;
  const risks = riskScores(design, beta);
  const risk = rowRisks(design, risks);
  const sums = runningSums(design, risks, fit.ties);
  const residual = new Float64Array(data.rows);
  for (let a = 0; a < people.length; a++) {
    const leave = order.leave[a] as number;
    const enter = order.enter[a] as number;
    const before = order.first[enter] ? 0 : (sums.hazard[enter - 1] as number);
    const expected = (risk[a] as number) * ((sums.hazard[leave] as number) - before);
    const tie =
      ((risk[a] as number) * (event_weight[a] as number) * (sums.tie[leave] as number)) /
      (people[a] as number);
    residual[order.source[a] as number] = (events[a] as number) - (expected - tie) / (weight[a] as number);
  }
  return residual;
}

/**
 * Change of the kept coefficients when one person of the row is left out: rows x kept columns, zero for rows never at
 * risk at an event time. A row of many people has the mean over them. Not multiplied by the sampling weight.
 */
export function dfbetaResiduals(data: CoxRows, fit: CoxEstimate): Float64Array {
  const { design, beta } = refit(data, fit);
  const { columns: p, order, people, weight, events } = design;
  const residual = new Float64Array(data.rows * p);
  eachScoreResidual(design, beta, fit.ties, (a, base, extra) => {
    const share = ((events[a] as number) * (weight[a] as number)) / (people[a] as number);
    const to = (order.source[a] as number) * p;
    for (let j = 0; j < p; j++) {
      let sum = 0;
      for (let l = 0; l < p; l++) {
        const v = fit.covariance[(fit.kept[j] as number) * fit.columns + (fit.kept[l] as number)] as number;
        sum += v * ((base[l] as number) + share * (extra[l] as number));
      }
      residual[to + j] = sum;
    }
  });
  return residual;
}
