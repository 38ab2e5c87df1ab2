import {
  type ColumnType,
  daysBetween,
  derive,
  list,
  name,
  type Sql,
  sql,
  type Table,
} from '../engine/index.ts';
import { cohort, cohortStratum, interval } from '../persontime/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import { intervalEvents } from './events.ts';
import { populations } from './population.ts';

/**
 * The analysis table an analyst can recompute every number from: one row an interval at risk, with the events of each
 * outcome in it, the person's pseudonym, strata and subsets. Days count from entry; no calendar date but the year.
 */

export interface AnalysisTable {
  readonly table: Table;
  readonly dictionary: readonly {
    readonly column: string;
    readonly type: ColumnType;
    readonly meaning: string;
  }[];
}

const MEANING: Readonly<Record<string, string>> = {
  person_id: 'pseudonym of the person, keyed; the same in every table of this study',
  time_window: 'before or after entry (time zero)',
  phase: 'before, waiting, in, between, after or custody',
  treatment_phase: 'the phase underneath custody',
  removed: 'true where the person was not at liberty (custody)',
  calendar_year: 'calendar year of the interval, where the protocol splits by it',
  age_band: 'age band in the interval, where the protocol splits by it',
  start_day: 'first day of the interval, in days from entry; before entry is negative',
  end_day: 'first day after the interval, in days from entry: intervals are half-open',
  days: 'end_day - start_day',
};

export function analysisTable(protocol: Protocol): AnalysisTable {
  const outcomes = protocol.outcomes.map((outcome) => outcome.name);
  const [first] = outcomes;
  const strata = Object.keys(protocol.strata);
  const subsets = [...populations(protocol)].filter(([population]) => population !== 'all');
  const columns: Record<string, ColumnType> = {
    person_id: 'VARCHAR',
    time_window: 'VARCHAR',
    phase: 'VARCHAR',
    treatment_phase: 'VARCHAR',
    removed: 'BOOLEAN',
    calendar_year: 'INTEGER',
    age_band: 'VARCHAR',
    start_day: 'INTEGER',
    end_day: 'INTEGER',
    days: 'INTEGER',
  };
  const meaning: Record<string, string> = { ...MEANING };
  const select: Sql[] = [
    ...['person_id', 'time_window', 'phase', 'treatment_phase', 'removed', 'calendar_year', 'age_band'].map(
      (column) => sql`i.${name(column)}`,
    ),
    sql`${daysBetween(sql`c.entry_date`, sql`i.start_date`)} AS start_day`,
    sql`${daysBetween(sql`c.entry_date`, sql`i.end_date`)} AS end_day`,
    sql`i.days`,
  ];
  let from = sql`${first === undefined ? interval : intervalEvents(protocol, first)} AS i JOIN ${cohort} AS c ON c.person_id = i.person_id`;
  outcomes.forEach((outcome, k) => {
    const column = `events_${outcome}`;
    columns[column] = 'INTEGER';
    meaning[column] = `events of the outcome ${outcome} on a day of the interval`;
    const alias = k === 0 ? 'i' : `e${k}`;
    select.push(sql`${name(alias)}.events AS ${name(column)}`);
    if (k > 0) {
      from = sql`${from} JOIN ${intervalEvents(protocol, outcome)} AS ${name(alias)} ON ${name(alias)}.person_id = i.person_id
        AND ${name(alias)}.time_window = i.time_window AND ${name(alias)}.start_date = i.start_date`;
    }
  });
  strata.forEach((stratum, k) => {
    const alias = `s${k}`;
    columns[`stratum_${stratum}`] = 'VARCHAR';
    meaning[`stratum_${stratum}`] = `the person's level of ${stratum}`;
    select.push(sql`${name(alias)}.level AS ${name(`stratum_${stratum}`)}`);
    from = sql`${from} LEFT JOIN (SELECT person_id, level FROM ${cohortStratum} WHERE stratum = ${stratum}) AS ${name(alias)} ON ${name(alias)}.person_id = i.person_id`;
  });
  subsets.forEach(([population, members], k) => {
    const alias = `m${k}`;
    columns[`in_${population}`] = 'BOOLEAN';
    meaning[`in_${population}`] = `true where the person is in the subset ${population}`;
    select.push(sql`${name(alias)}.person_id IS NOT NULL AS ${name(`in_${population}`)}`);
    from = sql`${from} LEFT JOIN ${members} AS ${name(alias)} ON ${name(alias)}.person_id = i.person_id`;
  });
  return {
    table: derive('analysis_row', columns, sql`SELECT ${list(select)} FROM ${from}`),
    dictionary: Object.entries(columns).map(([column, type]) => ({
      column,
      type,
      meaning: meaning[column] ?? '',
    })),
  };
}
