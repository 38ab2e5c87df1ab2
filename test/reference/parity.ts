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
import { afterAll, afterEach, expect } from 'vitest';
import { comparedQuantities, noteCompared, traceReads } from './parity-account.ts';
import { recordValidation } from './validation-record.ts';

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

/**
 * The widest relative tolerance of each method, from what R itself guarantees: fits whose standard errors lag a step of R's
 * iteration 1e-7, overdispersion and working correlation 1e-6, Hodges-Lehmann from a root finder 1e-4. Others: 1e-9.
 */
const WIDEST: Readonly<Record<string, number>> = {
  poisson: 1e-7,
  'quasi-poisson': 1e-7,
  robust: 1e-7,
  'conditional Poisson': 1e-7,
  'difference in rates': 1e-7,
  propensity: 1e-7,
  'negative binomial': 1e-6,
  'empirical Bayes': 1e-6,
  'Poisson-gamma': 1e-6,
  GEE: 1e-6,
  Wilcoxon: 1e-4,
};

/** |ours - theirs| relative to |theirs| (or to `scale` when that is larger); 0 when both are the same infinity or both undefined. */
function relativeDifference(ours: number, theirs: number, scale = 0): number {
  if (Object.is(ours, theirs) || ours === theirs) return 0;
  const magnitude = Math.max(Math.abs(theirs), scale);
  return Math.abs(ours - theirs) / (magnitude === 0 ? 1 : magnitude);
}

/** Asserts one number against the reference and keeps the row for the table. */
export function parityCase(entry: ParityCase): void {
  const widest = WIDEST[entry.method] ?? 1e-9;
  if (entry.tolerance > widest) throw new Error(`${entry.method}: a tolerance wider than ${widest}`);
  const theirs = entry.theirs ?? Number.NaN;
  noteCompared(theirs);
  const difference = relativeDifference(entry.ours, theirs, entry.scale);
  if (entry.listed !== false) rows.push({ ...entry, difference });
  const message = `${entry.method} / ${entry.case}: ours ${entry.ours}, reference ${theirs}, relative difference ${difference}, tolerance ${entry.tolerance}`;
  expect(difference <= entry.tolerance, message).toBe(true);
}

/** A count, a degree of freedom, a time on a grid: equal or wrong. */
export function parityExact(method: string, what: string, ours: number, theirs: number | null): void {
  parityCase({ method, case: what, ours, theirs, tolerance: 0 });
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
  return traceReads(name, (JSON.parse(text) as { results: object }).results) as T;
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
export function columnsOfCsv(text: string): Record<string, string[]> {
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
  const found: string[] = [];
  // A field, quoted or not, and what ends it. The pattern is anchored, so that an empty field is a field wherever it stands.
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = field.exec(line);
    if (match === null) throw new Error('a line of the data set is not CSV');
    found.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] === '') return found;
  }
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

/** The test file, known once a test of it has run. */
let file: TestFile | undefined;
afterEach(({ task }) => {
  file = task.file;
});

afterAll(() => {
  if (file === undefined) return;
  checkAccount(file);
  recordValidation('parity', file.name, { file: file.name, rows, compared: comparedQuantities() });
  const table = process.env.DESIST_PARITY_TABLE;
  if (table === undefined || table === '' || rows.length === 0) return;
  try {
    // 'wx' fails when the file exists: test files run in parallel processes and only one may write the header.
    writeFileSync(table, tableHeader, { flag: 'wx' });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
  appendFileSync(table, parityTable(rows));
});

/**
 * What this file compared must be what test/reference/compared.json says of it, on which the account of all results rests.
 * Where tests were left out (data absent, or some chosen by name) it may be less.
 */
function checkAccount(file: TestFile): void {
  if (process.env.DESIST_VALIDATION) return;
  const account = JSON.parse(
    readFileSync(join(projectRoot, 'test', 'reference', 'compared.json'), 'utf8'),
  ) as Record<string, Record<string, number>>;
  const expected = account[file.name] ?? {};
  const now = comparedQuantities();
  const advice = 'compared.json is not what was compared: node scripts/validation.mjs writes it';
  if (allRan(file.tasks)) expect(now, advice).toEqual(expected);
  else for (const quantity of Object.keys(now)) expect(Object.keys(expected), advice).toContain(quantity);
}

interface TestFile {
  readonly name: string;
  readonly tasks: readonly Task[];
}

interface Task {
  readonly mode: string;
  readonly result?: { readonly state: string } | undefined;
  readonly tasks?: readonly Task[];
}

/** Nothing left out, and nothing failed on the way to a comparison. */
function allRan(tasks: readonly Task[]): boolean {
  return tasks.every(
    (task) => task.mode === 'run' && task.result?.state !== 'fail' && allRan(task.tasks ?? []),
  );
}
