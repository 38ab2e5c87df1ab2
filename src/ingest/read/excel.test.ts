import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import writeWorkbook, { type SheetData } from 'write-excel-file/node';
import { normaliseExcel } from './excel.ts';
import { type ExcelCell, readExcel } from './excel-cells.ts';
import { findDamage } from './excel-damage.ts';

const folder = mkdtempSync(join(tmpdir(), 'desist-excel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'register.xlsx');
const outAccepted = join(folder, 'accepted.csv');
const outQuarantine = join(folder, 'quarantine.csv');

async function normalise(rows: SheetData) {
  await writeWorkbook(rows, { sheet: 'Uttrekk' }).toFile(path);
  const account = await normaliseExcel({ path, sheet: 'Uttrekk', outAccepted, outQuarantine });
  return {
    account,
    accepted: readFileSync(outAccepted, 'utf8'),
    quarantine: readFileSync(outQuarantine, 'utf8'),
  };
}

const text = (value: string) => ({ value });
const day = (value: Date, format = 'yyyy-mm-dd') => ({ value, format });

describe('A sheet becomes the normalised form', () => {
  it('every kind of cell by its rule', async () => {
    const { account, accepted, quarantine } = await normalise([
      ['text', 'number', 'date', 'truth'].map(text),
      [text('  Ås "vest"  '), { value: 0.1 }, day(new Date(Date.UTC(2020, 1, 29))), { value: true }],
      [
        null,
        { value: 0.1 + 0.2 },
        day(new Date(Date.UTC(2020, 0, 5, 10, 10, 0)), 'yyyy-mm-dd hh:mm'),
        { value: false },
      ],
      [null, null, null, null],
      [text('to\nlinjer'), { value: 1_018_012_345 }, null, null],
    ]);
    expect(accepted).toBe(
      '1,2,"  Ås ""vest""  ","0.1","2020-02-29","true"\n' +
        // A fraction of a day is not exact: without rounding this would be 10:09:59.
        '2,3,"","0.30000000000000004","2020-01-05T10:10:00","false"\n' +
        '3,5,"to\nlinjer","1018012345","",""\n',
    );
    expect(quarantine).toBe('');
    const bytes = readFileSync(path);
    expect(account).toMatchObject({
      header: ['text', 'number', 'date', 'truth'],
      records_read: 3,
      accepted: 3,
      quarantined: 0,
      blank_lines: 1,
      accepted_multiline: 1,
      longest_row_bytes: Buffer.byteLength('2,3,"","0.30000000000000004","2020-01-05T10:10:00","false"\n'),
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      findings: [],
    });
  });

  it('a row with a cell beyond the header is ragged, a NUL in a text is damage, and the rows add up', async () => {
    const { account, quarantine } = await normalise([
      [text('a'), text('b')],
      [text('1'), text('2')],
      [text('1'), text('2'), text('3')],
      [text('1'), text('x_x0000_y')],
    ]);
    expect(account).toMatchObject({ records_read: 3, accepted: 1, quarantined: 2 });
    expect(account.by_code).toMatchObject({ 'ragged-long': 1, 'nul-byte': 1 });
    const raw = (cells: string[]) => Buffer.from(JSON.stringify(cells)).toString('base64');
    expect(quarantine).toBe(
      `2,3,1,ragged-long,3,${raw(['1', '2', '3'])}\n3,4,1,nul-byte,2,${raw(['1', 'x\0y', ''])}\n`,
    );
  });

  it('a sheet without record, header or name is refused', async () => {
    await expect(normalise([[text('a')]])).rejects.toMatchObject({ code: 'E-SOURCE-EMPTY' });
    await expect(normalise([[null]])).rejects.toMatchObject({ code: 'E-SOURCE-EMPTY' });
    const unnamed: SheetData = [[text('a'), null, text('c')], [text('1')]];
    await expect(normalise(unnamed)).rejects.toMatchObject({ code: 'E-SOURCE-HEADER' });
  });

  it('a file that is no workbook, and a sheet that is not there', async () => {
    await writeWorkbook([[text('a')]], { sheet: 'Ark1' }).toFile(path);
    await expect(readExcel(path, 'Ark2')).rejects.toMatchObject({ code: 'E-SOURCE-FORMAT' });
    await expect(readExcel(path, 2)).rejects.toMatchObject({ code: 'E-SOURCE-FORMAT' });
    writeFileSync(path, 'a,b\n1,2\n');
    await expect(readExcel(path, 1)).rejects.toMatchObject({
      code: 'E-SOURCE-FORMAT',
      message: 'this is not an Excel workbook (.xlsx)',
    });
  });
});

describe('Damage that Excel does to identifiers', () => {
  const number = (value: string): ExcelCell => ({ kind: 'number', text: value });
  const word = (value: string): ExcelCell => ({ kind: 'text', text: value });
  const date = (value: string): ExcelCell => ({ kind: 'date', text: value });
  const codes = (cells: ExcelCell[]) =>
    findDamage(
      ['id'],
      cells.map((cell) => [cell]),
    ).map(({ code, count, of }) => [code, count, of]);

  it('birth numbers that have lost their leading zero', () => {
    const cells = ['11018012345', '21018012345', '1018012345', '31018012345'].map(number);
    expect(codes(cells)).toEqual([['leading-zeros-lost', 1, 4]]);
  });
  it('numbers of one width, short numbers and amounts are no damage', () => {
    expect(codes(['11018012345', '21018012345'].map(number))).toEqual([]);
    expect(codes(['1', '10', '100'].map(number))).toEqual([]);
    expect(codes(['12345678', '1234567', '0.5'].map(number))).toEqual([]);
  });
  it('numbers longer than Excel can hold', () => {
    expect(codes([number('1234567890123456800'), number('12')])).toEqual([['digits-lost', 1, 2]]);
  });
  it('numbers in a column of digits kept as text', () => {
    expect(codes([word('0301'), word('0302'), number('1201')])).toEqual([['numbers-among-digits', 1, 3]]);
  });
  it('codes turned into dates', () => {
    expect(codes([word('A-1'), word('3-14'), date('2024-04-03')])).toEqual([['dates-among-text', 1, 3]]);
  });
  it('dates of the time when Excel counts a day that never was', () => {
    expect(codes([date('1900-02-28'), date('1900-03-01'), date('10:00:00')])).toEqual([
      ['dates-before-march-1900', 1, 3],
    ]);
  });
});
