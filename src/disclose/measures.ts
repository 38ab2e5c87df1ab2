import type { ResultRow } from '../estimate/tables.ts';

/**
 * What the rows of the result table are to disclosure control, by their measure. What is listed nowhere is a model
 * number: it says something about the whole table it was fitted to, nobody knows what.
 */

/**
 * `cell`: counts about persons and time, and what is computed from them. `curve`: survival. `steps`: another curve of
 * cumulative events; `point`: such a curve, or its number at risk, at one day. `closed`: a curve in so many bins that it could only be shown whole, and cannot be. `test`: a
 * comparison of all levels of a stratum. `model`: any other number.
 */
export type RowKind = 'cell' | 'curve' | 'steps' | 'point' | 'closed' | 'test' | 'model';

const COUNTS: ReadonlySet<string> = new Set(['persons', 'events', 'person_years', 'rate', 'proportion']);
/** What these designs compute from the counts of one cell. */
const OF_CELLS: Readonly<Record<string, ReadonlySet<string>>> = {
  change: new Set([
    'change_percent',
    'change_per_person',
    'change_per_100_person_years',
    'share_after_leaving',
    're_entry',
  ]),
  survival: new Set(['median']),
};
/** One number a step of a survival curve, or a day at which the curve is reported. */
const SURVIVAL: ReadonlySet<string> = new Set(['survival', 'survival_at', 'at_risk']);
/** Curves of events in bins of time, each bin with its own; all others count what has happened so far. */
const BINS: ReadonlySet<string> = new Set(['event_time_rate_curve']);
const CURVE = /_curve$/;
const POINT = /_at$/;
/** How many are at risk on the day of the row. */
const AT_RISK = 'at_risk';

/** The level of rows that compare the levels of a stratum with each other. */
const ALL_LEVELS = 'all levels';

/** The curve that the point is on; undefined of a number at risk, which belongs to all curves of its persons. */
export function curveOfPoint({ measure }: ResultRow): string | undefined {
  return measure === AT_RISK ? undefined : measure?.replace(POINT, '_curve');
}

/** Whether the row is one bin of a curve. */
export function isBin(row: ResultRow): boolean {
  return row.time !== null && BINS.has(row.measure ?? '');
}

/**
 * Whether the row tells events and time and no number of persons of its own, so that a number of persons withheld is no
 * gap: a bin of a curve, a level of exposure of a case series.
 */
export function tellsNoPersons(row: ResultRow): boolean {
  return (
    isBin(row) ||
    (row.design === 'sccs' && row.phase?.startsWith('cases: ') === true && row.measure !== 'proportion')
  );
}

export function kindOf(row: ResultRow): RowKind {
  const measure = row.measure ?? '';
  if (row.level === ALL_LEVELS) return 'test';
  if (row.design === 'survival' && SURVIVAL.has(measure)) return 'curve';
  if (row.time !== null && (measure === AT_RISK || POINT.test(measure))) return 'point';
  if (CURVE.test(measure) && row.time !== null) return BINS.has(measure) ? 'cell' : 'steps';
  return COUNTS.has(measure) || OF_CELLS[row.design ?? '']?.has(measure) ? 'cell' : 'model';
}

/** Its events are persons: those of the row's persons who have the outcome. */
export function isProportion(row: ResultRow): boolean {
  return row.measure === 'proportion';
}

interface Telling {
  /** It tells, or needs, the number of persons. */
  readonly persons: boolean;
  /** It tells, or needs, events and time. */
  readonly rest: boolean;
}

const TELLING: Readonly<Record<string, Telling>> = {
  persons: { persons: true, rest: false },
  events: { persons: false, rest: true },
  person_years: { persons: false, rest: true },
  rate: { persons: false, rest: true },
  event_time_rate_curve: { persons: false, rest: true },
  change_percent: { persons: false, rest: true },
  change_per_100_person_years: { persons: false, rest: true },
};

/** Which of a cell's counts a reader could work out from the number: both, if nothing is known of the measure. */
export function telling(measure: string): Telling {
  return TELLING[measure] ?? { persons: true, rest: true };
}
