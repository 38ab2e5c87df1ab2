import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addMonths, ageInYears, daysBetween, hash64, render } from './dialect.ts';
import { openDuckDB } from './duckdb/index.ts';
import type { Engine } from './engine.ts';
import { derive, list, name, sql, table } from './sql.ts';

const folder = mkdtempSync(join(tmpdir(), 'desist-engine-'));
let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 2 });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const spell = table('spell', { person_id: 'VARCHAR', start_date: 'DATE', end_date: 'DATE' });

describe('the sql layer on DuckDB', () => {
  it('makes derived tables in the order they stand on each other and gives days back as text', async () => {
    await engine.load(spell, [
      { person_id: 'a', start_date: '2006-04-01', end_date: '2006-04-11' },
      { person_id: 'b', start_date: '2006-04-01', end_date: null },
    ]);
    const days = derive(
      'spell_days',
      { person_id: 'VARCHAR', days: 'BIGINT' },
      sql`
      SELECT person_id, ${daysBetween(name('start_date'), name('end_date'))} AS days FROM ${spell}`,
    );
    const total = derive(
      'spell_total',
      { days: 'BIGINT' },
      sql`SELECT CAST(sum(days) AS BIGINT) AS days FROM ${days}`,
    );
    await engine.materialise([total, days]);
    expect(await engine.rows(total.columns, sql`SELECT days FROM ${total}`)).toEqual([{ days: 10 }]);
    const read = await engine.columns(
      { person_id: 'VARCHAR', days: 'BIGINT' },
      sql`SELECT person_id, days FROM ${days} ORDER BY person_id`,
    );
    expect(read.person_id).toEqual(['a', 'b']);
    expect([...read.days]).toEqual([10, Number.NaN]);
  });

  it('refuses a table whose columns are not what was declared', async () => {
    const wrong = derive(
      'wrong_columns',
      { person_id: 'VARCHAR' },
      sql`SELECT person_id, 1 AS extra FROM ${spell}`,
    );
    await expect(engine.materialise([wrong])).rejects.toThrow(/wrong_columns/);
    const missing = derive('missing_column', { absent: 'VARCHAR' }, sql`SELECT person_id FROM ${spell}`);
    await expect(engine.materialise([missing])).rejects.toThrow(/missing_column/);
  });

  it('brings any text through a literal unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
        async (text) => {
          const rows = await engine.rows({ text: 'VARCHAR' }, sql`SELECT ${text} AS text`);
          expect(rows).toEqual([{ text }]);
        },
      ),
      { numRuns: 100, seed: 1 },
    );
  });

  it('quotes a column name that would otherwise be code', async () => {
    const odd = table('odd name', { 'a"; DROP TABLE spell; --': 'INTEGER' });
    await engine.load(odd, [{ 'a"; DROP TABLE spell; --': 3 }]);
    const rows = await engine.rows(
      { n: 'INTEGER' },
      sql`SELECT ${name('a"; DROP TABLE spell; --')} AS n FROM ${odd}`,
    );
    expect(rows).toEqual([{ n: 3 }]);
  });

  it('clips a month that is too short, and counts a birthday from its own day', async () => {
    const rows = await engine.rows(
      { clipped: 'DATE', eve: 'INTEGER', day: 'INTEGER', leap: 'INTEGER' },
      sql`SELECT ${addMonths(sql`DATE '2007-01-31'`, 1)} AS clipped,
        CAST(${ageInYears(sql`DATE '1980-06-15'`, sql`DATE '2006-06-14'`)} AS INTEGER) AS eve,
        CAST(${ageInYears(sql`DATE '1980-06-15'`, sql`DATE '2006-06-15'`)} AS INTEGER) AS day,
        CAST(${ageInYears(sql`DATE '1980-02-29'`, sql`DATE '2006-02-28'`)} AS INTEGER) AS leap`,
    );
    expect(rows).toEqual([{ clipped: '2007-02-28', eve: 25, day: 26, leap: 25 }]);
  });

  it('hashes a text to the same number in every release', async () => {
    const rows = await engine.rows({ hash: 'BIGINT' }, sql`SELECT ${hash64('desist')} % 1000003 AS hash`);
    // SHA-256 of "desist" begins 0x...; computed here from Node's own digest.
    const { createHash } = await import('node:crypto');
    const expected = Number(
      BigInt(`0x${createHash('sha256').update('desist').digest('hex').slice(0, 15)}`) % 1000003n,
    );
    expect(rows).toEqual([{ hash: expected }]);
  });

  it('writes the same Parquet bytes with one thread and with two, whatever the order of the input', async () => {
    const write = async (threads: number, reverse: boolean): Promise<string> => {
      const other = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads });
      const rows = derive(
        'many',
        { id: 'INTEGER', text: 'VARCHAR' },
        sql`
        SELECT id, 'x' || (id % 1000 * 7919 % 1000) AS text FROM (SELECT CAST(i AS INTEGER) AS id FROM range(0, 300000) AS r(i)) AS n
        ORDER BY ${reverse ? sql`id DESC` : sql`id`}`,
      );
      await other.materialise([rows]);
      const file = join(folder, `many-${threads}-${reverse}.parquet`);
      expect(await other.writeParquet(rows, ['id'], file)).toBe(300000);
      await other.close();
      return readFileSync(file).toString('base64');
    };
    const first = await write(1, false);
    expect(await write(2, true)).toBe(first);
  });

  it('may not read a file outside its folders', async () => {
    const outside = table('outside', { line: 'VARCHAR' });
    await expect(
      engine.bindText(outside, ['/etc/passwd'], { longest_row_bytes: 100, is_multiline: false }),
    ).rejects.toThrow(/disabled|permission/i);
  });

  it('prints complete SQL that an auditor can read', () => {
    const query = sql`SELECT ${list([name('a'), name('b')])} FROM ${spell} WHERE a = ${"O'Neil"} AND b > ${0.5}`;
    expect(render(query, engine.dialect)).toBe(
      `SELECT "a", "b" FROM "spell" WHERE a = 'O''Neil' AND b > 0.5::DOUBLE`,
    );
  });
});
