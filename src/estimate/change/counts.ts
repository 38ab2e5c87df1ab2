import { derive, list, name, sql, type Table } from '../../engine/index.ts';
import { cohort } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import { eventsOf, intervalEvents, once } from '../events.ts';
import { strataOf } from '../population.ts';

/**
 * Sufficient statistics of a before/after change: sums and sums of products over persons of events and days before and
 * after, on both clocks, by stratum; and for the bootstrap how many persons share a pair of counts.
 */

/** Per person: events and days before (b) and after (a), calendar and at liberty (f: free). */
const PERSON = {
  person_id: 'VARCHAR',
  b: 'BIGINT',
  a: 'BIGINT',
  tb: 'BIGINT',
  ta: 'BIGINT',
  fb: 'BIGINT',
  fa: 'BIGINT',
  ftb: 'BIGINT',
  fta: 'BIGINT',
} as const;

export const VARIABLES = ['b', 'a', 'tb', 'ta', 'fb', 'fa', 'ftb', 'fta'] as const;
export type Variable = (typeof VARIABLES)[number];

/** Products that some variance needs: within a clock, upper triangle. */
export const PRODUCTS: readonly (readonly [Variable, Variable])[] = [
  ['b', 'a', 'tb', 'ta'] as const,
  ['fb', 'fa', 'ftb', 'fta'] as const,
].flatMap((clock) => clock.flatMap((x, i) => clock.slice(i).map((y) => [x, y] as const)));

export const changeMoment = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  persons: 'BIGINT',
  ...(Object.fromEntries(VARIABLES.map((variable) => [variable, 'DOUBLE'])) as Record<Variable, 'DOUBLE'>),
  ...Object.fromEntries(PRODUCTS.map(([x, y]) => [`${x}_${y}`, 'DOUBLE' as const])),
} as const;

export const changePattern = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  before: 'BIGINT',
  after: 'BIGINT',
  persons: 'BIGINT',
} as const;

/** Leavers: events in the later window, those after leaving, their squares; and who came back. */
export const leaverMoment = {
  exit_group: 'VARCHAR',
  persons: 'BIGINT',
  returned: 'BIGINT',
  events: 'DOUBLE',
  events_after_leaving: 'DOUBLE',
  ee: 'DOUBLE',
  el: 'DOUBLE',
  ll: 'DOUBLE',
} as const;

export interface ChangeCounts {
  readonly moments: Table;
  readonly patterns: Table;
  readonly leavers: Table;
}

export function countChange(
  protocol: Protocol,
  estimate: EstimateOf<'change'>,
  population: Table,
): ChangeCounts {
  const intervals = intervalEvents(protocol, estimate.outcome);
  const total = (column: 'events' | 'days', window: 'before' | 'after', free: boolean) =>
    sql`CAST(sum(CASE WHEN time_window = ${window}${free ? sql` AND NOT removed` : sql``} THEN ${name(column)} ELSE 0 END) AS BIGINT)`;
  const persons = once(protocol, `change_person_${estimate.outcome}`, () =>
    derive(
      `change_person_${estimate.outcome}`,
      PERSON,
      sql`SELECT person_id, ${total('events', 'before', false)} AS b, ${total('events', 'after', false)} AS a,
        ${total('days', 'before', false)} AS tb, ${total('days', 'after', false)} AS ta,
        ${total('events', 'before', true)} AS fb, ${total('events', 'after', true)} AS fa,
        ${total('days', 'before', true)} AS ftb, ${total('days', 'after', true)} AS fta
      FROM ${intervals} GROUP BY person_id`,
    ),
  );
  const strata = strataOf(protocol, estimate, population);
  const suffix = `${estimate.id}_${population.name}`;
  const sums = VARIABLES.map(
    (variable) => sql`CAST(sum(p.${name(variable)}) AS DOUBLE) AS ${name(variable)}`,
  );
  const products = PRODUCTS.map(
    ([x, y]) => sql`CAST(sum(p.${name(x)} * p.${name(y)}) AS DOUBLE) AS ${name(`${x}_${y}`)}`,
  );
  const moments = derive(
    `change_moment_${suffix}`,
    changeMoment,
    sql`SELECT s.stratum, s.level, CAST(count(*) AS BIGINT) AS persons, ${list([...sums, ...products])}
      FROM ${persons} AS p JOIN ${strata} AS s ON s.person_id = p.person_id GROUP BY s.stratum, s.level`,
  );
  const patterns = derive(
    `change_pattern_${suffix}`,
    changePattern,
    sql`SELECT s.stratum, s.level, p.b AS before, p.a AS after, CAST(count(*) AS BIGINT) AS persons
      FROM ${persons} AS p JOIN ${strata} AS s ON s.person_id = p.person_id GROUP BY s.stratum, s.level, p.b, p.a`,
  );
  const later = derive(
    `leaver_event_${suffix}`,
    {
      person_id: 'VARCHAR',
      exit_group: 'VARCHAR',
      returned: 'INTEGER',
      events: 'INTEGER',
      after_leaving: 'INTEGER',
    },
    sql`SELECT c.person_id, c.exit_group, CASE WHEN c.re_entry_date IS NULL THEN 0 ELSE 1 END AS returned,
        CAST(count(e.event_date) AS INTEGER) AS events,
        CAST(count(CASE WHEN e.event_date >= c.journey_end THEN 1 END) AS INTEGER) AS after_leaving
      FROM ${cohort} AS c JOIN ${population} AS m ON m.person_id = c.person_id
      LEFT JOIN ${eventsOf(protocol, estimate.outcome)} AS e
        ON e.person_id = c.person_id AND e.event_date >= c.after_start AND e.event_date < c.after_end
      WHERE c.left_treatment GROUP BY c.person_id, c.exit_group, c.re_entry_date`,
  );
  const leaverSums = sql`CAST(count(*) AS BIGINT) AS persons, CAST(sum(returned) AS BIGINT) AS returned,
      CAST(sum(events) AS DOUBLE) AS events, CAST(sum(after_leaving) AS DOUBLE) AS events_after_leaving,
      CAST(sum(events * events) AS DOUBLE) AS ee, CAST(sum(events * after_leaving) AS DOUBLE) AS el,
      CAST(sum(after_leaving * after_leaving) AS DOUBLE) AS ll`;
  const byExit = sql`SELECT exit_group, ${leaverSums} FROM ${later} GROUP BY exit_group`;
  const together = sql`SELECT 'all' AS exit_group, ${leaverSums} FROM ${later} HAVING count(*) > 0`;
  const leavers = derive(
    `leaver_moment_${suffix}`,
    leaverMoment,
    // A variant is told by its whole: not by the way people left either.
    protocol.variant === 'protocol' ? sql`${byExit} UNION ALL ${together}` : together,
  );
  return { moments, patterns, leavers };
}
