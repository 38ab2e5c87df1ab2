/**
 * Splits time at risk where a time scale (age, calendar time, time since entry) passes given cuts, as on a Lexis diagram.
 *
 * A row (start, stop] with origin o lies on the scale at (start + o, stop + o]; it is cut wherever start + o < cut < stop + o.
 * Its events stay with the last piece: an event exactly on a cut belongs to the band that ends there.
 * Splitting changes no total: person-time and events add up to those of the rows given. Apply again for the next scale.
 */
import { countUpTo } from './time-order.ts';

export interface TimeRows {
  readonly start: Float64Array;
  readonly stop: Float64Array;
  readonly event: Float64Array;
}

export interface SplitTime extends TimeRows {
  /** Row of the input each piece comes from; pieces of a row follow each other. */
  readonly source: Int32Array;
  /** Number of cuts at or below the piece: 0 before the first cut, cuts.length after the last. */
  readonly band: Int32Array;
}

/** `cuts` increase strictly; `origin` is what is added to a row's times to place it on the scale (default 0). */
export function splitTime(rows: TimeRows, cuts: Float64Array, origin?: Float64Array): SplitTime {
  const n = rows.start.length;
  for (let c = 1; c < cuts.length; c++)
    if (!((cuts[c] as number) > (cuts[c - 1] as number))) throw new Error('split: cuts do not increase');
  const first = new Int32Array(n);
  let pieces = 0;
  for (let i = 0; i < n; i++) {
    const o = origin ? (origin[i] as number) : 0;
    if (!((rows.start[i] as number) < (rows.stop[i] as number)))
      throw new Error('split: start is not before stop');
    first[i] = countUpTo(cuts, (rows.start[i] as number) + o);
    pieces += 1 + cutsInside(cuts, first[i] as number, (rows.stop[i] as number) + o);
  }
  const source = new Int32Array(pieces);
  const start = new Float64Array(pieces);
  const stop = new Float64Array(pieces);
  const event = new Float64Array(pieces);
  const band = new Int32Array(pieces);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const o = origin ? (origin[i] as number) : 0;
    const inside = cutsInside(cuts, first[i] as number, (rows.stop[i] as number) + o);
    let from = rows.start[i] as number;
    for (let c = 0; c <= inside; c++) {
      const to = c < inside ? (cuts[(first[i] as number) + c] as number) - o : (rows.stop[i] as number);
      source[at] = i;
      start[at] = from;
      stop[at] = to;
      event[at] = c < inside ? 0 : (rows.event[i] as number);
      band[at++] = (first[i] as number) + c;
      from = to;
    }
  }
  return { source, start, stop, event, band };
}

/** Person-time and events per key 0 .. keys - 1. */
export function tabulatePersonTime(
  rows: TimeRows,
  key: Int32Array,
  keys: number,
): { person_time: Float64Array; events: Float64Array; rows: Int32Array } {
  const person_time = new Float64Array(keys);
  const events = new Float64Array(keys);
  const count = new Int32Array(keys);
  for (let i = 0; i < key.length; i++) {
    const k = key[i] as number;
    person_time[k] = (person_time[k] as number) + (rows.stop[i] as number) - (rows.start[i] as number);
    events[k] = (events[k] as number) + (rows.event[i] as number);
    count[k] = (count[k] as number) + 1;
  }
  return { person_time, events, rows: count };
}

function cutsInside(cuts: Float64Array, first: number, end: number): number {
  let inside = 0;
  while (first + inside < cuts.length && (cuts[first + inside] as number) < end) inside++;
  return inside;
}
