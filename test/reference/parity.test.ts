import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { matches, NOT_COMPARED, SETS_NOT_BUILT } from './not-compared.ts';
import { columnsOfCsv } from './parity.ts';
import { quantitiesOf } from './parity-account.ts';

/** Every number of the reference is compared, or listed with the reason why it is not. */

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const vendored = join(root, 'test', 'fixtures', 'r');
const names = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();

const account = JSON.parse(readFileSync(join(root, 'test', 'reference', 'compared.json'), 'utf8')) as Record<
  string,
  Record<string, number>
>;

/** Numbers of each quantity that one test file compared, the best of the files. */
const compared = new Map<string, number>();
for (const quantities of Object.values(account))
  for (const [quantity, count] of Object.entries(quantities))
    compared.set(quantity, Math.max(compared.get(quantity) ?? 0, count));

/** Test files below a folder, without those of this one. */
function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return path === join(root, 'test', 'reference') ? [] : testFiles(path);
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

/** Results that a design's own test reads and compares, outside the parity mechanism; the test file names the set. */
const elsewhere = ['src', 'test', 'examples']
  .flatMap((folder) => testFiles(join(root, folder)))
  .map((file) => readFileSync(file, 'utf8'));
const counted = [...compared.keys()].map((quantity) => quantity.slice(0, quantity.indexOf(':')));
const ownTest = (name: string): boolean =>
  !counted.includes(name) &&
  elsewhere.some((text) => text.includes(`${name}.json`) || text.includes(`'${name}'`));

const all = Object.assign(
  {},
  ...names(vendored)
    .filter((name) => !ownTest(name))
    .map((name) =>
      quantitiesOf(
        name,
        (JSON.parse(readFileSync(join(vendored, `${name}.json`), 'utf8')) as { results: object }).results,
      ),
    ),
) as Record<string, number>;

describe('The account of the reference results', () => {
  it('holds every number: compared, or listed with a reason', () => {
    const open = Object.entries(all)
      .filter(([quantity, count]) => (compared.get(quantity) ?? 0) < count)
      .filter(([quantity]) => !NOT_COMPARED.some((entry) => matches(entry.quantity, quantity)))
      .map(([quantity, count]) => `${quantity}: ${compared.get(quantity) ?? 0} of ${count}`);
    expect(open).toEqual([]);
    expect(Object.keys(all).length).toBeGreaterThan(1000);
  });

  it('lists nothing that is compared after all, and nothing that does not exist', () => {
    const stale = NOT_COMPARED.filter(
      (entry) =>
        !Object.entries(all).some(
          ([quantity, count]) => (compared.get(quantity) ?? 0) < count && matches(entry.quantity, quantity),
        ),
    );
    expect(stale.map((entry) => entry.quantity)).toEqual([]);
    expect([...compared.keys()].filter((quantity) => !(quantity in all))).toEqual([]);
  });

  it('names test files that exist and leaves none out', () => {
    for (const file of Object.keys(account)) expect(existsSync(join(root, file)), file).toBe(true);
  });

  const reference = join(
    process.env.DESIST_DATA ?? join(root, '..', 'shared', 'data'),
    '..',
    'reference',
    'r',
  );
  if (!existsSync(reference))
    console.warn(`NOT RUN: the reference beside DESIST_DATA: ${reference} is absent.`);
  it.skipIf(!existsSync(reference))(
    'covers every file of the reference, and the copies are the originals',
    () => {
      for (const name of names(reference)) {
        const copy = join(vendored, `${name}.json`);
        if (!existsSync(copy)) {
          expect(
            Object.keys(SETS_NOT_BUILT),
            `${name} is neither vendored nor listed as not built`,
          ).toContain(name);
          continue;
        }
        expect(
          readFileSync(copy, 'utf8') === readFileSync(join(reference, `${name}.json`), 'utf8'),
          name,
        ).toBe(true);
      }
    },
  );
});

describe('The reader of reference data', () => {
  it('keeps fields in their columns when the first is empty', () => {
    expect(columnsOfCsv('a,b,c\n,2,3\n"x, ""y""",,\n')).toEqual({
      a: ['', 'x, "y"'],
      b: ['2', ''],
      c: ['3', ''],
    });
    expect(() => columnsOfCsv('a,b\n"x"y,1\n')).toThrow(/not CSV/);
  });
});
