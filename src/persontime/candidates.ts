import { ageInYears, type Columns, derive, name, type Sql, sql, type Table } from '../engine/index.ts';
import { journey } from '../journeys/tables.ts';
import { departure, person } from '../link/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import { neededRegisters, observedBy } from './coverage.ts';
import { move, NEVER, type Windows } from './windows.ts';

/**
 * Every person of the treatment register beside the journey that would be their entry, with all that eligibility and
 * the windows need. Time zero is the entry journey's first day. Dates that do not exist are 9999-12-31 in the columns
 * that bound time from above.
 */
export const candidateColumns = {
  person_id: 'VARCHAR',
  sex: 'VARCHAR',
  birth_month: 'DATE',
  area: 'VARCHAR',
  link_class: 'VARCHAR',
  has_journey: 'BOOLEAN',
  journey: 'INTEGER',
  entry_date: 'DATE',
  /** End of the entry journey as recorded, 9999-12-31 while open. */
  journey_reach: 'DATE',
  exit_group: 'VARCHAR',
  /** Start of the next journey. */
  next_start: 'DATE',
  previous_reach: 'DATE',
  age_at_entry: 'INTEGER',
  observed_from: 'DATE',
  observed_to: 'DATE',
  treatment_from: 'DATE',
  death: 'DATE',
  emigration: 'DATE',
  data_end: 'DATE',
  /** Where an earlier absence ended. */
  immigration: 'DATE',
  is_absent: 'BOOLEAN',
  /** The windows as asked for, before anything cuts them: start of the earlier, end of the later, its greatest end. */
  window_start: 'DATE',
  window_end: 'DATE',
  window_cap: 'DATE',
} as const satisfies Columns;

export type Candidates = Table<typeof candidateColumns>;

function entryJourneys(protocol: Protocol): Table {
  const { entry, entry_window } = protocol.study.population;
  const inWindow = sql`start_date >= CAST(${entry_window.from} AS DATE) AND start_date < CAST(${entry_window.to} AS DATE)`;
  const chosen = entry === 'first-journey' ? sql`journey = 1 AND ${inWindow}` : inWindow;
  return derive(
    'entry_journey',
    {
      person_id: 'VARCHAR',
      journey: 'INTEGER',
      entry_date: 'DATE',
      journey_reach: 'DATE',
      exit_group: 'VARCHAR',
      area: 'VARCHAR',
      next_start: 'DATE',
      previous_reach: 'DATE',
    },
    sql`
    SELECT j.person_id, j.journey, j.start_date AS entry_date, coalesce(j.end_date, ${NEVER}) AS journey_reach, j.exit_group,
      j.area, n.start_date AS next_start, p.end_date AS previous_reach
    FROM (SELECT person_id, min(journey) AS journey FROM ${journey} WHERE ${chosen} GROUP BY person_id) AS e
    JOIN ${journey} AS j ON j.person_id = e.person_id AND j.journey = e.journey
    LEFT JOIN ${journey} AS n ON n.person_id = e.person_id AND n.journey = e.journey + 1
    LEFT JOIN ${journey} AS p ON p.person_id = e.person_id AND p.journey = e.journey - 1`,
  );
}

/** Departures seen from the entry: those that end time at risk, and whether the person was there at all. */
function departures(entries: Table, windows: Windows): Table {
  const first = (kind: string, after: Sql, counts: boolean): Sql =>
    counts
      ? sql`min(CASE WHEN d.kind = ${kind} AND ${after} THEN d.departure_date END)`
      : sql`CAST(NULL AS DATE)`;
  const last = (kind: string): Sql =>
    windows.ends_at_emigration
      ? sql`max(CASE WHEN d.kind = ${kind} AND d.departure_date <= e.entry_date THEN d.departure_date END)`
      : sql`CAST(NULL AS DATE)`;
  return derive(
    'entry_departure',
    {
      person_id: 'VARCHAR',
      death: 'DATE',
      emigration: 'DATE',
      data_end: 'DATE',
      last_emigration: 'DATE',
      last_immigration: 'DATE',
    },
    sql`
    SELECT e.person_id,
      ${first('death', sql`TRUE`, windows.ends_at_death)} AS death,
      ${first('emigration', sql`d.departure_date > e.entry_date`, windows.ends_at_emigration)} AS emigration,
      ${first('end-of-data', sql`TRUE`, windows.ends_with_data)} AS data_end,
      ${last('emigration')} AS last_emigration,
      ${last('immigration')} AS last_immigration
    FROM ${entries} AS e
    JOIN ${departure} AS d ON d.person_id = e.person_id
    GROUP BY e.person_id`,
  );
}

export function entryCandidates(protocol: Protocol, windows: Windows): Candidates {
  const entries = entryJourneys(protocol);
  const leaving = departures(entries, windows);
  const cap = windows.after === undefined ? NEVER : sql`${move(sql`e.entry_date`, windows.after, 1)}`;
  const needed = neededRegisters(protocol, windows);
  const observed = observedBy(needed.whole, needed.to_end, 'observed');
  const treatment = observedBy([protocol.study.linkage.spine], [], 'treatment_observed');
  const covers = (stretch: string): Sql =>
    sql`${name(stretch)}.area IS NOT DISTINCT FROM p.area AND ${name(stretch)}.observed_from <= e.entry_date
      AND ${name(stretch)}.observed_to > e.entry_date`;
  return derive(
    'entry_candidate',
    candidateColumns,
    sql`
    SELECT p.person_id, p.sex, p.birth_month, coalesce(p.area, e.area) AS area, p.link_class,
      f.person_id IS NOT NULL AS has_journey, e.journey, e.entry_date, e.journey_reach, e.exit_group, e.next_start,
      e.previous_reach, ${ageInYears(sql`p.birth_month`, sql`e.entry_date`)} AS age_at_entry,
      o.observed_from, o.observed_to, t.observed_from AS treatment_from,
      coalesce(d.death, ${NEVER}) AS death, coalesce(d.emigration, ${NEVER}) AS emigration,
      coalesce(d.data_end, ${NEVER}) AS data_end, d.last_immigration AS immigration,
      CASE WHEN d.death <= e.entry_date OR d.data_end <= e.entry_date
          OR d.last_emigration > coalesce(d.last_immigration, DATE '0001-01-01') THEN TRUE ELSE FALSE END AS is_absent,
      ${windows.before === undefined ? sql`e.entry_date` : move(sql`e.entry_date`, windows.before, -1)} AS window_start,
      ${windows.until === 'journey-end' ? sql`least(e.journey_reach, ${cap})` : cap} AS window_end, ${cap} AS window_cap
    FROM ${person} AS p
    LEFT JOIN (SELECT DISTINCT person_id FROM ${journey}) AS f ON f.person_id = p.person_id
    LEFT JOIN ${entries} AS e ON e.person_id = p.person_id
    LEFT JOIN ${leaving} AS d ON d.person_id = p.person_id
    LEFT JOIN ${observed} AS o ON ${covers('o')}
    LEFT JOIN ${treatment} AS t ON ${covers('t')}`,
  );
}
