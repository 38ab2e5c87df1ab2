import type { ResultRow } from '../estimate/tables.ts';
import type { Profile } from './profiles.ts';
import { isSmall } from './protect.ts';

/**
 * Survival curves in steps that nobody stands behind alone.
 *
 * A day is shown when the events since the day shown before are none or at least `threshold`, the same holds of censored
 * persons, and at least `threshold` persons remain; otherwise it waits and merges with the next. Days at which tables
 * report the curve come first, days with an event fill what is between. The levels of a stratum are shown at the same
 * days, and those are days of the whole population's curve; the levels that are not shown count as one more level, and
 * so do the persons outside a subset. So whatever can be had by subtraction is itself a step that may be shown.
 */

/** Where a group of persons stands at a day. */
interface Standing {
  /** Events before the day, and up to and with it. */
  readonly before: number;
  readonly events: number;
  /** Persons censored before the day. */
  readonly censored: number;
}

/** A curve as it was estimated. */
export interface Curve {
  readonly persons: number;
  /** Days of the table, and days with an event. */
  readonly marks: readonly number[];
  readonly days: readonly number[];
  readonly at: (time: number) => Standing;
  /** At the very end: all events, and everybody else censored. */
  readonly end: Standing;
}

/**
 * From the rows of one curve: `survival` at every day with an event or a censoring (at risk in `persons`, events so far
 * in `events`), `at_risk` at the days of the table, `persons` and `events` in all.
 */
export function curveOf(rows: readonly ResultRow[], persons: number, events: number): Curve {
  const points = new Map<number, { time: number; at_risk: number; events: number | undefined }>();
  const marks: number[] = [];
  for (const { measure, time, value } of rows) {
    if (measure !== 'at_risk' || time === null || value === null) continue;
    marks.push(time);
    points.set(time, { time, at_risk: value, events: undefined });
  }
  const days: number[] = [];
  for (const row of rows) {
    if (row.measure !== 'survival' || row.time === null) continue;
    days.push(row.time);
    points.set(row.time, { time: row.time, at_risk: row.persons ?? 0, events: row.events ?? 0 });
  }
  let sofar = 0;
  const known = [...points.values()]
    .sort((a, b) => a.time - b.time)
    .map((point) => {
      const before = sofar;
      sofar = point.events ?? before;
      return { time: point.time, before, events: sofar, censored: persons - point.at_risk - before };
    });
  const end = { before: events, events, censored: persons - events };
  return {
    persons,
    marks,
    days,
    end,
    at: (time) => {
      let low = 0;
      let high = known.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((known[middle]?.time ?? 0) < time) low = middle + 1;
        else high = middle;
      }
      const next = known[low];
      if (next === undefined) return end;
      // Between two days of the curve nothing happens: whoever is censored before the next is so before this day.
      return next.time === time
        ? next
        : { before: next.before, events: next.before, censored: next.censored };
    },
  };
}

function combine(curves: readonly Curve[], signs: readonly number[]): Curve {
  const sum = (pick: (curve: Curve) => number): number =>
    curves.reduce((total, curve, i) => total + (signs[i] ?? 1) * pick(curve), 0);
  const add = (pick: (curve: Curve) => Standing): Standing => ({
    before: sum((curve) => pick(curve).before),
    events: sum((curve) => pick(curve).events),
    censored: sum((curve) => pick(curve).censored),
  });
  return {
    persons: sum(({ persons }) => persons),
    marks: [],
    days: [],
    end: add(({ end }) => end),
    at: (time) => add((curve) => curve.at(time)),
  };
}

/** The persons of several curves as one group. */
export function together(curves: readonly Curve[]): Curve {
  return combine(curves, []);
}

/** The persons of the first who are not in the second. */
export function without(whole: Curve, part: Curve): Curve {
  return combine([whole, part], [1, -1]);
}

/** Whether the groups add up to the whole on that day: where they do not, the rows are too coarse to tell. */
export function addsUp(whole: Curve, parts: readonly Curve[], time: number): boolean {
  const all = together(parts).at(time);
  const own = whole.at(time);
  return all.before === own.before && all.events === own.events && all.censored === own.censored;
}

/** The days that may be shown for all groups at once. */
export function shownDays(
  groups: readonly Curve[],
  marks: readonly number[],
  days: readonly number[],
  profile: Profile,
): number[] {
  const isOpen = (count: number): boolean => count === 0 || count >= profile.threshold;
  const START: Standing = { before: 0, events: 0, censored: 0 };
  const standing = (time: number): Standing[] => groups.map((group) => group.at(time));
  const ends = groups.map(({ end }) => end);
  const may = (from: readonly Standing[] | undefined, to: readonly Standing[], isEnd = false): boolean =>
    to.every((here, i) => {
      const last = from?.[i] ?? START;
      const left = (groups[i]?.persons ?? 0) - here.events - here.censored;
      return (
        isOpen(here.before - last.events) &&
        isOpen(here.events - here.before) &&
        isOpen(here.events - last.events) &&
        isOpen(here.censored - last.censored) &&
        (isEnd || !isSmall(left, profile))
      );
    });
  const anchors: { time: number; at: Standing[] }[] = [];
  for (const time of [...new Set(marks)].sort((a, b) => a - b)) {
    const at = standing(time);
    if (may(anchors.at(-1)?.at, at)) anchors.push({ time, at });
  }
  while (anchors.length > 0 && !may(anchors.at(-1)?.at, ends, true)) anchors.pop();
  const wanted = [...new Set(days)].sort((a, b) => a - b);
  const shown: number[] = [];
  let next = 0;
  for (let segment = 0; segment <= anchors.length; segment += 1) {
    const from = anchors[segment - 1];
    const to = anchors[segment];
    const inner: { time: number; at: Standing[] }[] = [];
    for (; next < wanted.length; next += 1) {
      const time = wanted[next] ?? 0;
      if (from !== undefined && time <= from.time) continue;
      if (to !== undefined && time >= to.time) break;
      const at = standing(time);
      if (may(inner.at(-1)?.at ?? from?.at, at)) inner.push({ time, at });
    }
    const goal = to?.at ?? ends;
    while (inner.length > 0 && !may(inner.at(-1)?.at, goal, to === undefined)) inner.pop();
    shown.push(...inner.map(({ time }) => time));
    if (to !== undefined) shown.push(to.time);
  }
  return shown;
}

/** What is printed of a curve on a shown day, as if everybody since the day shown before had waited for it. */
export interface ShownStep {
  readonly time: number;
  readonly at_risk: number;
  readonly events: number;
  readonly censored: number;
}

export function shownSteps(curve: Curve, days: readonly number[]): ShownStep[] {
  let last = 0;
  return days.map((time) => {
    const { events, censored } = curve.at(time);
    const step = { time, at_risk: curve.persons - last - censored, events, censored };
    last = events;
    return step;
  });
}
