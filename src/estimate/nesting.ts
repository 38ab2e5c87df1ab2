import { derive, list, sql, type Table } from '../engine/index.ts';
import { cohortStratum } from '../persontime/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import { levelNames } from './population.ts';
import { levelNesting } from './tables.ts';

/**
 * Levels of one stratum that lie wholly within a level of another, by the names under which they are printed: services in
 * an area, those retained throughout among those whose journey is open. Whoever knows it can subtract the one from the
 * other, so disclosure control has to know it too.
 */
export function nestedLevels(protocol: Protocol): Table<typeof levelNesting.columns> {
  const wanted = [...new Set(protocol.estimates.flatMap(({ strata = [] }) => strata))];
  const named = sql`SELECT s.person_id, s.stratum, n.shown AS level
    FROM ${cohortStratum} AS s JOIN ${levelNames(protocol)} AS n ON n.stratum = s.stratum AND n.level = s.level
    WHERE ${wanted.length === 0 ? sql`FALSE` : sql`s.stratum IN (${list(wanted)})`}`;
  return derive(
    levelNesting.name,
    levelNesting.columns,
    sql`SELECT b.stratum, b.level, b.within_stratum, b.within_level
      FROM (
        SELECT x.stratum, x.level, y.stratum AS within_stratum, y.level AS within_level, count(DISTINCT x.person_id) AS persons
        FROM (${named}) AS x JOIN (${named}) AS y ON y.person_id = x.person_id AND y.stratum <> x.stratum
        GROUP BY x.stratum, x.level, y.stratum, y.level) AS b
      JOIN (SELECT stratum, level, count(DISTINCT person_id) AS persons FROM (${named}) AS z GROUP BY stratum, level) AS a
        ON a.stratum = b.stratum AND a.level = b.level
      WHERE a.persons = b.persons`,
  );
}
