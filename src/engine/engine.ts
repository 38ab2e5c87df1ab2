import { invariant } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import { render } from './dialect.ts';
import { type Columns, type Row, type Sql, type Table, tablesOf } from './sql.ts';

/** A result in columns: numbers as Float64Array (NULL is NaN), everything else as an array with null. */
export type ColumnData<C extends Columns> = {
  readonly [K in keyof C]: C[K] extends 'INTEGER' | 'BIGINT' | 'DOUBLE'
    ? Float64Array
    : C[K] extends 'BOOLEAN'
      ? readonly (boolean | null)[]
      : readonly (string | null)[];
};

/** Where rows live and are worked on. One implementation a folder; nothing outside `engine/` asks which one it is. */
export interface Engine {
  readonly name: string;
  readonly version: string;
  readonly dialect: Dialect;
  /** Makes a given table readable from the Parquet files of earlier stages. */
  bind(table: Table, files: readonly string[]): Promise<void>;
  /** Makes a given table from a normalised CSV file without a header: every column as text, nothing guessed. */
  bindText(
    table: Table,
    files: readonly string[],
    shape: { readonly longest_row_bytes: number; readonly is_multiline: boolean },
  ): Promise<void>;
  /** The column names of a Parquet file that is not ours. */
  parquetColumns(file: string): Promise<readonly string[]>;
  /** Makes a given table from such a file, each column as text; `numbered` columns hold the row's number, from 1. */
  bindForeignParquet(table: Table, file: string, numbered: readonly string[]): Promise<void>;
  /** Makes a given table from rows of this process: code lists, results; never registers. */
  load<C extends Columns>(table: Table<C>, rows: readonly Row<C>[]): Promise<void>;
  /** Makes the derived tables and all they stand on; checks every declared schema. */
  materialise(tables: readonly Table[]): Promise<void>;
  /** Writes a table, totally ordered, as Parquet. Same rows, same bytes. Returns the number of rows. */
  writeParquet(table: Table, order: readonly string[], file: string): Promise<number>;
  writeCsv(table: Table, order: readonly string[], file: string): Promise<number>;
  columns<C extends Columns>(columns: C, query: Sql): Promise<ColumnData<C>>;
  rows<C extends Columns>(columns: C, query: Sql): Promise<Row<C>[]>;
  /** Forgets every table but those given, and frees their memory. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Derived tables in the order they must be made, what each stands on before it. Names must be unique in a plan. */
export function planOf(targets: readonly Table[]): { given: Table[]; derived: Table[] } {
  const given = new Map<string, Table>();
  const derived = new Map<string, Table>();
  const visiting = new Set<Table>();
  const visit = (table: Table): void => {
    const known = table.query === undefined ? given.get(table.name) : derived.get(table.name);
    if (known !== undefined) {
      invariant(
        known === table || table.query === undefined,
        `two different tables are called ${table.name}`,
      );
      return;
    }
    invariant(!visiting.has(table), `table ${table.name} stands on itself`);
    visiting.add(table);
    if (table.query === undefined) {
      given.set(table.name, table);
    } else {
      for (const below of tablesOf(table.query)) visit(below);
      invariant(!given.has(table.name), `a given and a derived table are both called ${table.name}`);
      derived.set(table.name, table);
    }
    visiting.delete(table);
  };
  for (const target of targets) visit(target);
  return { given: [...given.values()], derived: [...derived.values()] };
}

/** The SQL of everything a set of tables stands on, in order: part of a stage's key, and what the auditor reads. */
export function printPlan(targets: readonly Table[], dialect: Dialect): string {
  return planOf(targets)
    .derived.map(
      (table) => `-- ${table.name}\n${table.query === undefined ? '' : render(table.query, dialect).trim()};`,
    )
    .join('\n\n');
}
