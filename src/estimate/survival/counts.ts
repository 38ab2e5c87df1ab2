import { derive, sql, type Table } from '../../engine/index.ts';
import { cohort } from '../../persontime/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { strataOf } from '../population.ts';

/** Exits and censorings at each day of retention: the sufficient statistics of a retention curve. */

export const exitCount = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  time: 'INTEGER',
  events: 'BIGINT',
  censored: 'BIGINT',
} as const;

export function countExits(estimate: EstimateOf<'survival'>, population: Table): Table {
  const strata = strataOf(estimate, population);
  return derive(
    `exit_count_${estimate.id}_${population.name}`,
    exitCount,
    sql`SELECT s.stratum, s.level, c.retained_days AS time,
        CAST(count(CASE WHEN c.left_treatment THEN 1 END) AS BIGINT) AS events,
        CAST(count(CASE WHEN NOT c.left_treatment THEN 1 END) AS BIGINT) AS censored
      FROM ${cohort} AS c JOIN ${strata} AS s ON s.person_id = c.person_id
      GROUP BY s.stratum, s.level, c.retained_days`,
  );
}
