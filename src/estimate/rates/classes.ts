import { derive, list, name, type Sql, sql, type Table } from '../../engine/index.ts';
import { cohort } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import { clocksOf } from '../clocks.ts';
import { intervalEvents } from '../events.ts';
import { strataOf } from '../population.ts';
import type { Standardise } from './standard.ts';

/**
 * Events and time by class of age and sex, for standardised rates: totals of each cell and class, and sums over persons of
 * products within pairs of classes, since a person who grows older is in several. Days, not years.
 */

export const classPair = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  divided_by: 'VARCHAR',
  division: 'VARCHAR',
  clock: 'VARCHAR',
  class_a: 'VARCHAR',
  class_b: 'VARCHAR',
  /** Persons with time in both classes. */
  persons: 'BIGINT',
  /** Events and days in class a of these persons: with b the same class, the totals of the class. */
  events: 'BIGINT',
  days: 'BIGINT',
  yy: 'DOUBLE',
  yt: 'DOUBLE',
  tt: 'DOUBLE',
} as const;

const PART: Readonly<Record<Standardise['by'][number], Sql>> = {
  age_band: sql`coalesce(i.age_band, 'not recorded')`,
  sex: sql`coalesce(c.sex, 'not recorded')`,
};

export function countClasses(
  protocol: Protocol,
  estimate: EstimateOf<'rates'>,
  standardise: Standardise,
  population: Table,
): Table {
  const events = intervalEvents(protocol, estimate.outcome);
  const [first, ...rest] = standardise.by.map((part) => PART[part]);
  const label = rest.reduce((before, part) => sql`${before} || ' x ' || ${part}`, first ?? sql`'all'`);
  const divided = (estimate.by ?? ['window', 'phase']).filter((one) => one === 'window' || one === 'phase');
  const parts = clocksOf(protocol, estimate.clock).flatMap((clock) =>
    divided.map((division) => {
      const column = name(division === 'window' ? 'time_window' : 'treatment_phase');
      return sql`SELECT i.person_id, ${division} AS divided_by, CAST(i.${column} AS VARCHAR) AS division, ${clock} AS clock, ${label} AS class,
        sum(i.days) AS days, sum(i.events) AS events
        FROM ${events} AS i JOIN ${cohort} AS c ON c.person_id = i.person_id
        WHERE ${clock === 'calendar' ? sql`TRUE` : sql`NOT i.removed`} GROUP BY i.person_id, i.${column}, ${label}`;
    }),
  );
  const persons = derive(
    `rate_class_person_${estimate.id}`,
    {
      person_id: 'VARCHAR',
      divided_by: 'VARCHAR',
      division: 'VARCHAR',
      clock: 'VARCHAR',
      class: 'VARCHAR',
      days: 'BIGINT',
      events: 'BIGINT',
    },
    sql`SELECT person_id, divided_by, division, clock, class, CAST(days AS BIGINT) AS days, CAST(events AS BIGINT) AS events
      FROM (${list(parts, 'union')}) AS by_class WHERE days > 0`,
  );
  return derive(
    `rate_class_${estimate.id}_${population.name}`,
    classPair,
    sql`SELECT s.stratum, s.level, a.divided_by, a.division, a.clock, a.class AS class_a, b.class AS class_b,
        CAST(count(*) AS BIGINT) AS persons, CAST(sum(a.events) AS BIGINT) AS events, CAST(sum(a.days) AS BIGINT) AS days,
        CAST(sum(a.events * b.events) AS DOUBLE) AS yy, CAST(sum(a.events * b.days) AS DOUBLE) AS yt,
        CAST(sum(a.days * b.days) AS DOUBLE) AS tt
      FROM ${persons} AS a
      JOIN ${persons} AS b ON b.person_id = a.person_id AND b.divided_by = a.divided_by AND b.division = a.division AND b.clock = a.clock
      JOIN ${strataOf(protocol, { ...estimate, id: `${estimate.id}_class` }, population)} AS s ON s.person_id = a.person_id
      GROUP BY s.stratum, s.level, a.divided_by, a.division, a.clock, a.class, b.class`,
  );
}
