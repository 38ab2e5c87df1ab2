import { DuckDBDateValue, type DuckDBVector, version } from '@duckdb/node-api';
import { invariant } from '../../errors.ts';
import { render } from '../dialect.ts';
import type { ColumnData, Engine } from '../engine.ts';
import type { Columns, Row, Sql, Table } from '../sql.ts';
import { connect, type DuckDBOptions } from './connect.ts';
import { duckdbDialect } from './dialect.ts';
import { materialise } from './materialise.ts';

const ROWS_PER_INSERT = 500;

function text(value: string): string {
  return duckdbDialect.literal(value);
}

function isoDay(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

function columnList(table: Table): string {
  return Object.entries(table.columns)
    .map(([column, type]) => `${text(column)}: ${text(type)}`)
    .join(', ');
}

export async function openDuckDB(options: DuckDBOptions): Promise<Engine> {
  const session = await connect(options);
  const names = new Set<string>();
  const view = async (table: Table, query: string): Promise<void> => {
    invariant(!names.has(table.name), `table ${table.name} is bound already`);
    await session.run(`CREATE TEMP VIEW ${duckdbDialect.identifier(table.name)} AS ${query}`);
    names.add(table.name);
  };

  async function readVectors<C extends Columns>(
    columns: C,
    query: Sql,
    visit: (vectors: readonly DuckDBVector[], rows: number) => void,
  ): Promise<void> {
    const result = await session.run(render(query, duckdbDialect));
    const actual = result.columnNames().map((column, i) => `${column} ${String(result.columnType(i))}`);
    const declared = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
    invariant(
      actual.join() === declared.join(),
      `a query gives (${actual.join(', ')}), declared (${declared.join(', ')})`,
    );
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      visit(
        actual.map((_, i) => chunk.getColumnVector(i)),
        chunk.rowCount,
      );
    }
  }

  function plainValue(raw: unknown): string | number | boolean | null {
    if (raw === null || raw === undefined) return null;
    if (raw instanceof DuckDBDateValue) return isoDay(raw.days);
    if (typeof raw === 'bigint') {
      const value = Number(raw);
      invariant(Number.isSafeInteger(value), 'a BIGINT is beyond 2^53');
      return value;
    }
    invariant(
      typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean',
      'an undeclared column type',
    );
    return raw;
  }

  async function copy(table: Table, order: readonly string[], file: string, format: string): Promise<number> {
    const keys = order.map((column) => `${duckdbDialect.identifier(column)} NULLS FIRST`).join(', ');
    const rows = await session.rows(
      `COPY (SELECT * FROM ${duckdbDialect.identifier(table.name)}${keys === '' ? '' : ` ORDER BY ${keys}`}) TO ${text(file)} (${format})`,
    );
    return Number(rows[0]?.[0] ?? 0);
  }

  return {
    name: 'duckdb',
    version: version(),
    dialect: duckdbDialect,
    async bind(table, files) {
      await view(table, `SELECT * FROM read_parquet([${files.map(text).join(', ')}])`);
    },
    async bindText(table, files, { longest_row_bytes, is_multiline }) {
      await view(
        table,
        `SELECT * FROM read_csv([${files.map(text).join(', ')}], auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', ` +
          `new_line = '\\n', allow_quoted_nulls = false, strict_mode = true, null_padding = false, ignore_errors = false, ` +
          `max_line_size = ${Math.max(2_097_152, longest_row_bytes + 16)}, parallel = ${!is_multiline}, columns = {${columnList(table)}})`,
      );
    },
    async parquetColumns(file) {
      const described = await session.rows(`DESCRIBE SELECT * FROM read_parquet(${text(file)})`);
      return described.map((row) => String(row[0]));
    },
    async bindForeignParquet(table, file, numbered) {
      const columns = Object.keys(table.columns)
        .map((column) => {
          const id = duckdbDialect.identifier(column);
          return numbered.includes(column)
            ? `CAST(file_row_number + 1 AS VARCHAR) AS ${id}`
            : `CAST(${id} AS VARCHAR) AS ${id}`;
        })
        .join(', ');
      await view(table, `SELECT ${columns} FROM read_parquet(${text(file)}, file_row_number = true)`);
    },
    async load(table, rows) {
      invariant(!names.has(table.name), `table ${table.name} is bound already`);
      const columns = Object.entries(table.columns);
      const id = duckdbDialect.identifier(table.name);
      await session.run(
        `CREATE TEMP TABLE ${id} (${columns.map(([column, type]) => `${duckdbDialect.identifier(column)} ${type}`).join(', ')})`,
      );
      for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
        const values = rows
          .slice(start, start + ROWS_PER_INSERT)
          .map(
            (row) => `(${columns.map(([column]) => duckdbDialect.literal(row[column] ?? null)).join(', ')})`,
          );
        await session.run(`INSERT INTO ${id} VALUES ${values.join(', ')}`);
      }
      names.add(table.name);
    },
    async materialise(tables) {
      await materialise(session, tables, names);
    },
    writeParquet: (table, order, file) => copy(table, order, file, 'FORMAT parquet, COMPRESSION zstd'),
    writeCsv: (table, order, file) => copy(table, order, file, "FORMAT csv, HEADER true, DELIMITER ','"),
    async columns<C extends Columns>(columns: C, query: Sql): Promise<ColumnData<C>> {
      const entries = Object.entries(columns);
      const isNumber = entries.map(
        ([, type]) => type === 'INTEGER' || type === 'BIGINT' || type === 'DOUBLE',
      );
      const collected: (number | string | boolean | null)[][] = entries.map(() => []);
      await readVectors(columns, query, (vectors, rows) => {
        vectors.forEach((vector, i) => {
          const target = collected[i];
          invariant(target !== undefined, 'a column too many');
          for (let row = 0; row < rows; row += 1) {
            const value = plainValue(vector.getItem(row));
            target.push(isNumber[i] === true && value === null ? Number.NaN : value);
          }
        });
      });
      const result = entries.map(([column], i) => {
        const values = collected[i] ?? [];
        return [column, isNumber[i] === true ? Float64Array.from(values as number[]) : values] as const;
      });
      return Object.fromEntries(result) as ColumnData<C>;
    },
    async rows<C extends Columns>(columns: C, query: Sql): Promise<Row<C>[]> {
      const keys = Object.keys(columns);
      const collected: Row<C>[] = [];
      await readVectors(columns, query, (vectors, rows) => {
        for (let row = 0; row < rows; row += 1) {
          collected.push(
            Object.fromEntries(
              keys.map((column, i) => [column, plainValue(vectors[i]?.getItem(row))]),
            ) as Row<C>,
          );
        }
      });
      return collected;
    },
    async reset() {
      // Views first: a table cannot go while a view stands on it in some engines.
      const kinds = await session.rows(
        "SELECT view_name, 'VIEW' FROM duckdb_views() WHERE temporary AND NOT internal UNION ALL SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE temporary",
      );
      for (const [table, kind] of kinds) {
        await session.run(`DROP ${String(kind)} IF EXISTS ${duckdbDialect.identifier(String(table))}`);
      }
      names.clear();
    },
    async close() {
      session.close();
    },
  };
}
