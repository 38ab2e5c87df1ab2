import {
  addDays,
  list,
  matches,
  name,
  parseDate,
  parseInteger,
  parseNumber,
  type Scalar,
  type Sql,
  sql,
} from '../engine/index.ts';
import { StudyError } from '../errors.ts';
import type { DictionaryColumn } from '../protocol/tables.ts';

/**
 * From text as written in an extract to a typed value or a fault. Types come from the dictionary; nothing is guessed,
 * and a text that does not fit is a fault of its record, never a silent NULL.
 */

export type SqlType = 'VARCHAR' | 'INTEGER' | 'DOUBLE' | 'DATE' | 'BOOLEAN';

export interface TypedColumn {
  readonly type: SqlType;
  /** The value; NULL when missing, open-ended or faulty. */
  readonly value: Sql;
  /** TRUE when the text says that something has not ended. */
  readonly open: Sql;
  /** The code of the fault, NULL when there is none. */
  readonly fault: Sql;
}

/** Date formats a dictionary may name: the strptime pattern, and the shape that keeps it strict. */
const DATE_FORMATS: Readonly<Record<string, { pattern: string; shape: string }>> = {
  'YYYY-MM-DD': { pattern: '%Y-%m-%d', shape: '[0-9]{4}-[0-9]{2}-[0-9]{2}' },
  'DD.MM.YYYY': { pattern: '%d.%m.%Y', shape: '[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}' },
  'DD/MM/YYYY': { pattern: '%d/%m/%Y', shape: '[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}' },
  'DD-MM-YYYY': { pattern: '%d-%m-%Y', shape: '[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}' },
  'MM/DD/YYYY': { pattern: '%m/%d/%Y', shape: '[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}' },
  YYYYMMDD: { pattern: '%Y%m%d', shape: '[0-9]{8}' },
  DDMMYYYY: { pattern: '%d%m%Y', shape: '[0-9]{8}' },
  'DD-Mon-YYYY': { pattern: '%d-%b-%Y', shape: '[0-9]{1,2}-[A-Za-z]{3}-[0-9]{4}' },
};

const WHOLE_NUMBER = '[+-]?[0-9]{1,9}';
const NUMBER = '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?';

const NULL_TEXT = sql`CAST(NULL AS VARCHAR)`;

function oneOf(text: Sql, values: readonly Scalar[]): Sql {
  return values.length === 0 ? sql`FALSE` : sql`${text} IN (${list(values)})`;
}

/** `null` where no branch applies. */
function firstOf(branches: readonly (readonly [when: Sql, then: Sql])[], otherwise: Sql): Sql {
  if (branches.length === 0) return otherwise;
  let text = sql`CASE`;
  for (const [when, then] of branches) text = sql`${text} WHEN ${when} THEN ${then}`;
  return sql`${text} ELSE ${otherwise} END`;
}

/** The text of a column as conditions and value maps see it: trimmed unless the dictionary says otherwise. */
export function writtenText(column: string, entry: DictionaryColumn | undefined): Sql {
  return entry?.trim === false ? sql`${name(column)}` : sql`trim(${name(column)})`;
}

function parsed(
  entry: DictionaryColumn,
  text: Sql,
  dictionary: Readonly<Record<string, DictionaryColumn>>,
): { type: SqlType; value: Sql } {
  switch (entry.type) {
    case 'text':
      return { type: 'VARCHAR', value: text };
    case 'integer':
      return {
        type: 'INTEGER',
        value: sql`CASE WHEN ${matches(text, WHOLE_NUMBER)} THEN ${parseInteger(text)} END`,
      };
    case 'number': {
      // A point is a thousands mark where the comma is the decimal mark; elsewhere a comma is a fault.
      const plain = entry.decimal === ',' ? sql`replace(replace(${text}, '.', ''), ',', '.')` : text;
      return {
        type: 'DOUBLE',
        value: sql`CASE WHEN ${matches(plain, NUMBER)} THEN ${parseNumber(plain)} END`,
      };
    }
    case 'date': {
      const formats = entry.format === undefined ? ['YYYY-MM-DD'] : [entry.format].flat();
      const branches = formats.map((format) => {
        const known = DATE_FORMATS[format];
        if (known === undefined) {
          throw new StudyError('E-PROTOCOL-VALUE', `the date format ${format} is not known`, {
            fix: `Use one of ${Object.keys(DATE_FORMATS).join(', ')}.`,
          });
        }
        return sql`CASE WHEN ${matches(text, known.shape)} THEN ${parseDate(text, known.pattern)} END`;
      });
      return { type: 'DATE', value: sql`coalesce(${list([...branches, sql`CAST(NULL AS DATE)`])})` };
    }
    case 'boolean': {
      const low = sql`lower(${text})`;
      const isTrue = (entry.true_values ?? ['true', '1', 'yes', 'y']).map((value) => value.toLowerCase());
      const isFalse = (entry.false_values ?? ['false', '0', 'no', 'n']).map((value) => value.toLowerCase());
      return {
        type: 'BOOLEAN',
        value: sql`CASE WHEN ${oneOf(low, isTrue)} THEN TRUE WHEN ${oneOf(low, isFalse)} THEN FALSE END`,
      };
    }
    case 'study-day': {
      const days = sql`CASE WHEN ${matches(text, WHOLE_NUMBER)} THEN ${parseInteger(text)} END`;
      if (entry.origin_column !== undefined) {
        const column = dictionary[entry.origin_column] ?? { type: 'date' as const };
        const { value } = parsed(column, writtenText(entry.origin_column, column), dictionary);
        return { type: 'DATE', value: sql`${addDays(value, days)}` };
      }
      return {
        type: 'DATE',
        value: sql`${addDays(sql`CAST(${entry.origin ?? '2000-01-01'} AS DATE)`, days)}`,
      };
    }
  }
}

/** The typed value of a column and everything that can be wrong with it. */
export function typeColumn(
  column: string,
  entry: DictionaryColumn,
  dictionary: Readonly<Record<string, DictionaryColumn>>,
): TypedColumn {
  const written = writtenText(column, entry);
  const isMissing = sql`(${name(column)} IS NULL OR ${oneOf(written, ['', ...(entry.missing ?? [])])})`;
  const isOpen = oneOf(written, entry.open_end ?? []);
  const map = Object.entries(entry.values ?? {});
  const unmapped = entry.unmapped ?? 'keep';
  const mapped =
    map.length === 0
      ? written
      : firstOf(
          map.map(([from, to]) => [sql`${written} = ${from}`, sql`${to}`] as const),
          unmapped === 'missing' ? NULL_TEXT : written,
        );
  const { type, value } = parsed(entry, mapped, dictionary);
  const isAbsent = sql`(${isMissing} OR ${isOpen})`;
  const safe = sql`CASE WHEN ${isAbsent} THEN NULL ELSE ${value} END`;
  const limit = (bound: string | number): Sql =>
    typeof bound === 'string' ? sql`CAST(${bound} AS DATE)` : sql`${bound}`;
  const faults: (readonly [Sql, Sql])[] = [];
  if (entry.required === true) faults.push([isMissing, sql`'required'`]);
  if (map.length > 0 && unmapped === 'quarantine') {
    faults.push([
      sql`NOT ${isAbsent} AND NOT ${oneOf(
        written,
        map.map(([from]) => from),
      )}`,
      sql`'not-in-value-map'`,
    ]);
  }
  const given = unmapped === 'missing' && map.length > 0 ? sql`${mapped} IS NOT NULL` : sql`TRUE`;
  if (type !== 'VARCHAR')
    faults.push([sql`NOT ${isAbsent} AND ${given} AND ${value} IS NULL`, sql`${`not-a-${entry.type}`}`]);
  if (entry.minimum !== undefined)
    faults.push([sql`NOT ${isAbsent} AND ${value} < ${limit(entry.minimum)}`, sql`'below-minimum'`]);
  if (entry.maximum !== undefined)
    faults.push([sql`NOT ${isAbsent} AND ${value} > ${limit(entry.maximum)}`, sql`'above-maximum'`]);
  return { type, value: safe, open: isOpen, fault: firstOf(faults, NULL_TEXT) };
}
