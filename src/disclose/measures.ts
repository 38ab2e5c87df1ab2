/**
 * What the measures of the result table are to disclosure control: which of a cell's counts a reader could work out
 * from the number. A measure that is not listed is taken to tell everything about its cell.
 */

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
  change_percent: { persons: false, rest: true },
  change_per_100_person_years: { persons: false, rest: true },
};

export function telling(measure: string): Telling {
  return TELLING[measure] ?? { persons: true, rest: true };
}

/** One number a step of a survival curve, or a day at which the curve is reported. */
export const CURVE_MEASURES: ReadonlySet<string> = new Set(['survival', 'survival_at', 'at_risk']);

/** The level of rows that compare the levels of a stratum with each other. */
export const ALL_LEVELS = 'all levels';
