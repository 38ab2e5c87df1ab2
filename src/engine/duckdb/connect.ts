import { mkdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { DuckDBInstance, type DuckDBMaterializedResult, type DuckDBValue } from '@duckdb/node-api';
import { StudyError } from '../../errors.ts';

export interface DuckDBOptions {
  readonly threads?: number;
  /** In MiB. What DuckDB may hold before it spills to the temp folder. */
  readonly memoryMib?: number;
  readonly tempFolder: string;
  /** The only folders the engine may touch. */
  readonly folders: readonly string[];
}

/** A connection whose errors carry no value of a row. */
export interface Session {
  run(statement: string): Promise<DuckDBMaterializedResult>;
  /** All rows of a small result. */
  rows(statement: string): Promise<DuckDBValue[][]>;
  close(): void;
}

/**
 * DuckDB quotes the value that could not be converted, and rows of a file it could not read. Only the kind of the
 * error and, for errors of binding, the names in it are kept: those errors come before any row is read.
 */
function withoutValues(error: unknown, statement: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  const kind = /^([A-Za-z ]+ Error)/.exec(message)?.[1] ?? 'Error';
  const made = /^(?:CREATE TEMP (?:TABLE|VIEW)|COPY|DESCRIBE) ?("[^"]*")?/.exec(statement)?.[1] ?? 'a query';
  if (kind === 'Out of Memory Error') {
    return new StudyError(
      'E-ENVIRONMENT',
      'the engine has not enough memory, or not enough disk to spill to',
      {
        fix: 'Give more with --memory, free disk space in the study folder, or use fewer --threads.',
      },
    );
  }
  if (kind === 'IO Error') {
    return new StudyError(
      'E-ENVIRONMENT',
      `the engine could not read or write a file while it made ${made}`,
      {
        fix: 'Check free disk space and the permissions of the study folder.',
      },
    );
  }
  const isBinding = ['Binder Error', 'Catalog Error', 'Parser Error', 'Permission Error'].includes(kind);
  return new Error(`the engine failed on ${made}: ${isBinding ? message.split('\n')[0] : kind}`);
}

/** In MiB: 2.75 GiB, so that a run of a million clients stays below four, or three fifths of a smaller machine. Beyond it the engine spills to disk. */
function defaultMemoryMib(): number {
  return Math.min(2816, Math.floor((0.6 * totalmem()) / 2 ** 20));
}

/**
 * An in-memory DuckDB, locked down: no network, no extension, no file outside the folders named. It works over the
 * Parquet files of the stage store, so the command line and a workbench can be open at once.
 */
export async function connect(options: DuckDBOptions): Promise<Session> {
  mkdirSync(options.tempFolder, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    memory_limit: `${options.memoryMib ?? defaultMemoryMib()}MiB`,
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
  return {
    async run(statement) {
      try {
        return await connection.run(statement);
      } catch (error) {
        throw withoutValues(error, statement);
      }
    },
    async rows(statement) {
      try {
        return (await connection.runAndReadAll(statement)).getRows();
      } catch (error) {
        throw withoutValues(error, statement);
      }
    },
    close() {
      connection.closeSync();
      // Gives the memory back now; otherwise it stays until the instance is collected.
      instance.closeSync();
    },
  };
}
