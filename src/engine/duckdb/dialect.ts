import type { Dialect } from '../dialect.ts';
import type { ColumnType, Scalar } from '../sql.ts';

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export const duckdbDialect: Dialect = {
  name: 'duckdb',
  identifier: (name) => `"${name.replaceAll('"', '""')}"`,
  literal: (value: Scalar) => {
    if (value === null) return 'NULL';
    if (typeof value === 'string') return quote(value);
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) return `'${value}'::DOUBLE`;
      return Number.isInteger(value) ? String(value) : `${value}::DOUBLE`;
    }
    return String(value);
  },
  columnType: (type: ColumnType) => type,
  daysBetween: (from, to) => `date_diff('day', ${from}, ${to})`,
  addDays: (date, days) => `(${date} + CAST(${days} AS INTEGER))`,
  addMonths: (date, months) => `CAST(${date} + to_months(CAST(${months} AS INTEGER)) AS DATE)`,
  ageInYears: (birth, date) =>
    `(year(${date}) - year(${birth}) - CASE WHEN month(${date}) * 100 + day(${date}) < month(${birth}) * 100 + day(${birth}) THEN 1 ELSE 0 END)`,
  yearOf: (date) => `CAST(year(${date}) AS INTEGER)`,
  firstOfYear: (year) => `make_date(${year}, 1, 1)`,
  // The first 15 hexadecimal digits of SHA-256 (60 bits): stable across releases, which DuckDB's own hash() is not.
  hash64: (text) => `CAST('0x' || substr(sha256(${text}), 1, 15) AS BIGINT)`,
  sha256: (text) => `sha256(${text})`,
  explodeRange: (from, to) => `unnest(range(${from}, ${to}))`,
  parseDate: (text, format) => `CAST(try_strptime(${text}, ${format}) AS DATE)`,
  parseNumber: (text) => `TRY_CAST(${text} AS DOUBLE)`,
  parseInteger: (text) => `TRY_CAST(${text} AS INTEGER)`,
  matches: (text, pattern) => `regexp_full_match(${text}, ${pattern})`,
  concatText: (left, right) => `(${left} || ${right})`,
};
