import { type Columns, derive, list, type Sql, sql, type Table } from '../engine/index.ts';
import { registerCoverage } from '../ingest/tables.ts';
import { person } from '../link/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import type { Windows } from './windows.ts';

/**
 * Time that every register a study needs has seen: unobserved time is never crime-free time.
 *
 * Needed throughout: the treatment register, every register that gives offences, and those that give custody when
 * custody is removed. Needed up to their end only: registers of departures, when time ends at death or emigration;
 * whoever enters treatment was alive until then. A register has seen a day if it lies before `complete_to`, from which
 * late entries are missing. Rows that name a person's area stand for it; rows for everywhere where none does.
 */
const observedColumns = {
  area: 'VARCHAR',
  observed_from: 'DATE',
  observed_to: 'DATE',
} as const satisfies Columns;

function registersOf(protocol: Protocol, tables: readonly string[]): readonly string[] {
  return protocol.sources
    .filter((source) => source.tables.some((mapping) => tables.includes(mapping.table)))
    .map((source) => source.register);
}

export function neededRegisters(protocol: Protocol, windows: Windows): { whole: string[]; to_end: string[] } {
  const whole = new Set([
    protocol.study.linkage.spine,
    ...registersOf(protocol, ['offence']),
    ...(windows.removes_custody ? registersOf(protocol, ['custody']) : []),
  ]);
  const departures =
    windows.ends_at_death || windows.ends_at_emigration ? registersOf(protocol, ['departure']) : [];
  return {
    whole: [...whole].sort(),
    to_end: [...new Set(departures)].filter((register) => !whole.has(register)).sort(),
  };
}

/** Coverage of some registers, one row for each area that persons live in; area NULL is an area of its own. */
function coverageByArea(registers: readonly string[], prefix: string): Table {
  const usable = sql`
        SELECT register, area, from_date, least(to_date, coalesce(complete_to, to_date)) AS to_date
        FROM ${registerCoverage} WHERE register IN (${list(registers)})`;
  const areas = sql`SELECT DISTINCT area FROM ${person}`;
  return derive(
    `${prefix}_register_area`,
    { area: 'VARCHAR', register: 'VARCHAR', from_date: 'DATE', to_date: 'DATE' },
    sql`
    SELECT a.area, c.register, c.from_date, c.to_date
    FROM (${areas}) AS a
    JOIN (${usable}) AS c ON c.area = a.area
    WHERE c.from_date < c.to_date
    UNION ALL
    SELECT a.area, c.register, c.from_date, c.to_date
    FROM (${areas}) AS a
    CROSS JOIN (${usable}) AS c
    LEFT JOIN (SELECT DISTINCT register, area FROM ${registerCoverage} WHERE area IS NOT NULL) AS named
      ON named.register = c.register AND named.area = a.area
    WHERE c.area IS NULL AND named.register IS NULL AND c.from_date < c.to_date`,
  );
}

/** Stretches that all `registers` have seen together: each register's union, then a running count of open ones. */
export function observedBy(
  registers: readonly string[],
  toEnd: readonly string[],
  prefix: string,
): Table<typeof observedColumns> {
  const byArea = coverageByArea([...registers, ...toEnd], prefix);
  const from: Sql =
    toEnd.length === 0
      ? sql`from_date`
      : sql`CASE WHEN register IN (${list(toEnd)}) THEN DATE '0001-01-01' ELSE from_date END`;
  const stretch = derive(
    `${prefix}_register_stretch`,
    { area: 'VARCHAR', register: 'VARCHAR', from_date: 'DATE', to_date: 'DATE' },
    sql`
    SELECT area, register, min(from_date) AS from_date, max(to_date) AS to_date
    FROM (
      SELECT area, register, from_date, to_date,
        sum(CASE WHEN reached >= from_date THEN 0 ELSE 1 END) OVER (PARTITION BY area, register
          ORDER BY from_date, to_date ROWS UNBOUNDED PRECEDING) AS run
      FROM (
        SELECT area, register, from_date, to_date,
          max(to_date) OVER (PARTITION BY area, register ORDER BY from_date, to_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
        FROM (SELECT area, register, ${from} AS from_date, to_date FROM ${byArea}) AS started
      ) AS reaching
    ) AS numbered
    GROUP BY area, register, run`,
  );
  return derive(
    `${prefix}_time`,
    observedColumns,
    sql`
    SELECT area, day AS observed_from, next_day AS observed_to
    FROM (
      SELECT area, day,
        sum(change) OVER (PARTITION BY area ORDER BY day ROWS UNBOUNDED PRECEDING) AS registers,
        lead(day) OVER (PARTITION BY area ORDER BY day) AS next_day
      FROM (
        SELECT area, day, sum(change) AS change
        FROM (
          SELECT area, from_date AS day, 1 AS change FROM ${stretch}
          UNION ALL
          SELECT area, to_date AS day, -1 AS change FROM ${stretch}
        ) AS boundary
        GROUP BY area, day
      ) AS step
    ) AS counted
    WHERE registers = ${registers.length + toEnd.length} AND next_day IS NOT NULL`,
  );
}
