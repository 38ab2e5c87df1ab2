/**
 * Parity with reference results (R). Each case compares one number, asserts that the relative difference is within the
 * tolerance stated for its method, and is collected so that a table of all cases can be written.
 *
 * When the environment variable DESIST_PARITY_TABLE names a file, every test file that used `parityCase` appends its rows there in
 * markdown after its last test. Without it nothing is written. The file is not emptied first: remove it before the run.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';

export interface ParityCase {
  /** The method, for example `garwood interval`. */
  method: string;
  /** What tells this case from the others of its method. */
  case: string;
  ours: number;
  /** The reference; null is what R wrote for NA, NaN and infinities. */
  theirs: number | null;
  /** Largest relative difference allowed. */
  tolerance: number;
  /** Natural magnitude of the quantity where the reference is 0 or noise around 0: the difference is then taken relative to it. */
  scale?: number;
  /** False keeps the case out of the table: for tests of this mechanism itself. */
  listed?: boolean;
}

interface ParityRow extends ParityCase {
  difference: number;
}

const rows: ParityRow[] = [];

/** |ours - theirs| relative to |theirs| (or to `scale` when that is larger); 0 when both are the same infinity or both undefined. */
function relativeDifference(ours: number, theirs: number, scale = 0): number {
  if (Object.is(ours, theirs) || ours === theirs) return 0;
  const magnitude = Math.max(Math.abs(theirs), scale);
  return Math.abs(ours - theirs) / (magnitude === 0 ? 1 : magnitude);
}

/** Asserts one number against the reference and keeps the row for the table. */
export function parityCase(entry: ParityCase): void {
  const theirs = entry.theirs ?? Number.NaN;
  const difference = relativeDifference(entry.ours, theirs, entry.scale);
  if (entry.listed !== false) rows.push({ ...entry, difference });
  const message = `${entry.method} / ${entry.case}: ours ${entry.ours}, reference ${theirs}, relative difference ${difference}, tolerance ${entry.tolerance}`;
  expect(difference <= entry.tolerance, message).toBe(true);
}

/** `parityCase` for each element of two vectors of the same length. */
export function parityVector(
  entry: Omit<ParityCase, 'ours' | 'theirs'>,
  ours: ArrayLike<number>,
  theirs: ArrayLike<number | null>,
): void {
  expect(ours.length, `${entry.method} / ${entry.case}: number of values`).toBe(theirs.length);
  for (let i = 0; i < theirs.length; i++) {
    parityCase({
      ...entry,
      case: `${entry.case}[${i}]`,
      ours: ours[i] ?? Number.NaN,
      theirs: theirs[i] ?? null,
    });
  }
}

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The `results` of test/fixtures/r/NAME.json; the caller states their shape. */
export function referenceResults<T>(name: string): T {
  const text = readFileSync(join(projectRoot, 'test', 'fixtures', 'r', `${name}.json`), 'utf8');
  return (JSON.parse(text) as { results: T }).results;
}

/** Columns of a vendored data set test/fixtures/r/data/NAME.csv. */
export function vendoredColumns(name: string): Record<string, string[]> {
  return columnsOfCsv(
    readFileSync(join(projectRoot, 'test', 'fixtures', 'r', 'data', `${name}.csv`), 'utf8'),
  );
}

/**
 * Columns of a reference data set that may not be copied into the project, read in place from
 * `${DESIST_DATA}/../reference/r/data`; undefined, with a loud warning, where that folder is absent.
 */
export function externalColumns(name: string): Record<string, string[]> | undefined {
  const folder = join(
    process.env.DESIST_DATA ?? join(projectRoot, '..', 'shared', 'data'),
    '..',
    'reference',
    'r',
    'data',
  );
  const path = join(folder, `${name}.csv`);
  if (!existsSync(path)) {
    console.warn(`NOT RUN: parity on ${name}: ${path} is absent (set DESIST_DATA).`);
    return undefined;
  }
  return columnsOfCsv(readFileSync(path, 'utf8'));
}

/** One column as numbers; an empty field is NaN. */
export function numbers(columns: Record<string, string[]>, name: string): Float64Array {
  const column = columns[name];
  if (column === undefined) throw new Error(`no column ${name}`);
  return Float64Array.from(column, (field) => (field === '' || field === 'NA' ? Number.NaN : Number(field)));
}

/** One column as text. */
export function strings(columns: Record<string, string[]>, name: string): string[] {
  const column = columns[name];
  if (column === undefined) throw new Error(`no column ${name}`);
  return column;
}

/** R's write.csv: quoted text, no embedded line breaks, doubled quotes inside. */
function columnsOfCsv(text: string): Record<string, string[]> {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const header = fields(lines[0] ?? '');
  const columns: Record<string, string[]> = Object.fromEntries(header.map((name) => [name, []]));
  for (const line of lines.slice(1)) {
    const values = fields(line);
    header.forEach((name, j) => {
      columns[name]?.push(values[j] ?? '');
    });
  }
  return columns;
}

function fields(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((match) =>
    match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'),
  );
}

/** Rows of the table, in markdown. */
export function parityTable(cases: readonly ParityRow[]): string {
  return cases
    .map(
      (row) =>
        `| ${row.method} | ${row.case} | ${row.ours} | ${row.theirs} | ${row.difference.toExponential(1)} | ${row.tolerance} |\n`,
    )
    .join('');
}

const tableHeader =
  '| method | case | ours | R | relative difference | tolerance |\n|---|---|---|---|---|---|\n';

afterAll(() => {
  const file = process.env.DESIST_PARITY_TABLE;
  if (file === undefined || file === '' || rows.length === 0) return;
  try {
    // 'wx' fails when the file exists: test files run in parallel processes and only one may write the header.
    writeFileSync(file, tableHeader, { flag: 'wx' });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
  appendFileSync(file, parityTable(rows));
});
