import { derive, sql, type Table } from '../engine/index.ts';
import { registerCoverage } from '../ingest/tables.ts';
import { person } from '../link/tables.ts';

const columns = { person_id: 'VARCHAR', covered_from: 'DATE', covered_to: 'DATE' } as const;

/**
 * The first and the last day that the treatment register could see each person: the rows that name the person's area,
 * or those for everywhere where none does. NULL for a person whose area nobody covered.
 */
export function personCoverage(spine: string): Table<typeof columns> {
  const byArea = sql`
    SELECT area, min(from_date) AS from_date, max(to_date) AS to_date
    FROM ${registerCoverage} WHERE register = ${spine} AND area IS NOT NULL GROUP BY area`;
  const everywhere = sql`
    SELECT min(from_date) AS from_date, max(to_date) AS to_date
    FROM ${registerCoverage} WHERE register = ${spine} AND area IS NULL`;
  return derive(
    'person_coverage',
    columns,
    sql`
    SELECT p.person_id, coalesce(a.from_date, e.from_date) AS covered_from, coalesce(a.to_date, e.to_date) AS covered_to
    FROM ${person} AS p
    LEFT JOIN (${byArea}) AS a ON a.area = p.area
    CROSS JOIN (${everywhere}) AS e`,
  );
}
