import { type Sql, sql, type Table } from '../engine/index.ts';
import { covariate } from '../link/tables.ts';

/**
 * What is known of a covariate at entry: (person_id, level), one row a member, NULL where nothing is known. The latest
 * value on or before entry, else one without a date; a later value is not used. `members` has person_id and entry_date.
 */
export function covariateAtEntry(members: Table, covariateName: string): Sql {
  return sql`
      SELECT c.person_id, v.value AS level FROM ${members} AS c
      LEFT JOIN (
        SELECT k.person_id, k.value, row_number() OVER (PARTITION BY k.person_id
          ORDER BY k.covariate_date DESC NULLS LAST, k.value) AS place
        FROM ${covariate} AS k
        JOIN ${members} AS e ON e.person_id = k.person_id
        WHERE k.name = ${covariateName} AND k.value IS NOT NULL
          AND (k.covariate_date IS NULL OR k.covariate_date <= e.entry_date)
      ) AS v ON v.person_id = c.person_id AND v.place = 1`;
}
