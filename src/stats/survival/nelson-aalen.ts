/**
 * Nelson-Aalen estimate of the cumulative hazard from a life table.
 *
 * H(t) = sum_{t_k <= t} d_k / n_k; Aalen's variance sum d_k / n_k^2 (events as Poisson). With repeated events per person
 * H is the mean cumulative function, and this variance is too small: see mean-cumulative-function.ts.
 * Interval on the log scale: H exp(+- z se / H); NaN while H is 0.
 * Sources: Nelson 1972 Technometrics 14:945; Aalen 1978 Ann Stat 6:701.
 */
import { normalQuantile } from '../special/normal.ts';
import { exitRows } from './kaplan-meier.ts';
import type { LifeTable } from './life-table.ts';

export interface CumulativeHazard {
  readonly conf_level: number;
  readonly time: Float64Array;
  readonly at_risk: Float64Array;
  readonly events: Float64Array;
  readonly cumulative_hazard: Float64Array;
  readonly se: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export function estimateCumulativeHazard(table: LifeTable, conf_level = 0.95): CumulativeHazard {
  const z = normalQuantile(0.5 + conf_level / 2);
  const rows = exitRows(table);
  const pick = (column: Float64Array) => Float64Array.from(rows, (k) => column[k] as number);
  const at_risk = pick(table.at_risk);
  const events = pick(table.events);
  const cumulative_hazard = new Float64Array(rows.length);
  const se = new Float64Array(rows.length);
  const lower = new Float64Array(rows.length).fill(Number.NaN);
  const upper = new Float64Array(rows.length).fill(Number.NaN);
  let hazard = 0;
  let variance = 0;
  for (let k = 0; k < rows.length; k++) {
    const n = at_risk[k] as number;
    const d = events[k] as number;
    if (d > 0) {
      hazard += d / n;
      variance += d / (n * n);
    }
    cumulative_hazard[k] = hazard;
    se[k] = Math.sqrt(variance);
    if (hazard > 0) {
      const factor = Math.exp((z * Math.sqrt(variance)) / hazard);
      lower[k] = hazard / factor;
      upper[k] = hazard * factor;
    }
  }
  return { conf_level, time: pick(table.time), at_risk, events, cumulative_hazard, se, lower, upper };
}
