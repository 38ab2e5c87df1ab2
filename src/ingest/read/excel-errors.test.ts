import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import writeWorkbook from 'write-excel-file/node';
import { normaliseExcel } from './excel.ts';
import { countValueless } from './excel-errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'desist-excel-errors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'register.xlsx');

/** A sheet of three columns and three records, with cells of the XML replaced. */
async function workbookWith(cells: Readonly<Record<string, string>>): Promise<void> {
  const rows = [['id', 'date', 'code'], ...['a', 'b', 'c'].map((id) => [id, 'x', 'y'])];
  await writeWorkbook(
    rows.map((row) => row.map((value) => ({ value }))),
    { sheet: 'A & B' },
  ).toFile(path);
  const parts = unzipSync(new Uint8Array(readFileSync(path)));
  const sheet = Object.keys(parts).find((name) => name.startsWith('xl/worksheets/sheet')) ?? '';
  let xml = strFromU8(parts[sheet] ?? new Uint8Array());
  for (const [reference, cell] of Object.entries(cells)) {
    const found = new RegExp(`<c\\b[^>]*\\br="${reference}"[^>]*>[\\s\\S]*?</c>`);
    expect(xml).toMatch(found);
    xml = xml.replace(found, cell);
  }
  writeFileSync(path, zipSync({ ...parts, [sheet]: strToU8(xml) }));
}

describe('Cells without a value', () => {
  it('are errors of Excel and formulas that were never calculated, by column, below the header', async () => {
    await workbookWith({
      A2: '<c r="A2" t="e"><v>#N/A</v></c>',
      B2: '<c r="B2" t="e"><f>VLOOKUP(A2,Z:Z,1)</f><v>#REF!</v></c>',
      B3: '<c r="B3"><f>A3&amp;"x"</f></c>',
      B4: '<c r="B4"><f>1+1</f><v>2</v></c>',
      C4: '<c r="C4" t="str"><f>A1</f><v></v></c>',
    });
    expect([...(await countValueless(path, 'A & B', 1))].sort()).toEqual([
      [0, 1],
      [1, 2],
      [2, 1],
    ]);
    expect(await countValueless(path, 1, 4)).toEqual(new Map());
    expect(await countValueless(path, 'no such sheet', 1)).toEqual(new Map());
  });

  it('come back as findings about their column, and are read as empty', async () => {
    await workbookWith({ B3: '<c r="B3" t="e"><v>#N/A</v></c>' });
    const account = await normaliseExcel({
      path,
      sheet: 'A & B',
      outAccepted: join(folder, 'accepted.csv'),
      outQuarantine: join(folder, 'quarantine.csv'),
    });
    expect(account.findings).toContainEqual({
      code: 'cells-without-value',
      severity: 'warning',
      column: 'date',
      count: 1,
      of: 2,
    });
    expect(readFileSync(join(folder, 'accepted.csv'), 'utf8')).toContain('2,3,"b","","y"');
  });
});
