/**
 * No record is lost: of every fuzzed register file each record ends accepted with the values the fuzzer wrote, read
 * back through DuckDB, or quarantined with the bytes the fuzzer wrote; and the numbers add up. `DESIST_FUZZ=full` runs
 * 20 seeds of 100,000 records (about a minute), else 3 of 20,000.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CsvAccount } from '../../src/ingest/read/account.ts';
import { normaliseCsv } from '../../src/ingest/read/csv.ts';
import { ACCEPTED_OPTIONS } from '../../src/ingest/read/output.ts';
import { type FuzzedFile, type FuzzedRecord, fuzzCsv } from './csv-fuzz.ts';

const is_full = process.env.DESIST_FUZZ === 'full';
const RECORDS = is_full ? 100_000 : 20_000;
const SEEDS = is_full ? Array.from({ length: 20 }, (_, i) => i + 1) : [3, 4, 7];

const folder = mkdtempSync(join(tmpdir(), 'desist-fuzz-'));
let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => {
  connection.closeSync();
  rmSync(folder, { recursive: true, force: true });
});

interface Row {
  readonly record_number: number;
  readonly line: number;
  readonly values: readonly string[];
}

async function readBack(path: string, account: CsvAccount, parallel: boolean): Promise<Row[]> {
  const names = ['record_number', 'line', ...account.header];
  const columns = names.map((name) => `'${name}': 'VARCHAR'`).join(', ');
  const options = Object.entries(ACCEPTED_OPTIONS).map(([key, value]) =>
    typeof value === 'string' ? `${key} = '${value}'` : `${key} = ${value}`,
  );
  const max_line_size = Math.max(2_000_000, account.longest_row_bytes + 1);
  const result = await connection.runAndReadAll(
    `SELECT * FROM read_csv('${path}', columns = {${columns}}, ${options.join(', ')},
       max_line_size = ${max_line_size}, parallel = ${parallel})`,
  );
  return result.getRows().map(([record_number, line, ...values]) => ({
    record_number: Number(record_number),
    line: Number(line),
    values: values.map(String),
  }));
}

function readQuarantine(path: string): Map<number, FuzzedRecord> {
  const records = new Map<number, FuzzedRecord>();
  for (const row of readFileSync(path, 'latin1').split('\n').slice(0, -1)) {
    const [number, line, , code, fields, raw] = row.split(',');
    const before = records.get(Number(number))?.raw ?? Buffer.alloc(0);
    const bytes = Buffer.concat([before, Buffer.from(raw ?? '', 'base64')]);
    records.set(Number(number), { line: Number(line), raw: bytes, code: code ?? '', fields: Number(fields) });
  }
  return records;
}

/** Counts of what differs, so that a failure prints numbers and one example instead of 100,000 rows. */
function compare(file: FuzzedFile, rows: readonly Row[], quarantine: ReadonlyMap<number, FuzzedRecord>) {
  const accepted = new Map(rows.map((row) => [row.record_number, row]));
  const wrong: { record: number; expected: unknown; got: unknown }[] = [];
  file.records.forEach((record, i) => {
    const number = i + 1;
    const row = accepted.get(number);
    const held = quarantine.get(number);
    const is_right =
      record.values !== undefined
        ? held === undefined &&
          row?.line === record.line &&
          row.values.length === record.values.length &&
          record.values.every((value, k) => row.values[k] === value)
        : row === undefined &&
          held?.line === record.line &&
          held.code === record.code &&
          held.fields === record.fields &&
          held.raw.equals(record.raw);
    if (!is_right) wrong.push({ record: number, expected: record, got: row ?? held });
  });
  return { wrong: wrong.length, first: wrong[0] };
}

describe('Every record of a fuzzed register is accepted as written or quarantined as written', () => {
  for (const seed of SEEDS) {
    it(`seed ${seed}, ${RECORDS} records`, async () => {
      const file = fuzzCsv(seed, RECORDS);
      const path = join(folder, 'register.csv');
      const outAccepted = join(folder, 'accepted.csv');
      const outQuarantine = join(folder, 'quarantine.csv');
      writeFileSync(path, file.bytes);
      const account = await normaliseCsv({
        path,
        encoding: file.encoding,
        // Half of the seeds leave the delimiter to detection.
        dialect: { ...(seed % 2 === 0 ? { delimiter: file.delimiter } : {}), escape: file.escape },
        outAccepted,
        outQuarantine,
      });

      const damaged = file.records.filter((record) => record.code !== undefined);
      const by_code = Object.fromEntries(Object.keys(account.by_code).map((code) => [code, 0]));
      for (const { code } of damaged) by_code[code as string] = (by_code[code as string] ?? 0) + 1;
      expect(account).toMatchObject({
        header: file.header,
        records_read: file.records.length,
        accepted: file.records.length - damaged.length,
        quarantined: damaged.length,
        by_code,
        blank_lines: file.blank_lines,
        accepted_in_doubt: file.in_doubt,
        bytes: file.bytes.length,
        sha256: createHash('sha256').update(file.bytes).digest('hex'),
        encoding: file.encoding,
        line_ending: { '\n': 'lf', '\r\n': 'crlf', '\r': 'cr', mixed: 'mixed' }[file.line_end],
        dialect: {
          delimiter: file.delimiter,
          quote: '"',
          escape: file.escape,
          trailing_delimiter: file.trailing_delimiter,
        },
      });
      const quarantine = readQuarantine(outQuarantine);
      expect(quarantine.size).toBe(damaged.length);
      for (const parallel of [false, true]) {
        const rows = await readBack(outAccepted, account, parallel);
        expect(rows.length + quarantine.size).toBe(file.records.length);
        expect(compare(file, rows, quarantine)).toEqual({ wrong: 0, first: undefined });
      }
    });
  }
});
