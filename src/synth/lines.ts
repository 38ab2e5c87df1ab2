/** What all five files share: fields, dates and mistakes of a line, and how an agency writes files. */
import { type ColumnType, derive, list, type Piece, type Sql, sql, type Table } from '../engine/index.ts';

export const LINE = { sort_key: 'VARCHAR', line: 'VARCHAR' } as const satisfies Record<string, ColumnType>;

/** A file of a register: its lines, and how its agency writes files. */
export interface RegisterFile {
  readonly register: string;
  readonly file: string;
  readonly header: readonly string[];
  readonly delimiter: ',' | ';';
  readonly encoding: 'utf-8' | 'utf-8-bom' | 'windows-1252';
  readonly line_end: '\n' | '\r\n';
  readonly lines: Table<typeof LINE>;
}

export function blank(value: Piece): Sql {
  return sql`coalesce(${value}, '')`;
}

/** dd/mm/yyyy */
export function dayMonthYear(date: Sql): Sql {
  const iso = sql`CAST(${date} AS VARCHAR)`;
  return sql`substr(${iso}, 9, 2) || '/' || substr(${iso}, 6, 2) || '/' || substr(${iso}, 1, 4)`;
}

export function compact(date: Sql): Sql {
  return sql`replace(CAST(${date} AS VARCHAR), '-', '')`;
}

/** Day and month in each other's place where that gives a date, else the next year. Text yyyy-mm-dd. */
export function mistyped(iso: Sql): Sql {
  const day = sql`substr(${iso}, 9, 2)`;
  const month = sql`substr(${iso}, 6, 2)`;
  return sql`CASE WHEN ${day} <= '12' AND ${day} <> ${month} THEN substr(${iso}, 1, 5) || ${day} || '-' || ${month}
    ELSE CAST(CAST(substr(${iso}, 1, 4) AS INTEGER) + 1 AS VARCHAR) || '-' || ${month} || '-' || CASE WHEN ${day} = '29' THEN '28' ELSE ${day} END END`;
}

/** The fields of a line; when `dirt` says so the last two are left out, or one more stands at the end. */
export function lineOf(fields: readonly Sql[], delimiter: string, dirt: Sql): Sql {
  const all = fields.map((field, i) => (i === 0 ? field : sql`${delimiter} || ${field}`));
  const joined = (some: readonly Sql[]): Sql => some.reduce((left, right) => sql`${left} || ${right}`);
  return sql`${joined(all.slice(0, -2))} || CASE WHEN ${dirt} = 'ragged_short' THEN '' ELSE ${joined(all.slice(-2))} END
    || CASE WHEN ${dirt} = 'ragged_long' THEN ${`${delimiter}0`} ELSE '' END`;
}

/** A file whose rows with the dirt `duplicate_row` stand in it twice. */
export function linesOf(tableName: string, rows: Table, sortKey: Sql, line: Sql): Table<typeof LINE> {
  const once = derive(
    `${tableName}_row`,
    { sort_key: 'VARCHAR', line: 'VARCHAR', dirt: 'VARCHAR' },
    sql`SELECT ${sortKey} AS sort_key, ${line} AS line, dirt FROM ${rows}`,
  );
  return derive(
    `${tableName}_line`,
    LINE,
    list(
      [
        sql`SELECT sort_key, line FROM ${once}`,
        sql`SELECT sort_key, line FROM ${once} WHERE dirt = 'duplicate_row'`,
      ],
      'union',
    ),
  );
}
