import { derive, list, name, sql, type Table } from '../../engine/index.ts';
import { phase } from '../../journeys/tables.ts';
import { departure, person } from '../../link/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import { SYSTEM_METRIC_PRESETS, type SystemMetric } from '../../protocol/tables.ts';
import { levelNamesIn } from '../population.ts';
import { begunJourneys, type Indexed, indexOf, NEVER } from './indexed.ts';
import { INDEX } from './shape.ts';

/**
 * Shares of a treatment system as counts: for each metric, step and level, how many persons count, how many of them the
 * register saw for long enough, and how many of those reached the step.
 */

export const stepCount = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  metric: 'VARCHAR',
  step: 'INTEGER',
  /** Persons with the event that makes them count. */
  indexed: 'BIGINT',
  /** Those whose answer can be known: followed for long enough, and dated. */
  known: 'BIGINT',
  reached: 'BIGINT',
} as const;

/** How many started after so many days of waiting. */
export const waitCount = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  days: 'INTEGER',
  persons: 'BIGINT',
} as const;

export interface SystemCounts {
  readonly steps: Table<typeof stepCount>;
  /** Only where waiting is asked for. */
  readonly waits: Table<typeof waitCount> | undefined;
}

/** Until when the treatment register sees a person: its coverage, their emigration after the event, the end of their data. */
function followed(indexed: Table, suffix: string): Table {
  return derive(
    `system_followed_${suffix}`,
    { metric: 'VARCHAR', person_id: 'VARCHAR', seen_to: 'DATE' },
    sql`
    SELECT i.metric, i.person_id, least(c.covered_to, coalesce(min(d.departure_date), ${NEVER})) AS seen_to
    FROM ${indexed} AS i
    JOIN (SELECT person_id, max(end_date) AS covered_to FROM ${phase} GROUP BY person_id) AS c ON c.person_id = i.person_id
    LEFT JOIN ${departure} AS d ON d.person_id = i.person_id AND d.kind IN ('emigration', 'end-of-data')
      AND d.departure_date >= i.index_date
    GROUP BY i.metric, i.person_id, c.covered_to`,
  );
}

export function countSystem(protocol: Protocol, estimate: EstimateOf<'system-metrics'>): SystemCounts {
  const suffix = estimate.id;
  const begun = begunJourneys(protocol, suffix);
  const parts = estimate.metrics.map((metric) => indexOf(protocol, metric, suffix, begun));
  const columns = [...Object.keys(INDEX)];
  const indexed = derive(
    `system_index_${suffix}`,
    INDEX,
    list(
      parts.map(
        ({
          table,
        }: Indexed) => sql`SELECT ${list(columns.map((column) => sql`i.${name(column)}`))} FROM ${table} AS i
          JOIN ${person} AS p ON p.person_id = i.person_id
          WHERE p.link_class IN (${list(protocol.study.population.link_classes ?? ['matched', 'absent'])})`,
      ),
      'union',
    ),
  );
  // A variant is told by its whole.
  const divisions = protocol.variant === 'protocol' ? (estimate.by ?? []) : [];
  const held = derive(
    `system_held_${suffix}`,
    { metric: 'VARCHAR', person_id: 'VARCHAR', stratum: 'VARCHAR', level: 'VARCHAR' },
    list(
      [
        sql`SELECT metric, person_id, 'all' AS stratum, 'all' AS level FROM ${indexed}`,
        ...divisions.map(
          (division) =>
            sql`SELECT metric, person_id, ${division} AS stratum, coalesce(${name(division)}, 'not recorded') AS level FROM ${indexed}`,
        ),
      ],
      'union',
    ),
  );
  const once = derive(
    `system_level_${suffix}`,
    { person_id: 'VARCHAR', stratum: 'VARCHAR', level: 'VARCHAR' },
    sql`SELECT DISTINCT person_id, stratum, level FROM ${held} WHERE stratum <> 'all'`,
  );
  const named = levelNamesIn(protocol, `system_level_name_${suffix}`, once);
  const shown = sql`SELECT h.metric, h.person_id, h.stratum, coalesce(n.shown, h.level) AS level
      FROM ${held} AS h LEFT JOIN ${named} AS n ON n.stratum = h.stratum AND n.level = h.level`;
  const seen = followed(indexed, suffix);
  const steps = list(
    parts.flatMap(({ metric, reached }) =>
      reached.map(
        (column, step) =>
          sql`SELECT metric, person_id, CAST(${step} AS INTEGER) AS step, needed_to, is_dated, ${name(column)} AS reached FROM ${indexed} WHERE metric = ${metric}`,
      ),
    ),
    'union',
  );
  const known = sql`s.is_dated AND f.seen_to >= s.needed_to`;
  const waits = estimate.metrics.includes('waiting-3w')
    ? derive(
        `system_wait_${suffix}`,
        waitCount,
        sql`
        SELECT l.stratum, l.level, s.wait_days AS days, CAST(count(*) AS BIGINT) AS persons
        FROM ${indexed} AS s
        JOIN (${shown}) AS l ON l.metric = s.metric AND l.person_id = s.person_id
        JOIN ${seen} AS f ON f.metric = s.metric AND f.person_id = s.person_id
        WHERE s.metric = 'waiting-3w' AND ${known} GROUP BY l.stratum, l.level, s.wait_days`,
      )
    : undefined;
  return {
    steps: derive(
      `system_step_${suffix}`,
      stepCount,
      sql`
      SELECT l.stratum, l.level, s.metric, s.step, CAST(count(*) AS BIGINT) AS indexed,
        CAST(count(CASE WHEN ${known} THEN 1 END) AS BIGINT) AS known,
        CAST(count(CASE WHEN ${known} AND s.reached THEN 1 END) AS BIGINT) AS reached
      FROM (${steps}) AS s
      JOIN (${shown}) AS l ON l.metric = s.metric AND l.person_id = s.person_id
      LEFT JOIN ${seen} AS f ON f.metric = s.metric AND f.person_id = s.person_id
      GROUP BY l.stratum, l.level, s.metric, s.step`,
    ),
    waits,
  };
}

export function textOf(metric: SystemMetric): string {
  const { name: id, version, standing } = SYSTEM_METRIC_PRESETS[metric];
  return `${id} v${version}${standing === 'provisional' ? ' (provisional)' : ''}`;
}
