import { derive, fill, type Sql, sql, type Table } from '../engine/index.ts';
import { aggregate } from '../link/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import { aggregateInterval, persontimeIssue } from './tables.ts';

/**
 * Counts and time at risk of a person and period, summed over registers: events may come from one, exposure from
 * another. A cell without any exposure keeps NULL, which is not zero: nobody knows how long the person was at risk.
 * Exposure is summed as DECIMAL, so that the sum does not depend on the order of the rows.
 */
export function aggregateCells(population: Sql): Table<typeof aggregateInterval.columns> {
  return derive(
    'aggregate_cell',
    aggregateInterval.columns,
    sql`
    SELECT a.person_id, a.period, CAST(coalesce(sum(a.events), 0) AS BIGINT) AS events,
      CAST(sum(CAST(a.exposure AS DECIMAL(38, 15))) AS DOUBLE) AS exposure
    FROM ${aggregate} AS a
    JOIN (${population}) AS p ON p.person_id = a.person_id
    WHERE a.period IS NOT NULL
    GROUP BY a.person_id, a.period`,
  );
}

export function aggregateIntervals(cells: Table, protocol: Protocol): typeof aggregateInterval {
  const kept = protocol.study.population.require_exposure === true ? sql`exposure > 0` : sql`TRUE`;
  return fill(aggregateInterval, sql`SELECT person_id, period, events, exposure FROM ${cells} WHERE ${kept}`);
}

export function aggregateIssues(cells: Table, protocol: Protocol): typeof persontimeIssue {
  const registers = protocol.sources
    .filter((source) => source.tables.some((mapping) => mapping.table === 'aggregate'))
    .map((source) => source.register)
    .sort()
    .join(', ');
  const line = (code: string, message: string, when: Sql): Sql => sql`
      SELECT ${code} AS code, ${registers} AS register, 'exposure' AS column_name, 'warning' AS severity,
        CAST(coalesce(sum(CASE WHEN ${when} THEN 1 ELSE 0 END), 0) AS BIGINT) AS count, count(*) AS of,
        'records' AS unit, ${message} AS message
      FROM ${cells}`;
  return fill(
    persontimeIssue,
    sql`
    SELECT code, register, column_name, severity, count, of, unit, message
    FROM (${line('aggregate-without-exposure', 'periods of persons that have events but no record of time at risk', sql`events > 0 AND exposure IS NULL`)}
      UNION ALL${line('aggregate-events-at-zero-exposure', 'periods of persons that have events in no time at risk', sql`events > 0 AND exposure <= 0`)}
    ) AS line
    WHERE count > 0`,
  );
}
