import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface DuckDBOptions {
  readonly threads?: number;
  /** In MiB. What DuckDB may hold before it spills to the temp folder. */
  readonly memoryMib?: number;
  readonly tempFolder: string;
  /** The only folders the engine may touch. */
  readonly folders: readonly string[];
}

/**
 * An in-memory DuckDB, locked down: no network, no extension, no file outside the folders named. It works over the
 * Parquet files of the stage store, so the command line and a workbench can be open at once.
 */
export async function connect(options: DuckDBOptions): Promise<DuckDBConnection> {
  mkdirSync(options.tempFolder, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    memory_limit: `${options.memoryMib ?? 2048}MiB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  const folders = [...options.folders, options.tempFolder].map((folder) => text(`${resolve(folder)}/`));
  for (const setting of [
    `SET temp_directory = ${text(resolve(options.tempFolder))}`,
    "SET TimeZone = 'UTC'",
    'SET preserve_insertion_order = true',
    'SET enable_progress_bar = false',
    `SET allowed_directories = [${folders.join(', ')}]`,
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ]) {
    await connection.run(setting);
  }
  return connection;
}
