import { fill, type Sql, sql, type Table } from '../engine/index.ts';
import { custody, departure } from '../link/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import type { Stitched } from './stitch.ts';
import { journeyIssue } from './tables.ts';

interface IssueLine {
  readonly code: string;
  readonly column: string;
  readonly severity: 'warning' | 'note';
  readonly message: string;
  /** The condition, counted over the rows of the table the line belongs to. */
  readonly when: Sql;
}

function counted(register: string, unit: string, from: Sql, lines: readonly IssueLine[]): readonly Sql[] {
  return lines.map(
    (line) => sql`
    SELECT ${line.code} AS code, ${register} AS register, ${line.column} AS column_name, ${line.severity} AS severity,
      CAST(coalesce(sum(CASE WHEN ${line.when} THEN 1 ELSE 0 END), 0) AS BIGINT) AS count, count(*) AS of,
      ${unit} AS unit, ${line.message} AS message
    FROM ${from}`,
  );
}

/** What is wrong with the spells and with custody, n of N. Lines that count nothing are left out. */
export function issuesOf(
  record: Table,
  stitched: Stitched,
  coverage: Table,
  protocol: Protocol,
): typeof journeyIssue {
  const spine = protocol.study.linkage.spine;
  const custodyRegisters = protocol.sources
    .filter((source) => source.tables.some((mapping) => mapping.table === 'custody'))
    .map((source) => source.register)
    .sort()
    .join(', ');
  const dated = sql`(
      SELECT s.start_date, s.end_date, s.reach, s.reached, d.death_date, c.covered_to
      FROM ${stitched} AS s
      LEFT JOIN (SELECT person_id, min(departure_date) AS death_date FROM ${departure} WHERE kind = 'death' GROUP BY person_id)
        AS d ON d.person_id = s.person_id
      LEFT JOIN ${coverage} AS c ON c.person_id = s.person_id) AS dated`;
  // Doses and contacts only: two episodes that start on one day are overlaps, counted below.
  const repeats =
    protocol.study.definitions.spells.from === 'episodes'
      ? []
      : [
          sql`
    SELECT 'treatment-day-repeated' AS code, ${spine} AS register, 'start_date' AS column_name, 'note' AS severity,
      CAST(coalesce(sum(rows_a_day - 1), 0) AS BIGINT) AS count, CAST(coalesce(sum(rows_a_day), 0) AS BIGINT) AS of,
      'records' AS unit, 'doses or contacts on a day that has one already: the day counts once' AS message
    FROM (SELECT count(*) AS rows_a_day FROM ${record} WHERE start_date IS NOT NULL GROUP BY person_id, start_date) AS day`,
        ];
  const lines = [
    ...repeats,
    ...counted(spine, 'records', sql`${record}`, [
      {
        code: 'spell-without-start',
        column: 'start_date',
        severity: 'warning',
        message: 'treatment records without a start: they belong to no spell',
        when: sql`start_date IS NULL`,
      },
      {
        code: 'spell-reversed',
        column: 'end_date',
        severity: 'warning',
        message: 'treatment records that end before they start: they belong to no spell',
        when: sql`end_date < start_date`,
      },
      {
        code: 'spell-of-no-length',
        column: 'end_date',
        severity: 'note',
        message: 'treatment records that start and end on one day: they count as that day',
        when: sql`end_date = start_date`,
      },
    ]),
    ...counted(spine, 'records', dated, [
      {
        code: 'spell-nested',
        column: 'start_date',
        severity: 'note',
        message: 'spells that lie within the time of earlier ones (during, starts, finishes or equals)',
        when: sql`start_date < reached AND reach <= reached`,
      },
      {
        code: 'spell-overlapping',
        column: 'start_date',
        severity: 'note',
        message: 'spells that start before earlier ones have ended, and end later (overlaps)',
        when: sql`start_date < reached AND reach > reached`,
      },
      {
        code: 'spell-after-death',
        column: 'start_date',
        severity: 'warning',
        message: 'spells that start after the day of death: a fault of the data or of the link',
        when: sql`start_date > death_date`,
      },
      {
        code: 'spell-after-coverage',
        column: 'start_date',
        severity: 'warning',
        message: 'spells that start after the last day that the register covers',
        when: sql`start_date >= covered_to`,
      },
      {
        code: 'spell-not-covered',
        column: 'area',
        severity: 'warning',
        message: 'spells of people whose area the register does not cover: their time has no phases',
        when: sql`covered_to IS NULL`,
      },
    ]),
    ...counted(custodyRegisters, 'records', sql`${custody}`, [
      {
        code: 'custody-without-start',
        column: 'start_date',
        severity: 'warning',
        message: 'records of custody without a start: not counted',
        when: sql`start_date IS NULL`,
      },
      {
        code: 'custody-reversed',
        column: 'end_date',
        severity: 'warning',
        message: 'records of custody that end before they start: not counted',
        when: sql`end_date < start_date`,
      },
      {
        code: 'custody-of-no-length',
        column: 'end_date',
        severity: 'note',
        message: 'records of custody that start and end on one day: they hold no whole day',
        when: sql`end_date = start_date`,
      },
    ]),
  ];
  return fill(
    journeyIssue,
    sql`
    SELECT code, register, column_name, severity, count, of, unit, message
    FROM (${lines.reduce((above, below) => sql`${above}\n    UNION ALL${below}`)}
    ) AS line
    WHERE count > 0`,
  );
}
