/**
 * Life table: how many are at risk, have the event, are censored and enter at each distinct time, per stratum.
 * It is the sufficient statistic of every estimator of one survival curve, so that rows can stay in the database:
 * `SELECT stratum, time, sum(events), sum(censored), sum(entries) GROUP BY stratum, time` loses nothing.
 *
 * Conventions. A person is at risk on (start, stop]: at a tied time events come before censorings, and someone who
 * enters at t is not at risk for an event at t. For whole days this is the half-open interval [start, end) of the
 * tables with the event dated `end`. Times are compared exactly: give whole days, not sums of fractions.
 * Weights and fractional counts are replications (2 means two such people), never sampling weights.
 */
import { countBefore, orderByKey, rankTimes } from './time-order.ts';

/** Counts per (stratum, time), in any order; repeated keys are added up. */
export interface ExitCounts {
  readonly time: Float64Array;
  readonly events: Float64Array;
  readonly censored: Float64Array;
  /** People whose time at risk begins at that time (delayed entry). Everyone else is at risk from the beginning. */
  readonly entries?: Float64Array | undefined;
  /** 0 .. strata - 1; absent: one stratum. */
  readonly stratum?: Int32Array | undefined;
}

/** One row per person or per interval at risk. */
export interface PersonRows {
  /** Absent: everyone is at risk from the beginning. */
  readonly start?: Float64Array | undefined;
  readonly stop: Float64Array;
  /** 1 when the interval ends with the event, 0 when it ends by censoring. */
  readonly event: ArrayLike<number>;
  readonly weight?: Float64Array | undefined;
  readonly stratum?: Int32Array | undefined;
}

/** One stratum; times strictly increase. `at_risk` counts people with start < time <= stop. */
export interface LifeTable {
  readonly time: Float64Array;
  readonly at_risk: Float64Array;
  readonly events: Float64Array;
  readonly censored: Float64Array;
  readonly entries: Float64Array;
  /** All exits, that is, the number of people (or intervals) in the stratum. */
  readonly persons: number;
}

/** One life table per stratum. Preconditions: equal lengths, finite times, counts >= 0; throws otherwise. */
export function tabulateCounts(counts: ExitCounts, strata = 1): LifeTable[] {
  const n = counts.time.length;
  const { time, events, censored, entries, stratum } = counts;
  if (events.length !== n || censored.length !== n) throw new Error('counts: columns differ in length');
  if ((entries && entries.length !== n) || (stratum && stratum.length !== n))
    throw new Error('counts: columns differ in length');
  const size = new Int32Array(strata);
  for (let i = 0; i < n; i++) {
    const s = stratum ? (stratum[i] as number) : 0;
    if (s < 0 || s >= strata) throw new Error('counts: stratum out of range');
    if (!Number.isFinite(time[i])) throw new Error('counts: a time is not a finite number');
    const smallest = Math.min(
      events[i] as number,
      censored[i] as number,
      entries ? (entries[i] as number) : 0,
    );
    if (!(smallest >= 0)) throw new Error('counts: a count is negative or missing');
    size[s] = (size[s] as number) + 1;
  }
  const members = Array.from(size, (k) => new Int32Array(k));
  size.fill(0);
  const { distinct, rank } = rankTimes(time);
  for (const i of orderByKey(rank, distinct.length)) {
    const s = stratum ? (stratum[i] as number) : 0;
    const k = size[s] as number;
    (members[s] as Int32Array)[k] = i;
    size[s] = k + 1;
  }
  return members.map((rows) => tabulateOrdered(counts, rows));
}

/** The same from person rows: an interval (start, stop] is one entry at `start` and one exit at `stop`. */
export function tabulateRows(rows: PersonRows, strata = 1): LifeTable[] {
  return tabulateCounts(countExits(rows), strata);
}

/** Person rows as (uncompressed) counts. Precondition: start < stop on every row; throws otherwise. */
export function countExits(rows: PersonRows): ExitCounts {
  const { start, stop, event, weight, stratum } = rows;
  const n = stop.length;
  const length = start ? 2 * n : n;
  const time = new Float64Array(length);
  const events = new Float64Array(length);
  const censored = new Float64Array(length);
  const entries = new Float64Array(length);
  const group = new Int32Array(length);
  for (let i = 0; i < n; i++) {
    const w = weight ? (weight[i] as number) : 1;
    time[i] = stop[i] as number;
    if (event[i]) events[i] = w;
    else censored[i] = w;
    if (stratum) group[i] = stratum[i] as number;
    if (start) {
      if (!((start[i] as number) < (stop[i] as number))) throw new Error('rows: start is not before stop');
      time[n + i] = start[i] as number;
      entries[n + i] = w;
      if (stratum) group[n + i] = stratum[i] as number;
    }
  }
  return { time, events, censored, entries, stratum: group };
}

/** Number at risk just before each of `at` (start < time <= stop), as printed under a survival figure. */
export function numbersAtRisk(table: LifeTable, at: ArrayLike<number>): Float64Array {
  const { time, events, censored, entries, at_risk } = table;
  const result = new Float64Array(at.length);
  const beginning = time.length === 0 ? 0 : (at_risk[0] as number);
  for (let i = 0; i < at.length; i++) {
    const k = countBefore(time, at[i] as number);
    if (k === 0) result[i] = beginning;
    else {
      const j = k - 1;
      const left = (at_risk[j] as number) - (events[j] as number) - (censored[j] as number);
      result[i] = left + (entries[j] as number);
    }
  }
  return result;
}

function tabulateOrdered(counts: ExitCounts, rows: Int32Array): LifeTable {
  let distinct = 0;
  let exits = 0;
  let entered = 0;
  for (let r = 0; r < rows.length; r++) {
    const i = rows[r] as number;
    if (r === 0 || counts.time[i] !== counts.time[rows[r - 1] as number]) distinct++;
    exits += (counts.events[i] as number) + (counts.censored[i] as number);
    if (counts.entries) entered += counts.entries[i] as number;
  }
  const time = new Float64Array(distinct);
  const events = new Float64Array(distinct);
  const censored = new Float64Array(distinct);
  const entries = new Float64Array(distinct);
  const at_risk = new Float64Array(distinct);
  let k = -1;
  for (let r = 0; r < rows.length; r++) {
    const i = rows[r] as number;
    const t = counts.time[i] as number;
    if (k < 0 || time[k] !== t) time[++k] = t;
    events[k] = (events[k] as number) + (counts.events[i] as number);
    censored[k] = (censored[k] as number) + (counts.censored[i] as number);
    if (counts.entries) entries[k] = (entries[k] as number) + (counts.entries[i] as number);
  }
  let present = exits - entered;
  if (present < -0.5) throw new Error('counts: more entries than exits');
  for (k = 0; k < distinct; k++) {
    at_risk[k] = present;
    const leaving = (events[k] as number) + (censored[k] as number);
    // Half a person of slack: fractional weights do not add up exactly, a missing exit is off by one.
    if (leaving > present + 0.5)
      throw new Error('counts: more exits than people at risk (entries and exits disagree)');
    present += (entries[k] as number) - leaving;
  }
  return { time, at_risk, events, censored, entries, persons: exits };
}
