import { type Columns, derive, fill, sql } from '../engine/index.ts';
import { custody } from '../link/tables.ts';
import { NEVER } from './stitch.ts';
import { custodySpell } from './tables.ts';

const runColumns = {
  person_id: 'VARCHAR',
  start_date: 'DATE',
  reach: 'DATE',
  run: 'INTEGER',
} as const satisfies Columns;

/**
 * Custody of every kind as a union: rows that overlap or meet become one, one still running stays open. A row that
 * starts and ends on the same day holds no whole day and drops out, as do rows without a start or ending before it;
 * issues count them.
 */
export function custodyUnion(): typeof custodySpell {
  const run = derive(
    'custody_run',
    runColumns,
    sql`
    SELECT person_id, start_date, reach,
      sum(CASE WHEN reached >= start_date THEN 0 ELSE 1 END) OVER (PARTITION BY person_id ORDER BY start_date, reach
        ROWS UNBOUNDED PRECEDING) AS run
    FROM (
      SELECT person_id, start_date, reach,
        max(reach) OVER (PARTITION BY person_id ORDER BY start_date, reach
          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
      FROM (
        SELECT person_id, start_date, coalesce(end_date, ${NEVER}) AS reach
        FROM ${custody}
        WHERE start_date IS NOT NULL AND (end_date IS NULL OR end_date > start_date)
      ) AS usable_custody
    ) AS reached_custody`,
  );
  return fill(
    custodySpell,
    sql`
    SELECT person_id, min(start_date) AS start_date,
      CASE WHEN max(reach) < ${NEVER} THEN max(reach) END AS end_date
    FROM ${run}
    GROUP BY person_id, run`,
  );
}
