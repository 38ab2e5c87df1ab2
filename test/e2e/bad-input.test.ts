import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import writeXlsxFile from 'write-excel-file/node';
import { openDuckDB, openStore, sql, table } from '../../src/engine/index.ts';
import { StudyError } from '../../src/errors.ts';
import { ingestAccount, quarantine } from '../../src/ingest/tables.ts';
import { runStudy } from '../../src/study.ts';
import { removeFolder, runOptions } from '../run-study.ts';
import { type TinyFiles, TREATMENT_HEADER, tinyStudy, treatmentCsv } from '../tiny-study.ts';

/** Bad registers: each a clear error with file, line and fix, or a quarantine to the record. */

let folder = '';
afterEach(() => removeFolder(folder));

async function ingestOf(
  files: TinyFiles,
): Promise<{ account: (string | number | null)[]; codes: Record<string, number> }> {
  folder = tinyStudy(files);
  await runStudy(folder, { ...runOptions(), until: 'ingest' });
  const store = openStore(folder);
  const outputs = store.latest('02-ingest')?.outputs ?? [];
  const engine = await openDuckDB({ tempFolder: join(folder, '.desist', 'tmp'), folders: [folder] });
  for (const shape of [ingestAccount, quarantine]) {
    const artefact = outputs.find((one) => one.name === shape.name);
    if (artefact === undefined) throw new Error(`no ${shape.name}`);
    await engine.bind(shape, [store.pathOf(artefact)]);
  }
  const [account] = await engine.rows(
    { records_read: 'BIGINT', accepted: 'BIGINT', quarantined: 'BIGINT' },
    sql`SELECT records_read, accepted, quarantined FROM ${ingestAccount} WHERE register = 'treatment'`,
  );
  const codes = await engine.rows(
    { code: 'VARCHAR', records: 'BIGINT' },
    sql`SELECT code, count(*) AS records FROM ${quarantine} WHERE register = 'treatment' AND part = 1 GROUP BY code ORDER BY code`,
  );
  await engine.close();
  return {
    account: Object.values(account ?? {}),
    codes: Object.fromEntries(codes.map(({ code, records }) => [code ?? '', records ?? 0])),
  };
}

async function refusalOf(files: TinyFiles): Promise<StudyError> {
  folder = tinyStudy(files);
  try {
    await runStudy(folder, { ...runOptions(), until: 'ingest' });
  } catch (error) {
    if (error instanceof StudyError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const withRow = (row: string): TinyFiles => ({ treatment: `${treatmentCsv()}${row}\n` });

describe('a register that can not be read is refused, with file, line and fix', () => {
  it.each([
    ['an empty file', { treatment: '' }, 'E-SOURCE-EMPTY'],
    ['a header and nothing else', { treatment: `${TREATMENT_HEADER}\n` }, 'E-SOURCE-EMPTY'],
    ['a duplicate header', { treatment: treatmentCsv().replace('id;sex', 'id;id') }, 'E-SOURCE-HEADER'],
    ['a missing column', { treatment: treatmentCsv().replace('born', 'birthday') }, 'E-SOURCE-HEADER'],
    ['a column whose case differs', { treatment: treatmentCsv().replace('born', 'BORN') }, 'E-SOURCE-HEADER'],
    [
      'a type that fits no value',
      { source: (text: string) => text.replaceAll('DD.MM.YYYY', 'YYYY-MM-DD') },
      'E-DATA-QUARANTINE',
    ],
    [
      'a dictionary without a mapped column',
      { source: (text: string) => text.replace(/ {2}reason: .*\n/, '') },
      'E-PROTOCOL-REFERENCE',
    ],
    [
      'a mapping of a text to a date',
      { source: (text: string) => text.replace('end_date: end', 'end_date: reason') },
      'E-PROTOCOL-VALUE',
    ],
  ] as const)('%s', async (_, files, code) => {
    const error = await refusalOf(files);
    expect(error.code).toBe(code);
    expect(error.detail.place?.file).toBeTruthy();
    expect(error.fix.length).toBeGreaterThan(10);
    expect(error.message).not.toMatch(/p01|1970/);
  });

  it('an extract that is not there', async () => {
    folder = tinyStudy();
    rmSync(join(folder, 'data', 'offences.csv'));
    await expect(runStudy(folder, { ...runOptions(), until: 'ingest' })).rejects.toMatchObject({
      code: 'E-SOURCE-MISSING',
    });
  });
});

describe('a record that does not fit is quarantined, and the three numbers add up', () => {
  it.each([
    ['a ragged row', 'p13;M;01.01.1980;01.02.2006', 'ragged-short'],
    ['a row too long', 'p13;M;01.01.1980;01.02.2006;01.03.2006;done;x', 'ragged-long'],
    ['a date that is none', 'p13;M;01.01.1980;30.02.2006;01.03.2006;done', 'not-a-date'],
    ['a required value that is blank', ';M;01.01.1980;01.02.2006;01.03.2006;done', 'required'],
    [
      'a cell of more than 1 MB',
      `p13;M;01.01.1980;01.02.2006;01.03.2006;${'x'.repeat(1_100_000)}`,
      'oversized-cell',
    ],
    ['a stray quote', 'p13;M;01.01.1980;01.02.2006;01.03.2006;"do"ne', 'stray-quote'],
  ])('%s', async (_, row, code) => {
    const { account, codes } = await ingestOf(withRow(row));
    expect(account).toEqual([13, 12, 1]);
    expect(codes).toEqual({ [code]: 1 });
  });

  it('reads decimal commas, quoted newlines and Windows-1252', async () => {
    const text = treatmentCsv().replaceAll('done', '"f\u00e6rdig\nmed \u00e5"');
    const { account } = await ingestOf({ treatment: Buffer.from(text, 'latin1') });
    expect(account).toEqual([12, 12, 0]);
  });
});

describe('registers that are not CSV', () => {
  it('reads an Excel sheet with the same account', async () => {
    const rows = treatmentCsv()
      .trim()
      .split('\n')
      .map((line) => line.split(';').map((value) => ({ type: String, value })));
    const buffer = await writeXlsxFile(rows as never, {} as never).toBuffer();
    const { account } = await ingestOf({
      treatment: buffer,
      treatmentFile: 'treatment.xlsx',
      source: (text) => text.replace('treatment.csv', 'treatment.xlsx'),
    });
    expect(account).toEqual([12, 12, 0]);
  });

  it('reads a Parquet file with the same account', async () => {
    folder = tinyStudy();
    const [header = '', ...lines] = treatmentCsv().trim().split('\n');
    const names = header.split(';');
    const shape = table('as_parquet', Object.fromEntries(names.map((name) => [name, 'VARCHAR' as const])));
    const engine = await openDuckDB({ tempFolder: join(folder, '.desist', 'tmp'), folders: [folder] });
    await engine.load(
      shape,
      lines.map((line) => Object.fromEntries(line.split(';').map((value, i) => [names[i] ?? '', value]))),
    );
    await engine.writeParquet(shape, [], join(folder, 'data', 'treatment.parquet'));
    await engine.close();
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(join(folder, 'data', 'treatment.parquet'));
    removeFolder(folder);
    const { account } = await ingestOf({
      treatment: bytes,
      treatmentFile: 'treatment.parquet',
      source: (text) => text.replace('treatment.csv', 'treatment.parquet'),
    });
    expect(account).toEqual([12, 12, 0]);
  });
});
