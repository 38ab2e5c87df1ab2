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
import { custodySpell } from '../../journeys/tables.ts';
import { cohort } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import type { Adjustment } from '../adjustment.ts';
import { eventsOf, once } from '../events.ts';

/**
 * Each person's time to the event and why it ended; exits and censorings at each day: the sufficient statistics of a
 * curve. For retention the event is leaving the entry journey; for `departure` it is death or emigration, as far as they
 * end the later window; for `first-offence` the first event of the outcome on or after the day the clock starts.
 *
 * Time is in whole days of observation. A first offence on the n-th day counts at n, so that `within 365 days` is the
 * days 0 to 364, and whoever is observed for n days without one is censored (or dies, or emigrates) at n.
 */

/** One row a person whose clock started. `ended` is event, death, emigration or censored. */
export const survivalTime = { person_id: 'VARCHAR', time: 'INTEGER', ended: 'VARCHAR' } as const;

export const exitCount = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  time: 'INTEGER',
  events: 'BIGINT',
  censored: 'BIGINT',
} as const;

/** The same, with the competing events told from the censored. */
export const causeCount = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  time: 'INTEGER',
  event: 'BIGINT',
  death: 'BIGINT',
  emigration: 'BIGINT',
  censored: 'BIGINT',
} as const;

const AWAY = sql`CASE WHEN c.end_reason IN ('death', 'emigration') THEN c.end_reason ELSE 'censored' END`;

/** The day the clock starts; NULL where it never does. */
function startOf(estimate: EstimateOf<'survival'>): { readonly start: Sql; readonly from: Sql } {
  switch (estimate.from) {
    case 'journey-end':
      return { start: sql`CASE WHEN c.left_treatment THEN c.journey_end END`, from: sql`${cohort} AS c` };
    case 'release':
      return {
        start: sql`r.release_date`,
        from: sql`${cohort} AS c LEFT JOIN (
          SELECT k.person_id, min(s.end_date) AS release_date FROM ${cohort} AS k
          JOIN ${custodySpell} AS s ON s.person_id = k.person_id AND s.end_date > k.after_start AND s.end_date < k.after_end
          GROUP BY k.person_id) AS r ON r.person_id = c.person_id`,
      };
    default:
      return { start: sql`c.after_start`, from: sql`${cohort} AS c` };
  }
}

/** Everybody's time: made for the whole cohort, whatever the population. */
export function survivalTimes(protocol: Protocol, estimate: EstimateOf<'survival'>): Table {
  const tableName = `survival_time_${estimate.id}`;
  return once(protocol, tableName, () => {
    if (estimate.event === 'departure') {
      return derive(
        tableName,
        survivalTime,
        sql`SELECT c.person_id, ${daysBetween(sql`c.after_start`, sql`c.after_end`)} AS time,
          CASE WHEN c.end_reason IN ('death', 'emigration') THEN c.end_reason ELSE 'censored' END AS ended FROM ${cohort} AS c`,
      );
    }
    if (estimate.event !== 'first-offence') {
      return derive(
        tableName,
        survivalTime,
        sql`SELECT c.person_id, c.retained_days AS time, CASE WHEN c.left_treatment THEN 'event' ELSE ${AWAY} END AS ended
          FROM ${cohort} AS c`,
      );
    }
    const { start, from } = startOf(estimate);
    const started = derive(
      `survival_start_${estimate.id}`,
      { person_id: 'VARCHAR', start_date: 'DATE', end_date: 'DATE', ended: 'VARCHAR' },
      sql`SELECT c.person_id, ${start} AS start_date, c.after_end AS end_date, ${AWAY} AS ended FROM ${from}
        WHERE ${start} < c.after_end`,
    );
    return derive(
      tableName,
      survivalTime,
      sql`SELECT s.person_id,
          ${daysBetween(sql`s.start_date`, sql`coalesce(${addDays(sql`e.event_date`, 1)}, s.end_date)`)} AS time,
          CASE WHEN e.event_date IS NULL THEN s.ended ELSE 'event' END AS ended
        FROM ${started} AS s LEFT JOIN (
          SELECT t.person_id, min(o.event_date) AS event_date FROM ${started} AS t
          JOIN ${eventsOf(protocol, estimate.outcome ?? '')} AS o
            ON o.person_id = t.person_id AND o.event_date >= t.start_date AND o.event_date < t.end_date
          GROUP BY t.person_id) AS e ON e.person_id = s.person_id`,
    );
  });
}

/** How the time ended as a model of the event reads it: `event` and what competes with it. */
function endedAs(estimate: EstimateOf<'survival'>): Sql {
  return estimate.event === 'departure'
    ? sql`CASE WHEN t.ended = 'censored' THEN 'censored' ELSE 'event' END`
    : sql`t.ended`;
}

/** Of a curve to departure both departures are the event; of any other curve a person who departs is censored. */
function isEvent(estimate: EstimateOf<'survival'>): Sql {
  return estimate.event === 'departure' ? sql`t.ended <> 'censored'` : sql`t.ended = 'event'`;
}

export function countExits(
  protocol: Protocol,
  estimate: EstimateOf<'survival'>,
  population: Table,
  strata: Table,
): Table {
  return derive(
    `exit_count_${estimate.id}_${population.name}`,
    exitCount,
    sql`SELECT s.stratum, s.level, t.time,
        CAST(count(CASE WHEN ${isEvent(estimate)} THEN 1 END) AS BIGINT) AS events,
        CAST(count(CASE WHEN NOT (${isEvent(estimate)}) THEN 1 END) AS BIGINT) AS censored
      FROM ${survivalTimes(protocol, estimate)} AS t JOIN ${strata} AS s ON s.person_id = t.person_id
      GROUP BY s.stratum, s.level, t.time`,
  );
}

export function countCauses(
  protocol: Protocol,
  estimate: EstimateOf<'survival'>,
  population: Table,
  strata: Table,
): Table {
  const ended = (as: string): Sql => sql`CAST(count(CASE WHEN t.ended = ${as} THEN 1 END) AS BIGINT)`;
  return derive(
    `cause_count_${estimate.id}_${population.name}`,
    causeCount,
    sql`SELECT s.stratum, s.level, t.time, ${ended('event')} AS event, ${ended('death')} AS death,
        ${ended('emigration')} AS emigration, ${ended('censored')} AS censored
      FROM ${survivalTimes(protocol, estimate)} AS t JOIN ${strata} AS s ON s.person_id = t.person_id
      GROUP BY s.stratum, s.level, t.time`,
  );
}

/** What a model needs and no count holds: time, how it ended, and the adjustment, one row a person. */
export function personTimes(
  protocol: Protocol,
  estimate: EstimateOf<'survival'>,
  population: Table,
  adjustment: Adjustment,
): { readonly table: Table; readonly columns: Columns } {
  const columns: Columns = {
    time: 'INTEGER',
    ended: 'VARCHAR',
    ...Object.fromEntries(
      adjustment.terms.map(({ column, kind }) => [column, kind === 'number' ? 'DOUBLE' : 'VARCHAR'] as const),
    ),
  };
  const picked: Sql[] = adjustment.terms.map(({ column }) => sql`a.${name(column)}`);
  return {
    columns,
    table: derive(
      `survival_person_${estimate.id}_${population.name}`,
      columns,
      sql`SELECT t.time, ${endedAs(estimate)} AS ended, ${list(picked)}
        FROM ${survivalTimes(protocol, estimate)} AS t JOIN ${adjustment.table} AS a ON a.person_id = t.person_id`,
    ),
  };
}
