import {
  addDays,
  type Columns,
  daysBetween,
  derive,
  list,
  name,
  type Sql,
  sql,
  type Table,
} from '../../engine/index.ts';
import { person } from '../../link/tables.ts';
import { cohort, interval } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import type { Adjustment } from '../adjustment.ts';
import { eventsOf } from '../events.ts';
import { strataOf } from '../population.ts';

/**
 * Time at risk cut at every day with an event: the likelihood of repeated events knows who has them, so that nothing
 * smaller than a row a person and piece would do. A piece (start, stop] is the days start .. stop - 1 from entry, and
 * its events are those of its last day. Persons go by a number that means nothing outside the estimate.
 */

export const recurrentPiece = {
  person: 'INTEGER',
  start: 'INTEGER',
  stop: 'INTEGER',
  events: 'INTEGER',
  /** 1 in the window after entry. */
  after: 'INTEGER',
  removed: 'BOOLEAN',
  /** The phase of treatment, also in custody. */
  phase: 'VARCHAR',
  /** 1 where the person dies at the end of the piece, 0 elsewhere. */
  died: 'INTEGER',
} as const;

export const recurrentStratum = { person: 'INTEGER', stratum: 'VARCHAR', level: 'VARCHAR' } as const;

/** Days from 1970-01-01 to entry and from birth to entry, and a column a term of the adjustment. */
const PERSON = { person: 'INTEGER', entry_day: 'INTEGER', age_days: 'INTEGER' } as const;

export interface RecurrentCounts {
  readonly pieces: Table;
  readonly strata: Table;
  readonly persons: Table;
  readonly person_columns: Columns;
}

export function countRecurrent(
  protocol: Protocol,
  estimate: EstimateOf<'recurrent'>,
  population: Table,
  adjustment: Adjustment | undefined,
): RecurrentCounts {
  const suffix = `${estimate.id}_${population.name}`;
  const numbered = derive(
    `recurrent_number_${suffix}`,
    { person_id: 'VARCHAR', person: 'INTEGER' },
    sql`SELECT person_id, CAST(row_number() OVER (ORDER BY person_id) - 1 AS INTEGER) AS person FROM ${population}`,
  );
  const eventDay = derive(
    `recurrent_day_${suffix}`,
    { person_id: 'VARCHAR', event_date: 'DATE', events: 'INTEGER' },
    sql`SELECT o.person_id, o.event_date, CAST(count(*) AS INTEGER) AS events FROM ${eventsOf(protocol, estimate.outcome)} AS o
      JOIN ${numbered} AS n ON n.person_id = o.person_id GROUP BY o.person_id, o.event_date`,
  );
  const columns: Sql = sql`i.person_id, i.time_window, i.treatment_phase, i.removed, i.start_date`;
  const cut = derive(
    `recurrent_cut_${suffix}`,
    {
      person_id: 'VARCHAR',
      time_window: 'VARCHAR',
      treatment_phase: 'VARCHAR',
      removed: 'BOOLEAN',
      start_date: 'DATE',
      cut_date: 'DATE',
      events: 'INTEGER',
    },
    sql`SELECT ${columns}, ${addDays(sql`e.event_date`, 1)} AS cut_date, e.events
      FROM ${interval} AS i JOIN ${eventDay} AS e
        ON e.person_id = i.person_id AND e.event_date >= i.start_date AND e.event_date < i.end_date
      UNION ALL
      SELECT ${columns}, i.end_date AS cut_date, CAST(0 AS INTEGER) AS events
      FROM ${interval} AS i JOIN ${numbered} AS n ON n.person_id = i.person_id
      LEFT JOIN ${eventDay} AS e ON e.person_id = i.person_id AND e.event_date = ${addDays(sql`i.end_date`, -1)}
      WHERE e.person_id IS NULL`,
  );
  const pieces = derive(
    `recurrent_piece_${suffix}`,
    recurrentPiece,
    sql`SELECT n.person, ${daysBetween(sql`c.entry_date`, sql`p.from_date`)} AS start,
        ${daysBetween(sql`c.entry_date`, sql`p.cut_date`)} AS stop, p.events,
        CASE WHEN p.time_window = 'after' THEN 1 ELSE 0 END AS after, p.removed, p.treatment_phase AS phase,
        CASE WHEN p.time_window = 'after' AND c.end_reason = 'death' AND p.cut_date = c.after_end THEN 1 ELSE 0 END AS died
      FROM (
        SELECT *, coalesce(lag(cut_date) OVER (PARTITION BY person_id, time_window, start_date ORDER BY cut_date),
          start_date) AS from_date
        FROM ${cut}) AS p
      JOIN ${numbered} AS n ON n.person_id = p.person_id
      JOIN ${cohort} AS c ON c.person_id = p.person_id`,
  );
  const strata = derive(
    `recurrent_stratum_${suffix}`,
    recurrentStratum,
    sql`SELECT n.person, s.stratum, s.level FROM ${strataOf(protocol, estimate, population)} AS s
      JOIN ${numbered} AS n ON n.person_id = s.person_id`,
  );
  const terms = adjustment?.terms ?? [];
  const person_columns: Columns = {
    ...PERSON,
    ...Object.fromEntries(
      terms.map(({ column, kind }) => [column, kind === 'number' ? 'DOUBLE' : 'VARCHAR'] as const),
    ),
  };
  const select: Sql[] = [
    sql`n.person`,
    sql`${daysBetween(sql`DATE '1970-01-01'`, sql`c.entry_date`)} AS entry_day`,
    sql`${daysBetween(sql`b.birth_month`, sql`c.entry_date`)} AS age_days`,
    ...terms.map(({ column }) => sql`a.${name(column)}`),
  ];
  const adjusted =
    adjustment === undefined ? sql`` : sql` LEFT JOIN ${adjustment.table} AS a ON a.person_id = n.person_id`;
  const persons = derive(
    `recurrent_person_${suffix}`,
    person_columns,
    sql`SELECT ${list(select)} FROM ${numbered} AS n JOIN ${cohort} AS c ON c.person_id = n.person_id
      LEFT JOIN ${person} AS b ON b.person_id = n.person_id${adjusted}`,
  );
  return { pieces, strata, persons, person_columns };
}
