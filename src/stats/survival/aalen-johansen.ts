/**
 * Aalen-Johansen estimate of the cumulative incidence of competing causes, from counts per time or person rows.
 *
 * F_j(t) = sum_{u <= t} S(u-) d_j(u) / Y(u), S the Kaplan-Meier curve of all causes together, so that S + sum F_j = 1.
 * One minus Kaplan-Meier with the other causes censored is *not* this and is too high.
 * Covariance of (S, F_1 .. F_J): each time multiplies the last one by the step's linear map and adds the multinomial
 * S(u-)^2 (diag(h) - h h') / Y, h = d / Y (Greenwood's formula for several causes; Andersen, Borgan, Gill & Keiding 1993,
 * section IV.4). Without late entry it equals the infinitesimal jackknife, which is what R's survfit prints.
 * Intervals as for survival: plain, log (R's default for probabilities in states) or log-log.
 * Sources: Aalen & Johansen 1978 Scand J Stat 5:141.
 */
import { normalQuantile } from '../special/normal.ts';
import { exitRows, type SurvivalInterval, survivalLimits } from './kaplan-meier.ts';
import { countExits, type LifeTable, tabulateCounts } from './life-table.ts';
import { countBefore } from './time-order.ts';

/** Counts per (stratum, time) in any order; `events` is row-major, rows x causes. */
export interface CauseCounts {
  readonly causes: number;
  readonly time: Float64Array;
  readonly events: Float64Array;
  readonly censored: Float64Array;
  readonly entries?: Float64Array | undefined;
  readonly stratum?: Int32Array | undefined;
}

/** One row per person or interval; `cause` 0 is censored, 1 .. causes the cause that ended it. */
export interface CauseRows {
  readonly causes: number;
  readonly start?: Float64Array | undefined;
  readonly stop: Float64Array;
  readonly cause: ArrayLike<number>;
  readonly stratum?: Int32Array | undefined;
}

/** One point per time at which somebody leaves. Arrays of incidence are row-major, times x causes. */
export interface CumulativeIncidence {
  readonly conf_level: number;
  readonly conf_type: SurvivalInterval;
  readonly causes: number;
  readonly time: Float64Array;
  readonly at_risk: Float64Array;
  readonly events: Float64Array;
  readonly incidence: Float64Array;
  readonly se: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Free of every cause. */
  readonly survival: Float64Array;
  readonly se_survival: Float64Array;
}

export interface IncidenceOptions {
  readonly strata?: number | undefined;
  readonly conf_type?: SurvivalInterval | undefined;
  readonly conf_level?: number | undefined;
}

export function estimateIncidence(
  counts: CauseCounts,
  options: IncidenceOptions = {},
): CumulativeIncidence[] {
  const { causes } = counts;
  return tabulateCauses(counts, options.strata ?? 1).map(({ table, by_cause }) => {
    const rows = exitRows(table);
    return incidenceCurve(
      Float64Array.from(rows, (k) => table.time[k] as number),
      Float64Array.from(rows, (k) => table.at_risk[k] as number),
      Float64Array.from(rows.flatMap((k) => [...by_cause.subarray(k * causes, (k + 1) * causes)])),
      causes,
      options,
    );
  });
}

export function estimateIncidenceRows(
  rows: CauseRows,
  options: IncidenceOptions = {},
): CumulativeIncidence[] {
  return estimateIncidence(countCauses(rows), options);
}

/** The life table of all causes together in each stratum, and its events by cause (times x causes). */
export function tabulateCauses(
  counts: CauseCounts,
  strata: number,
): { table: LifeTable; by_cause: Float64Array }[] {
  const { causes, time, events, stratum } = counts;
  const n = time.length;
  if (events.length !== n * causes) throw new Error('incidence: events is not rows x causes');
  const anyCause = new Float64Array(n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < causes; j++)
      anyCause[i] = (anyCause[i] as number) + (events[i * causes + j] as number);
  const tables = tabulateCounts({ ...counts, events: anyCause }, strata);
  const byCause = tables.map((table) => new Float64Array(table.time.length * causes));
  for (let i = 0; i < n; i++) {
    const s = stratum ? (stratum[i] as number) : 0;
    const k = countBefore((tables[s] as LifeTable).time, time[i] as number);
    const into = byCause[s] as Float64Array;
    for (let j = 0; j < causes; j++)
      into[k * causes + j] = (into[k * causes + j] as number) + (events[i * causes + j] as number);
  }
  return tables.map((table, s) => ({ table, by_cause: byCause[s] as Float64Array }));
}

/** Person rows as (uncompressed) counts: the exits of all rows, then their entries when rows have a start. */
export function countCauses(rows: CauseRows): CauseCounts {
  const counts = countExits({ ...rows, event: Array.from(rows.cause, (c) => (c > 0 ? 1 : 0)) });
  const events = new Float64Array(counts.time.length * rows.causes);
  for (let i = 0; i < rows.stop.length; i++) {
    const cause = rows.cause[i] as number;
    if (cause > rows.causes) throw new Error('incidence: cause out of range');
    if (cause > 0) events[i * rows.causes + cause - 1] = 1;
  }
  return { ...counts, events, causes: rows.causes };
}

function incidenceCurve(
  time: Float64Array,
  at_risk: Float64Array,
  events: Float64Array,
  causes: number,
  options: IncidenceOptions,
): CumulativeIncidence {
  const conf_type = options.conf_type ?? 'log-log';
  const conf_level = options.conf_level ?? 0.95;
  const z = normalQuantile(0.5 + conf_level / 2);
  const K = time.length;
  const size = causes + 1;
  const incidence = new Float64Array(K * causes);
  const se = new Float64Array(K * causes);
  const lower = new Float64Array(K * causes);
  const upper = new Float64Array(K * causes);
  const survival = new Float64Array(K);
  const se_survival = new Float64Array(K);
  // State 0 is free of every cause.
  const p = new Float64Array(size);
  p[0] = 1;
  const covariance = new Float64Array(size * size);
  const h = new Float64Array(size);
  for (let k = 0; k < K; k++) {
    const Y = at_risk[k] as number;
    let all = 0;
    for (let j = 0; j < causes; j++) {
      h[j + 1] = (events[k * causes + j] as number) / Y;
      all += h[j + 1] as number;
    }
    if (all > 0) step(p, covariance, h, all, Y, size);
    survival[k] = p[0] as number;
    se_survival[k] = Math.sqrt(Math.max(0, covariance[0] as number));
    for (let j = 0; j < causes; j++) {
      const at = k * causes + j;
      const value = p[j + 1] as number;
      // Where everyone ends with the cause its variance is 0, which rounding can put below.
      const spread = Math.sqrt(Math.max(0, covariance[(j + 1) * size + j + 1] as number));
      const limits = survivalLimits(value, spread / value, z, conf_type);
      incidence[at] = value;
      se[at] = spread;
      lower[at] = limits[0];
      upper[at] = limits[1];
    }
  }
  return {
    conf_level,
    conf_type,
    causes,
    time,
    at_risk,
    events,
    incidence,
    se,
    lower,
    upper,
    survival,
    se_survival,
  };
}

/** p and its covariance after one time with hazards h[1..] (their sum `all`). */
function step(p: Float64Array, c: Float64Array, h: Float64Array, all: number, Y: number, size: number): void {
  const S = p[0] as number;
  const stay = 1 - all;
  const noise = (S * S) / Y;
  const c00 = c[0] as number;
  for (let j = 1; j < size; j++)
    for (let l = 1; l <= j; l++) {
      const hj = h[j] as number;
      const hl = h[l] as number;
      const carried =
        (c[j * size + l] as number) + hj * (c[l] as number) + hl * (c[j] as number) + hj * hl * c00;
      c[j * size + l] = carried + noise * ((j === l ? hj : 0) - hj * hl);
    }
  for (let j = 1; j < size; j++) {
    const hj = h[j] as number;
    c[j] = stay * ((c[j] as number) + hj * c00) - noise * hj * stay;
    p[j] = (p[j] as number) + S * hj;
  }
  c[0] = stay * stay * c00 + noise * all * stay;
  p[0] = S * stay;
}
