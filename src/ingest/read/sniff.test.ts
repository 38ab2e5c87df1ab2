import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import writeWorkbook from 'write-excel-file/node';
import { sniff } from './sniff.ts';

const folder = mkdtempSync(join(tmpdir(), 'desist-sniff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'register');

it('A CSV tells its encoding, dialect, line ends and names, and nothing of its records', async () => {
  writeFileSync(path, '\ufeff\r\n"navn";bosted;\r\nCANARY;CANARY;\r\nx;y;\r\n', 'utf16le');
  const found = await sniff(path);
  expect(found).toEqual({
    format: 'csv',
    bytes: 2 * '\ufeff\r\n"navn";bosted;\r\nCANARY;CANARY;\r\nx;y;\r\n'.length,
    encoding: 'utf-16le',
    encoding_from: 'byte-order-mark',
    bom_bytes: 2,
    dialect: { delimiter: ';', quote: '"', escape: 'doubled', trailing_delimiter: true },
    dialect_from: 'detected',
    sample_records: 2,
    sample_consistent: 2,
    line_ending: 'crlf',
    header: ['navn', 'bosted'],
  });
});

it('What is declared is believed', async () => {
  writeFileSync(path, 'a~b\n1~\xf8\n', 'latin1');
  const found = await sniff(path, { encoding: 'windows-1252', dialect: { delimiter: '~' } });
  expect(found).toMatchObject({ encoding: 'windows-1252', encoding_from: 'declared', header: ['a', 'b'] });
});

it('A file longer than the sample tells the same as its beginning', async () => {
  writeFileSync(path, `a,b\n${'1,"x\ny"\n'.repeat(500_000)}`);
  expect(await sniff(path)).toMatchObject({
    sample_records: 1_000,
    sample_consistent: 1_000,
    header: ['a', 'b'],
  });
});

it('A workbook tells its sheets', async () => {
  await writeWorkbook([
    { sheet: 'Behandling', data: [[{ value: 'a' }]] },
    { sheet: 'Straff', data: [[{ value: 'b' }]] },
  ]).toFile(path);
  expect(await sniff(path)).toMatchObject({ format: 'excel', sheets: ['Behandling', 'Straff'] });
});

it('Parquet is known by its mark, and a zip archive that is no workbook is refused', async () => {
  writeFileSync(path, 'PAR1....PAR1');
  expect(await sniff(path)).toEqual({ format: 'parquet', bytes: 12 });
  writeFileSync(path, 'PK\x03\x04 and then nothing');
  await expect(sniff(path)).rejects.toMatchObject({ code: 'E-SOURCE-FORMAT' });
});

it('An empty file and a file that is not there', async () => {
  writeFileSync(path, '');
  await expect(sniff(path)).rejects.toMatchObject({ code: 'E-SOURCE-EMPTY' });
  await expect(sniff(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'E-SOURCE-MISSING' });
});
