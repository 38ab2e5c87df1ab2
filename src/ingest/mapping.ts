import {
  addDays,
  type ColumnType,
  derive,
  list,
  name,
  type Scalar,
  type Sql,
  sql,
  type Table,
} from '../engine/index.ts';
import { invariant, StudyError } from '../errors.ts';
import type { DictionaryColumn, ResolvedSource, TableMapping } from '../protocol/tables.ts';
import { CANONICAL } from './tables.ts';
import { type TypedColumn, typeColumn, writtenText } from './typing.ts';

/** From the columns of one register's extracts to rows of the canonical tables. */

/** A file of a register as text: what the reader accepted, every column as written. */
export interface RawFile {
  readonly file: string;
  readonly table: Table;
  readonly header: readonly string[];
}

/** A mapping's columns with unpivoted ones spelled out for this header. */
interface Branch {
  readonly mapping: TableMapping;
  readonly index: number;
  /** Canonical column -> typed column of the extract, or a constant. */
  readonly columns: Readonly<Record<string, Sql>>;
}

/** The reader's own two columns, under names no register has. */
export const RECORD_NUMBER = '#record';
export const LINE = '#line';

const SELECTED = 'selected_by_';
const TYPED = 'typed_';
const OPEN = 'open_';

function patternOf(columns: string): RegExp {
  const [head, tail] = columns.split('{period}');
  const literally = (text: string | undefined): string => (text ?? '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literally(head)}([0-9]+)${literally(tail)}$`);
}

/** The columns that an unpivot pattern names in a header, with their period. */
export function unpivoted(
  pattern: string,
  header: readonly string[],
): readonly { column: string; period: number }[] {
  const shape = patternOf(pattern);
  return header.flatMap((column) => {
    const match = shape.exec(column);
    return match === null ? [] : [{ column, period: Number(match[1]) }];
  });
}

/** Every column of the extract that a source uses, as the dictionary or an unpivot pattern names it. */
export function usedColumns(
  source: ResolvedSource,
  header: readonly string[],
): ReadonlyMap<string, DictionaryColumn> {
  const used = new Map<string, DictionaryColumn>();
  const use = (column: string, entry = source.dictionary_columns[column]): void => {
    if (entry === undefined) {
      throw new StudyError(
        'E-PROTOCOL-REFERENCE',
        `the dictionary of ${source.register} does not describe the column ${column}`,
        {
          place: { file: source.path },
        },
      );
    }
    used.set(column, entry);
    if (entry.origin_column !== undefined && !used.has(entry.origin_column)) use(entry.origin_column);
  };
  for (const mapping of source.tables) {
    for (const from of Object.values(mapping.columns)) {
      if (typeof from === 'string') use(from);
      else if ('column' in from) use(from.column);
      else if ('join' in from) for (const column of from.join) use(column);
    }
    for (const column of Object.values(mapping.covariates ?? {})) use(column);
    for (const condition of mapping.where ?? [])
      use(condition.column, source.dictionary_columns[condition.column] ?? { type: 'text' });
    if (mapping.unpivot !== undefined) {
      const found = unpivoted(mapping.unpivot.columns, header);
      for (const { column } of found) {
        use(column, source.dictionary_columns[column] ?? source.dictionary_columns[mapping.unpivot.columns]);
      }
    }
  }
  return used;
}

function conditionOf(source: ResolvedSource, mapping: TableMapping): Sql {
  const parts = (mapping.where ?? []).map((condition) => {
    const entry = source.dictionary_columns[condition.column];
    const text = writtenText(condition.column, entry);
    const isMissing = sql`(${name(condition.column)} IS NULL OR ${text} IN (${list(['', ...(entry?.missing ?? [])])}))`;
    const values = (given: string | string[]): Sql => list([given].flat());
    if (condition.is !== undefined) return sql`(NOT ${isMissing} AND ${text} IN (${values(condition.is)}))`;
    if (condition.is_not !== undefined)
      return sql`(${isMissing} OR ${text} NOT IN (${values(condition.is_not)}))`;
    return condition.missing === false ? sql`NOT ${isMissing}` : isMissing;
  });
  return parts.length === 0 ? sql`TRUE` : sql`(${list(parts, 'and')})`;
}

/**
 * The typed records of one file: record number, line, the first fault and its column, one typed column for each that
 * is used, and for each mapping whether it takes the record.
 */
export function typedRecords(source: ResolvedSource, raw: RawFile, index: number): Table {
  const used = [...usedColumns(source, raw.header)];
  const typed = used.map(
    ([column, entry]) => [column, typeColumn(column, entry, source.dictionary_columns)] as const,
  );
  const firstFault = (pick: (column: string, one: TypedColumn) => Sql): Sql =>
    typed.length === 0
      ? sql`CAST(NULL AS VARCHAR)`
      : sql`coalesce(${list(typed.map(([column, one]) => pick(column, one)))}, CAST(NULL AS VARCHAR))`;
  const columns: Record<string, ColumnType> = {
    file: 'VARCHAR',
    record_number: 'BIGINT',
    line: 'BIGINT',
    fault: 'VARCHAR',
    fault_column: 'VARCHAR',
  };
  const select: Sql[] = [
    sql`${raw.file} AS file`,
    sql`CAST(${name(RECORD_NUMBER)} AS BIGINT) AS record_number`,
    sql`CAST(${name(LINE)} AS BIGINT) AS line`,
    sql`${firstFault((_, one) => one.fault)} AS fault`,
    sql`${firstFault((column, one) => sql`CASE WHEN ${one.fault} IS NOT NULL THEN ${column} END`)} AS fault_column`,
  ];
  source.tables.forEach((mapping, i) => {
    columns[`${SELECTED}${i}`] = 'BOOLEAN';
    select.push(sql`${conditionOf(source, mapping)} AS ${name(`${SELECTED}${i}`)}`);
  });
  for (const [column, one] of typed) {
    columns[`${TYPED}${column}`] = one.type;
    columns[`${OPEN}${column}`] = 'BOOLEAN';
    select.push(
      sql`${one.value} AS ${name(`${TYPED}${column}`)}`,
      sql`${one.open} AS ${name(`${OPEN}${column}`)}`,
    );
  }
  return derive(
    `records_${source.register}_${index}`,
    columns,
    sql`SELECT ${list(select)} FROM ${raw.table}`,
  );
}

/** A record that no mapping takes, though it has no fault. */
export function isSelected(source: ResolvedSource): Sql {
  return sql`(${list(
    source.tables.map((_, i) => name(`${SELECTED}${i}`)),
    'or',
  )})`;
}

function cast(value: Sql, from: ColumnType | undefined, to: ColumnType, where: string): Sql {
  const isNumber = (type: ColumnType | undefined): boolean =>
    type === 'INTEGER' || type === 'DOUBLE' || type === 'BIGINT';
  if (from === undefined || from === to) return value;
  if (to === 'VARCHAR') return sql`CAST(${value} AS VARCHAR)`;
  if (to === 'DOUBLE' && isNumber(from)) return sql`CAST(${value} AS DOUBLE)`;
  throw new StudyError('E-PROTOCOL-VALUE', `${where} takes ${to} and the dictionary says ${from}`, {
    fix: 'Change the type of the column in the dictionary, or map another column.',
  });
}

function constant(value: Scalar, type: ColumnType): Sql {
  return type === 'DATE' ? sql`CAST(${value} AS DATE)` : sql`${value}`;
}

function branchesOf(
  source: ResolvedSource,
  header: readonly string[],
  types: Table['columns'],
): readonly Branch[] {
  return source.tables.flatMap((mapping, index) => {
    const shape = CANONICAL[mapping.table].columns as Readonly<Record<string, ColumnType>>;
    const typeOf = (column: string): ColumnType | undefined => types[`${TYPED}${column}`];
    const columns: Record<string, Sql> = {};
    for (const [target, from] of Object.entries(mapping.columns)) {
      const type = shape[target];
      if (type === undefined) {
        throw new StudyError('E-PROTOCOL-KEY', `the table ${mapping.table} has no column ${target}`, {
          place: { file: source.path },
        });
      }
      const where = `${source.register}: ${mapping.table}.${target}`;
      const take = (column: string): Sql =>
        cast(sql`${name(`${TYPED}${column}`)}`, typeOf(column), type, where);
      if (typeof from === 'string') columns[target] = take(from);
      else if ('column' in from) {
        columns[target] =
          from.add_days === undefined ? take(from.column) : sql`${addDays(take(from.column), from.add_days)}`;
      } else if ('join' in from) {
        const texts = from.join.map(
          (column) => sql`coalesce(CAST(${name(`${TYPED}${column}`)} AS VARCHAR), '')`,
        );
        columns[target] = texts.reduce((left, right) => sql`${left} || ${from.separator ?? ''} || ${right}`);
      } else if ('record_number' in from) {
        columns[target] = sql`CAST(record_number AS VARCHAR)`;
      } else columns[target] = constant(from.value, type);
    }
    if (mapping.unpivot !== undefined) {
      const { value } = mapping.unpivot;
      return unpivoted(mapping.unpivot.columns, header).map(({ column, period }) => ({
        mapping,
        index,
        columns: {
          ...columns,
          period: sql`${period}`,
          [value]: cast(
            sql`${name(`${TYPED}${column}`)}`,
            typeOf(column),
            shape[value] ?? 'VARCHAR',
            `${source.register}: ${column}`,
          ),
        },
      }));
    }
    if (mapping.table === 'covariate' && mapping.covariates !== undefined) {
      return Object.entries(mapping.covariates).map(([covariate, column]) => ({
        mapping,
        index,
        columns: {
          ...columns,
          name: sql`${covariate}`,
          value: cast(sql`${name(`${TYPED}${column}`)}`, typeOf(column), 'VARCHAR', covariate),
        },
      }));
    }
    return [{ mapping, index, columns }];
  });
}

const NULL_OF: Readonly<Record<ColumnType, Sql>> = {
  VARCHAR: sql`CAST(NULL AS VARCHAR)`,
  INTEGER: sql`CAST(NULL AS INTEGER)`,
  BIGINT: sql`CAST(NULL AS BIGINT)`,
  DOUBLE: sql`CAST(NULL AS DOUBLE)`,
  DATE: sql`CAST(NULL AS DATE)`,
  BOOLEAN: sql`CAST(NULL AS BOOLEAN)`,
};

/** The rows that one file gives to each canonical table. */
export function canonicalRows(
  source: ResolvedSource,
  raw: RawFile,
  records: Table,
): readonly { readonly table: TableMapping['table']; readonly rows: Sql }[] {
  return branchesOf(source, raw.header, records.columns).map(({ mapping, index, columns }) => {
    const shape = CANONICAL[mapping.table].columns as Readonly<Record<string, ColumnType>>;
    const select = Object.entries(shape).map(([column, type]) =>
      column === 'register'
        ? sql`${source.register} AS register`
        : sql`${columns[column] ?? NULL_OF[type]} AS ${name(column)}`,
    );
    invariant(select.length > 0, 'a canonical table without columns');
    // An unpivoted or covariate cell that is blank is no row: nothing was recorded.
    const value = mapping.unpivot?.value ?? (mapping.covariates === undefined ? undefined : 'value');
    const kept = value === undefined ? sql`TRUE` : sql`${columns[value] ?? sql`NULL`} IS NOT NULL`;
    return {
      table: mapping.table,
      rows: sql`SELECT ${list(select)} FROM ${records} WHERE fault IS NULL AND ${name(`${SELECTED}${index}`)} AND ${kept}`,
    };
  });
}

export function openColumn(column: string): string {
  return `${OPEN}${column}`;
}

export function typedColumn(column: string): string {
  return `${TYPED}${column}`;
}
