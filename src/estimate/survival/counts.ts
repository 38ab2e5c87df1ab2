import { daysBetween, derive, sql, type Table } from '../../engine/index.ts';
import { cohort } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import { strataOf } from '../population.ts';

/**
 * Exits and censorings at each day since entry: the sufficient statistics of a curve. For retention the event is leaving
 * the entry journey; for `departure` it is death or emigration, as far as they end the later window.
 */

export const exitCount = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  time: 'INTEGER',
  events: 'BIGINT',
  censored: 'BIGINT',
} as const;

export function countExits(protocol: Protocol, estimate: EstimateOf<'survival'>, population: Table): Table {
  const strata = strataOf(protocol, estimate, population);
  const isDeparture = estimate.event === 'departure';
  const time = isDeparture ? daysBetween(sql`c.after_start`, sql`c.after_end`) : sql`c.retained_days`;
  const left = isDeparture ? sql`c.end_reason IN ('death', 'emigration')` : sql`c.left_treatment`;
  return derive(
    `exit_count_${estimate.id}_${population.name}`,
    exitCount,
    sql`SELECT s.stratum, s.level, ${time} AS time,
        CAST(count(CASE WHEN ${left} THEN 1 END) AS BIGINT) AS events,
        CAST(count(CASE WHEN NOT ${left} THEN 1 END) AS BIGINT) AS censored
      FROM ${cohort} AS c JOIN ${strata} AS s ON s.person_id = c.person_id
      GROUP BY s.stratum, s.level, ${time}`,
  );
}
