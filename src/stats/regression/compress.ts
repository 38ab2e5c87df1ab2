/**
 * Rows compressed to covariate patterns with the sums that keep every Poisson and least-squares quantity exact.
 *
 * The engine makes the same table in SQL with one GROUP BY; this is the same operation for rows already in memory.
 * Patterns are distinct rows of x, in order of first appearance. Exposure is not grouped.
 */
import type { Design } from './design.ts';

/** Sums per pattern g over its rows i with count y_i and exposure t_i. */
export interface PatternSums {
  readonly design: Design;
  /** Rows per pattern. */
  readonly observations: Float64Array;
  /** Sum of y. */
  readonly events: Float64Array;
  /** Sum of t. */
  readonly exposure: Float64Array;
  readonly sum_yy: Float64Array;
  readonly sum_yt: Float64Array;
  readonly sum_tt: Float64Array;
  /** Sum of y^2 / t. */
  readonly sum_yy_over_t: Float64Array;
  /** Over all rows. */
  readonly total: CountTotals;
  /** Pattern of each row. */
  readonly pattern: Int32Array;
}

/** Sums over all rows that hold no parameter: they restore log-likelihood and deviance of the uncompressed rows. */
export interface CountTotals {
  readonly observations: number;
  readonly sum_y_log_y: number;
  readonly sum_y_log_t: number;
  readonly sum_log_factorial_y: number;
}

export function compressRows(
  rows: Design,
  events: Float64Array,
  exposure: Float64Array,
  logFactorial: (y: number) => number,
): PatternSums {
  const { columns, x } = rows;
  const pattern = new Int32Array(rows.rows);
  const known = new Map<string, number>();
  const first: number[] = [];
  for (let i = 0; i < rows.rows; i++) {
    const key = x.subarray(i * columns, (i + 1) * columns).join(' ');
    let g = known.get(key);
    if (g === undefined) {
      g = first.length;
      known.set(key, g);
      first.push(i);
    }
    pattern[i] = g;
  }
  const groups = first.length;
  const distinct = new Float64Array(groups * columns);
  first.forEach((row, g) => {
    distinct.set(x.subarray(row * columns, (row + 1) * columns), g * columns);
  });
  const sums = {
    observations: new Float64Array(groups),
    events: new Float64Array(groups),
    exposure: new Float64Array(groups),
    sum_yy: new Float64Array(groups),
    sum_yt: new Float64Array(groups),
    sum_tt: new Float64Array(groups),
    sum_yy_over_t: new Float64Array(groups),
  };
  const add = (into: Float64Array, g: number, v: number): void => {
    into[g] = (into[g] as number) + v;
  };
  for (let i = 0; i < rows.rows; i++) {
    const g = pattern[i] as number;
    const y = events[i] as number;
    const t = exposure[i] as number;
    if (t === 0) continue;
    add(sums.observations, g, 1);
    add(sums.events, g, y);
    add(sums.exposure, g, t);
    add(sums.sum_yy, g, y * y);
    add(sums.sum_yt, g, y * t);
    add(sums.sum_tt, g, t * t);
    add(sums.sum_yy_over_t, g, (y * y) / t);
  }
  return {
    design: { rows: groups, columns, x: distinct },
    ...sums,
    total: countTotals(events, exposure, logFactorial),
    pattern,
  };
}

/** The totals from rows; rows without exposure do not count. */
export function countTotals(
  events: Float64Array,
  exposure: Float64Array,
  logFactorial: (y: number) => number,
): CountTotals {
  let observations = 0;
  let yLogY = 0;
  let yLogT = 0;
  let factorials = 0;
  for (let i = 0; i < events.length; i++) {
    const y = events[i] as number;
    const t = exposure[i] as number;
    if (t === 0) continue;
    observations++;
    if (y === 0) continue;
    yLogY += y * Math.log(y);
    yLogT += y * Math.log(t);
    factorials += logFactorial(y);
  }
  return { observations, sum_y_log_y: yLogY, sum_y_log_t: yLogT, sum_log_factorial_y: factorials };
}
