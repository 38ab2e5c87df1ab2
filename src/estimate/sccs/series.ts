import type { ColumnData } from '../../engine/index.ts';
import type { Clock } from '../clocks.ts';
import type { EstimateContext } from '../design.ts';
import {
  fitWithinPersons,
  type Levels,
  levelTerms,
  type PersonTime,
  type Term,
  type WithinOutcome,
} from '../within-person.ts';
import type { caseRow } from './counts.ts';

/** The rows of one stratum and level as a case series, and its model. */

export interface SccsContext extends EstimateContext {
  readonly clock: Clock;
  /** How many cases, and half as many events, a level needs to be told; undefined: any. */
  readonly named_from?: number;
  /** Levels of exposure in the order of the report; those that do not occur are left out. */
  readonly exposures: readonly string[];
  readonly reference: string;
  readonly ages: readonly string[];
  readonly calendar: readonly string[];
}

export type Cases = ColumnData<typeof caseRow>;

/** The rows of one stratum and level. */
export interface Series extends PersonTime {
  readonly stratum: string;
  readonly level: string;
  readonly person: Float64Array;
  readonly days: Float64Array;
  readonly events: Float64Array;
  readonly first_events: Float64Array;
  readonly departed: Float64Array;
  readonly exposure: readonly string[];
  readonly age: Float64Array;
  readonly calendar: Float64Array;
}

export function seriesOf(rows: Cases): readonly Series[] {
  const made: Series[] = [];
  const n = rows.days.length;
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < n && rows.stratum[to] === rows.stratum[from] && rows.level[to] === rows.level[from]) to += 1;
    made.push({
      stratum: rows.stratum[from] ?? 'all',
      level: rows.level[from] ?? 'all',
      person: rows.person.subarray(from, to),
      days: rows.days.subarray(from, to),
      events: rows.events.subarray(from, to),
      first_events: rows.first_events.subarray(from, to),
      departed: rows.departed.subarray(from, to),
      exposure: rows.exposure.slice(from, to).map((one) => one ?? ''),
      age: rows.age.subarray(from, to),
      calendar: rows.calendar.subarray(from, to),
    });
    from = to;
  }
  return made;
}

export const total = (values: ArrayLike<number>, keeps?: (row: number) => boolean): number => {
  let sum = 0;
  for (let r = 0; r < values.length; r++) if (keeps === undefined || keeps(r)) sum += values[r] ?? 0;
  return sum;
};

export function personsIn(series: Series, keeps: (row: number) => boolean): number {
  const seen = new Set<number>();
  series.person.forEach((person, r) => {
    if (keeps(r)) seen.add(person);
  });
  return seen.size;
}

export interface Model {
  readonly within: WithinOutcome;
  readonly exposure: Levels;
  readonly age: Levels;
  readonly calendar: Levels;
  readonly age_reference: string;
  readonly calendar_reference: string;
}

/** The first band that has events is what other bands are compared with. */
function firstWithEvents(events: ArrayLike<number>, of: ArrayLike<number>, names: readonly string[]): number {
  const found = names.findIndex((_, level) => total(events, (r) => of[r] === level) > 0);
  return Math.max(0, found);
}

export function fitSeries(
  series: Series,
  events: Float64Array,
  keeps: (row: number) => boolean,
  context: SccsContext,
  more: (exposure: Levels) => readonly Term[] = () => [],
): Model {
  const { exposures, reference, ages, calendar } = context;
  // Rows left out have neither time nor events.
  const time: PersonTime = {
    person: series.person,
    days: series.days.map((days, r) => (keeps(r) ? days : 0)),
    events: events.map((count, r) => (keeps(r) ? count : 0)),
  };
  const exposure = levelTerms(
    time,
    series.exposure.map((one) => exposures.indexOf(one)),
    exposures,
    (level) => exposures[level] === reference,
  );
  const ageReference = firstWithEvents(time.events, series.age, ages);
  const age = levelTerms(time, series.age, ages, (level) => level === ageReference);
  const calendarReference = firstWithEvents(time.events, series.calendar, calendar);
  const season = levelTerms(time, series.calendar, calendar, (level) => level === calendarReference);
  const kept = exposure.keeps.map((one, r) => one & (age.keeps[r] ?? 0) & (season.keeps[r] ?? 0));
  // Of columns that say the same the first is kept: an exposure that age explains as well has no estimate.
  const terms = [...age.terms, ...season.terms, ...exposure.terms, ...more(exposure)];
  const within: WithinOutcome =
    exposure.reference_events === 0
      ? { status: 'not-estimable', note: `no events in the reference, ${reference}` }
      : exposure.terms.length === 0
        ? { status: 'not-estimable', note: 'no events in any other level' }
        : fitWithinPersons(time, terms, kept);
  return {
    within,
    exposure,
    age,
    calendar: season,
    age_reference: ages[ageReference] ?? '',
    calendar_reference: calendar[calendarReference] ?? '',
  };
}
