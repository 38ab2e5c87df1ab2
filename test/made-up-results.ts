import { disclose, PROFILES, type Profile } from '../src/disclose/index.ts';
import type { ReleasedResultRow } from '../src/disclose/tables.ts';
import type { ResultRow } from '../src/estimate/tables.ts';

/** Result rows of designs that disclosure control knows nothing of but the contract of the result table. Made up. */

export function rowOf(some: Partial<ResultRow> & Pick<ResultRow, 'measure'>): ResultRow {
  return {
    estimate_id: 'new',
    design: 'new-design',
    population: 'all',
    stratum: 'all',
    level: 'all',
    phase: null,
    value: 1.5,
    ci_low: 1,
    ci_high: 2,
    persons: null,
    events: null,
    person_years: null,
    method: 'some method',
    status: 'estimated',
    note: null,
    unit: 'number',
    clock: null,
    contrast: null,
    time: null,
    variant: 'protocol',
    std_error: 0.1,
    p_value: 0.3,
    null_value: null,
    null_low: null,
    null_high: null,
    ...some,
  };
}

/** The cell rows of some persons, with the time of a year each unless told otherwise. */
export function cell(
  place: Partial<ResultRow>,
  persons: number,
  events: number,
  person_years = persons,
): ResultRow[] {
  const counts = { ...place, persons, events, person_years };
  return [
    rowOf({ ...counts, measure: 'persons', value: persons }),
    rowOf({ ...counts, measure: 'events', value: events }),
    rowOf({ ...counts, measure: 'rate', value: events / person_years }),
  ];
}

export function release(
  results: readonly ResultRow[],
  profile: Profile = PROFILES.ndtms,
  estimates: readonly object[] = [{ id: 'new', design: 'rates', outcome: 'any' }],
): readonly ReleasedResultRow[] {
  return disclose(
    {
      study: {
        // Designs to come are not in the schema.
        estimates: estimates as never,
        population: { entry: 'first-journey', entry_window: { from: '2006-01-01', to: '2006-12-31' } },
        time_at_risk: { before: { months: 24 }, after: { months: 24 } },
      },
      results,
      attrition: [],
      population_steps: [],
      link_flow: [],
      accounts: [],
      issues: [],
      profiles: [],
    },
    profile,
  ).results;
}

/** The rows with these values. */
export const of = (rows: readonly ReleasedResultRow[], some: Partial<ResultRow>): ReleasedResultRow[] =>
  rows.filter((row) =>
    Object.entries(some).every(([column, value]) => row[column as keyof ResultRow] === value),
  );
