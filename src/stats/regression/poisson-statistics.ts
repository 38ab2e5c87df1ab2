/**
 * Log-likelihood, deviance and Pearson chi-square of the rows behind compressed Poisson cells.
 *
 * The deviance of the cells themselves is another number (its saturated model has a parameter per cell, not per row).
 * With totals over rows i (count y, exposure t) and lambda of the cell:
 *   l        = sum_g [Y log lambda - E lambda] + sum y log t - sum log y!
 *   deviance = 2 { sum y log y - sum y log t - sum_g [Y log lambda + (Y - E lambda)] }
 *   Pearson  = sum_g [S2 / lambda - 2 Y + E lambda],  S2 = sum y^2 / t
 * McCullagh and Nelder (1989), sections 2.3 and 6.2.
 */
import type { CountTotals } from './compress.ts';
import type { PoissonCells, PoissonEstimate } from './poisson.ts';

export interface PoissonStatistics {
  readonly log_likelihood: number;
  readonly deviance: number;
  /** Deviance of the model with one common rate. */
  readonly null_deviance: number;
  readonly pearson: number;
  readonly df_residual: number;
  readonly aic: number;
  /** Pearson / df: 1 under the Poisson model. NaN without residual degrees of freedom. */
  readonly dispersion: number;
}

/** `sum_yy_over_t` per cell: the sum of y^2 / t over its rows. */
export function poissonStatistics(
  fit: PoissonEstimate,
  cells: PoissonCells,
  sum_yy_over_t: Float64Array,
  total: CountTotals,
): PoissonStatistics {
  let fittedTerm = 0;
  let pearson = 0;
  let events = 0;
  let exposure = 0;
  for (let g = 0; g < cells.design.rows; g++) {
    const e = cells.exposure[g] as number;
    if (e === 0) continue;
    const y = cells.events[g] as number;
    const lambda = fit.rate[g] as number;
    events += y;
    exposure += e;
    fittedTerm += (y === 0 ? 0 : y * Math.log(lambda)) - e * lambda;
    pearson += (sum_yy_over_t[g] as number) / lambda - 2 * y + e * lambda;
  }
  const logLikelihood = fittedTerm + total.sum_y_log_t - total.sum_log_factorial_y;
  const saturated = total.sum_y_log_y - total.sum_y_log_t - events;
  const df = total.observations - fit.rank;
  return {
    log_likelihood: logLikelihood,
    deviance: 2 * (saturated - fittedTerm),
    null_deviance: 2 * (saturated - events * Math.log(events / exposure) + events),
    pearson,
    df_residual: df,
    aic: -2 * logLikelihood + 2 * fit.rank,
    dispersion: df > 0 ? pearson / df : Number.NaN,
  };
}
