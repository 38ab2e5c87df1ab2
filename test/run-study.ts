import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type RunOptions, type RunSummary, runStudy } from '../src/study.ts';

/** Runs example studies in temporary folders, for the tests that go from registers to results. */

export const dataFolder = process.env.DESIST_DATA ?? resolve('..', 'shared', 'data');

/** Whether a data set is there; says loudly when it is not. */
export function hasData(name: string): boolean {
  const isThere = existsSync(join(dataFolder, name));
  if (!isThere)
    console.warn(`NOT RUN: the data set ${name} is not in ${dataFolder}; set DESIST_DATA to run its tests.`);
  return isThere;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'desist-study-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** A copy of an example study in a new temporary folder, without registers. */
export function copyExample(name: string): string {
  const folder = temporaryFolder();
  cpSync(join('examples', name), folder, { recursive: true });
  return folder;
}

export function runOptions(): RunOptions {
  return {
    environment: { ...process.env, DESIST_DATA: dataFolder },
    now: () => new Date(Date.UTC(2026, 0, 1)),
    who: 'test',
    command: 'test',
    notice: () => undefined,
  };
}

export interface ResultLine {
  readonly [column: string]: string;
}

/** results.csv as lines by column name. Only for our own CSV. */
export function readResults(folder: string): readonly ResultLine[] {
  const [header = '', ...lines] = readFileSync(join(folder, 'outputs', 'latest', 'results.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  const fields = (line: string): string[] =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      (match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? '',
    );
  const names = fields(header);
  return lines.map((line) => Object.fromEntries(fields(line).map((value, i) => [names[i] ?? '', value])));
}

export async function runExample(
  name: string,
): Promise<{ folder: string; summary: RunSummary; results: readonly ResultLine[] }> {
  const folder = copyExample(name);
  const summary = await runStudy(folder, runOptions());
  return { folder, summary, results: readResults(folder) };
}

/** The one row that fits; fails when there is none or more than one. */
export function rowOf(results: readonly ResultLine[], wanted: Readonly<Record<string, string>>): ResultLine {
  const found = results.filter((row) =>
    Object.entries(wanted).every(([column, value]) => row[column] === value),
  );
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} rows fit ${JSON.stringify(wanted)}`);
  return found[0];
}
