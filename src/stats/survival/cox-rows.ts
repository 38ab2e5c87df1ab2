/**
 * Rows of a Cox model and their arrangement by event time.
 *
 * A row is one person-interval (start, stop], or many alike: `count` people with the same covariates and interval, of
 * whom `event` have the event at `stop`. Counts are replications: the fit equals the fit on the expanded rows, with
 * Efron's correction for ties as well. `weight` is a sampling weight per person (inverse probability weights): risk sums
 * and events are weighted, and Efron's correction uses the mean weight of the tied events, which is the convention of
 * R's coxph(weights=) and is *not* replication.
 */
import { countUpTo, orderByKey } from './time-order.ts';

export interface CoxRows {
  readonly rows: number;
  readonly columns: number;
  /** Row-major, rows x columns, finite. */
  readonly x: Float64Array;
  /** Absent: at risk from the beginning. Otherwise start < stop on every row. */
  readonly start?: Float64Array | undefined;
  readonly stop: Float64Array;
  /** Number of the row's people whose interval ends with the event: 0 or 1 on person rows. */
  readonly event: ArrayLike<number>;
  readonly count?: Float64Array | undefined;
  readonly weight?: Float64Array | undefined;
  /** Any non-negative whole numbers; each stratum has its own baseline hazard. */
  readonly stratum?: Int32Array | undefined;
  readonly offset?: Float64Array | undefined;
}

/**
 * The same rows as intervals of event-time numbers. Event times are numbered 0 .. event_times - 1, strata one after
 * the other and times increasing inside a stratum; row r is at risk at numbers enter .. leave, and its events are at
 * `leave`. Rows that are never at risk at an event time are left out: they carry no information.
 */
export interface RiskOrder {
  readonly event_times: number;
  readonly time: Float64Array;
  readonly stratum: Int32Array;
  /** 1 where the number is the first (last) of its stratum. */
  readonly first: Uint8Array;
  readonly last: Uint8Array;
  /** Kept rows, ordered by `leave`: source[a] is the row of the input; rows leaving at k are leave_from[k] .. leave_from[k+1] - 1. */
  readonly source: Int32Array;
  readonly leave_from: Int32Array;
  readonly enter: Int32Array;
  readonly leave: Int32Array;
  /** Positions in `source` of the rows that enter at k and must be taken out below it: enter_from[k] .. enter_from[k+1] - 1. */
  readonly entering: Int32Array;
  readonly enter_from: Int32Array;
  readonly events: number;
}

/** Throws on a broken precondition: lengths, a number that is not finite, start not before stop, more events than people. */
export function assertCoxRows(data: CoxRows): void {
  const { rows, columns, x, start, stop, event, count, weight, stratum, offset } = data;
  if (x.length !== rows * columns) throw new RangeError('Cox rows: x is not rows x columns');
  for (const vector of [start, stop, event, count, weight, stratum, offset])
    if (vector && vector.length !== rows)
      throw new RangeError('Cox rows: a vector does not have one value per row');
  for (let i = 0; i < x.length; i++)
    if (!Number.isFinite(x[i])) throw new RangeError('Cox rows: an entry of x is not finite');
  for (let i = 0; i < rows; i++) {
    if (!Number.isFinite(stop[i])) throw new RangeError('Cox rows: a stop time is not finite');
    if (start && !((start[i] as number) < (stop[i] as number)))
      throw new RangeError('Cox rows: start is not before stop');
    const people = count ? (count[i] as number) : 1;
    if (!((event[i] as number) >= 0 && (event[i] as number) <= people))
      throw new RangeError('Cox rows: events are not between 0 and the number of people');
    if (weight && !((weight[i] as number) >= 0))
      throw new RangeError('Cox rows: a weight is negative or missing');
    if (stratum && (stratum[i] as number) < 0) throw new RangeError('Cox rows: a stratum is negative');
    if (offset && !Number.isFinite(offset[i])) throw new RangeError('Cox rows: an offset is not finite');
  }
}

export function orderRiskSets(data: CoxRows): RiskOrder {
  const { rows, start, stop, event, weight, stratum } = data;
  const counts = (i: number) => (event[i] as number) > 0 && (!weight || (weight[i] as number) > 0);
  const eventStops: number[] = [];
  let events = 0;
  for (let i = 0; i < rows; i++)
    if (counts(i)) {
      eventStops.push(stop[i] as number);
      events += event[i] as number;
    }
  const times = distinctSorted(Float64Array.from(eventStops));
  const width = times.length;
  // One number per (stratum, event time), kept as a double: strata x times may exceed 32 bits.
  const keyOf = (i: number, t: number) =>
    (stratum ? (stratum[i] as number) : 0) * width + countUpTo(times, t) - 1;
  const eventKeys = new Float64Array(eventStops.length);
  let e = 0;
  for (let i = 0; i < rows; i++) if (counts(i)) eventKeys[e++] = keyOf(i, stop[i] as number);
  const keys = distinctSorted(eventKeys);
  const K = keys.length;
  const time = new Float64Array(K);
  const keyStratum = new Int32Array(K);
  const first = new Uint8Array(K);
  const last = new Uint8Array(K);
  for (let k = 0; k < K; k++) {
    keyStratum[k] = Math.floor((keys[k] as number) / width);
    time[k] = times[(keys[k] as number) - (keyStratum[k] as number) * width] as number;
  }
  for (let k = 0; k < K; k++) {
    first[k] = k === 0 || keyStratum[k] !== keyStratum[k - 1] ? 1 : 0;
    last[k] = k === K - 1 || keyStratum[k] !== keyStratum[k + 1] ? 1 : 0;
  }
  const enterOfRow = new Int32Array(rows);
  // Rows that are never at risk at an event time get the key K and fall off the end.
  const leaveOfRow = new Int32Array(rows).fill(K);
  for (let i = 0; i < rows; i++) {
    const base = (stratum ? (stratum[i] as number) : 0) * width - 1;
    const leave = countUpTo(keys, base + countUpTo(times, stop[i] as number)) - 1;
    const enter = countUpTo(keys, start ? base + countUpTo(times, start[i] as number) : base);
    if (enter > leave || (weight && weight[i] === 0)) continue;
    enterOfRow[i] = enter;
    leaveOfRow[i] = leave;
  }
  const order = orderByKey(leaveOfRow, K + 1);
  let kept = 0;
  for (let i = 0; i < rows; i++) if ((leaveOfRow[i] as number) < K) kept++;
  const source = order.slice(0, kept);
  const leave = new Int32Array(kept);
  const enter = new Int32Array(kept);
  const outAt = new Int32Array(kept);
  for (let a = 0; a < kept; a++) {
    const i = source[a] as number;
    const k = enterOfRow[i] as number;
    leave[a] = leaveOfRow[i] as number;
    enter[a] = k;
    // At the first event time of a stratum the sums are about to be emptied anyway: those rows need no taking out.
    outAt[a] = first[k] ? K : k;
  }
  return {
    event_times: K,
    time,
    stratum: keyStratum,
    first,
    last,
    source,
    leave_from: groupStarts(leave, K),
    enter,
    leave,
    entering: orderByKey(outAt, K + 1),
    enter_from: groupStarts(outAt, K),
    events,
  };
}

function distinctSorted(values: Float64Array): Float64Array {
  values.sort();
  let n = 0;
  for (let i = 0; i < values.length; i++)
    if (i === 0 || values[i] !== values[n - 1]) values[n++] = values[i] as number;
  return values.slice(0, n);
}

function groupStarts(key: Int32Array, keys: number): Int32Array {
  const from = new Int32Array(keys + 1);
  for (let i = 0; i < key.length; i++) {
    const k = key[i] as number;
    if (k < keys) from[k + 1] = (from[k + 1] as number) + 1;
  }
  for (let k = 0; k < keys; k++) from[k + 1] = (from[k + 1] as number) + (from[k] as number);
  return from;
}
