import { derive, list, name, type Sql, sql, type Table } from '../engine/index.ts';
import type { ResolvedSource } from '../protocol/tables.ts';
import { openColumn, typedColumn } from './mapping.ts';
import { ingestIssue, registerProfile } from './tables.ts';

/** What the rows of one register say about its quality, n of N; and a profile of each column. Counts only. */

/** An issue as a query: `count` of the rows of `from` for which `when` holds. */
function issue(
  code: string,
  register: string,
  column: string | null,
  severity: 'error' | 'warning' | 'note',
  unit: string,
  message: string,
  from: Table,
  when: Sql,
): Sql {
  return sql`SELECT ${code} AS code, ${register} AS register, CAST(${column} AS VARCHAR) AS column_name, ${severity} AS severity,
    CAST(count(CASE WHEN ${when} THEN 1 END) AS BIGINT) AS "count", CAST(count(*) AS BIGINT) AS "of",
    ${unit} AS unit, ${message} AS message FROM ${from}`;
}

/** Rows that are the same in every mapped column, beyond the first of each. */
function duplicates(register: string, table: Table): Sql {
  const columns = Object.keys(table.columns).map(name);
  return sql`SELECT 'duplicate-rows' AS code, ${register} AS register, CAST(NULL AS VARCHAR) AS column_name, 'warning' AS severity,
    CAST(coalesce(sum(copies - 1), 0) AS BIGINT) AS "count", CAST(coalesce(sum(copies), 0) AS BIGINT) AS "of", 'records' AS unit,
    ${`rows of ${table.name} that repeat another row in every mapped column`} AS message
    FROM (SELECT count(*) AS copies FROM ${table} GROUP BY ${list(columns)}) AS groups`;
}

const DATE_PAIRS: Readonly<
  Record<string, readonly (readonly [from: string, to: string, code: string, message: string])[]>
> = {
  episode: [
    ['start_date', 'end_date', 'reversed-spell', 'episodes that end before they start'],
    ['referral_date', 'start_date', 'start-before-referral', 'episodes that start before their referral'],
  ],
  intervention: [['start_date', 'end_date', 'reversed-spell', 'interventions that end before they start']],
  custody: [['start_date', 'end_date', 'reversed-spell', 'custody that ends before it starts']],
  offence: [
    [
      'offence_date',
      'disposal_date',
      'disposal-before-offence',
      'offences disposed of before they were committed',
    ],
    ['offence_date', 'offence_date_to', 'reversed-range', 'offence ranges that end before they start'],
  ],
};

export function issuesOfTable(register: string, canonical: string, table: Table): readonly Sql[] {
  return [
    duplicates(register, table),
    ...(DATE_PAIRS[canonical] ?? []).map(([from, to, code, message]) =>
      issue(code, register, to, 'warning', 'records', message, table, sql`${name(to)} < ${name(from)}`),
    ),
  ];
}

/** Sentinels for "not ended", and default dates: days that far too many records share. */
export function issuesOfRecords(
  source: ResolvedSource,
  records: Table,
  columns: readonly string[],
): readonly Sql[] {
  return columns.flatMap((column) => {
    const entry = source.dictionary_columns[column];
    const found: Sql[] = [];
    if ((entry?.open_end ?? []).length > 0) {
      found.push(
        issue(
          'open-ended',
          source.register,
          column,
          'note',
          'records',
          'values that mean "not ended"',
          records,
          sql`${name(openColumn(column))}`,
        ),
      );
    }
    if (records.columns[typedColumn(column)] === 'DATE') {
      const value = name(typedColumn(column));
      found.push(
        issue(
          'default-date',
          source.register,
          column,
          'warning',
          'records',
          'dates of 1 January 1900 or 1901, or after 2100: sentinels that the dictionary does not declare',
          records,
          sql`(${value} >= DATE '2100-01-01' OR (${value} < DATE '1902-01-01' AND ${value} IS NOT NULL))`,
        ),
      );
    }
    return found;
  });
}

export function issueTable(parts: readonly Sql[]): Table {
  const wanted = Object.keys(ingestIssue.columns).map(name);
  return derive(
    'ingest_issue_counted',
    ingestIssue.columns,
    sql`SELECT ${list(wanted)} FROM (${list(parts, 'union')}) AS issues WHERE "count" > 0`,
  );
}

export function profileOf(
  source: ResolvedSource,
  records: Table,
  columns: readonly string[],
): readonly Sql[] {
  return columns.map((column) => {
    const type = source.dictionary_columns[column]?.type ?? 'text';
    return sql`SELECT ${source.register} AS register, ${column} AS column_name, ${type} AS type, CAST(count(*) AS BIGINT) AS records,
      CAST(count(*) - count(${name(typedColumn(column))}) - count(CASE WHEN ${name(openColumn(column))} THEN 1 END) AS BIGINT) AS missing,
      CAST(count(CASE WHEN ${name(openColumn(column))} THEN 1 END) AS BIGINT) AS open_ended,
      CAST(count(DISTINCT ${name(typedColumn(column))}) AS BIGINT) AS distinct_values
      FROM ${records} WHERE fault IS NULL`;
  });
}

export function profileTable(parts: readonly Sql[]): Table {
  return derive('register_profile_counted', registerProfile.columns, list(parts, 'union'));
}
