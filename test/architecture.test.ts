import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { beforeAll, describe, expect, it } from 'vitest';
import { STAGES } from '../src/stages.ts';
import { VERSION } from '../src/version.ts';

/** The import rules of ARCHITECTURE.md, derived from STAGES. A rule set that matches nothing is silent, so modules are counted. */

const forbidden = (name: string, from: object, to: object): IForbiddenRuleType =>
  ({ name, severity: 'error', from, to }) as IForbiddenRuleType;
const notTests = '\\.test\\.ts$';
/** Files at the root of src that call stages: the runner, and what is asked of a study beside running it. */
const CALLERS = '^src/(study|trace)\\.ts$';

const rules: IForbiddenRuleType[] = [
  ...STAGES.slice(0, -1).map((stage, i) =>
    forbidden(
      `${stage} knows no later stage`,
      { path: `^src/${stage}/`, pathNot: notTests },
      { path: `^src/(${STAGES.slice(i + 1).join('|')})/` },
    ),
  ),
  ...STAGES.map((stage) =>
    forbidden(
      `stages meet ${stage} only at its tables.ts`,
      { path: '^src/', pathNot: `^src/${stage}/|${CALLERS}|^src/(cli|index\\.ts)|${notTests}` },
      { path: `^src/${stage}/`, pathNot: `^src/${stage}/tables\\.ts$` },
    ),
  ),
  ...STAGES.map((stage) =>
    forbidden(
      `${stage} is entered by index.ts or tables.ts`,
      { path: '^src/', pathNot: `^src/${stage}/|${notTests}` },
      { path: `^src/${stage}/`, pathNot: `^src/${stage}/(index|tables|analysis-table)\\.ts$` },
    ),
  ),
  forbidden(
    'engine is a leaf',
    { path: '^src/engine/', pathNot: notTests },
    { path: '^src/', pathNot: '^src/(engine/|errors\\.ts$)' },
  ),
  forbidden('stats imports nothing', { path: '^src/stats/', pathNot: notTests }, { pathNot: '^src/stats/' }),
  forbidden(
    'only engine/duckdb knows DuckDB',
    { path: '^src/', pathNot: `^src/engine/duckdb/|${notTests}` },
    { path: '@duckdb' },
  ),
  forbidden(
    'engines are entered by index.ts',
    { path: '^src/', pathNot: `^src/engine/|${notTests}` },
    { path: '^src/engine/(duckdb|[^/]+\\.ts$)', pathNot: '^src/engine/index\\.ts$' },
  ),
  forbidden('nothing imports cli', { path: '^src/', pathNot: '^src/cli/' }, { path: '^src/cli/' }),
  forbidden(
    'only cli knows commander and progress bars',
    { path: '^src/', pathNot: '^src/cli/' },
    { path: 'node_modules/(commander|cli-progress)/' },
  ),
  forbidden(
    'synth uses engine, stats and tables only',
    { path: '^src/synth/', pathNot: notTests },
    { path: '^src/', pathNot: '^src/(synth|engine|stats)/|tables\\.ts$|^src/errors\\.ts$' },
  ),
  forbidden(
    'no stage uses synth',
    { path: `^src/(${STAGES.join('|')})/`, pathNot: notTests },
    { path: '^src/synth/' },
  ),
  forbidden('no cycles', { path: '^src/' }, { circular: true }),
];

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) return sourceFiles(path);
    return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : [];
  });
}

describe('the architecture', () => {
  let result: ICruiseResult;
  beforeAll(async () => {
    const cruised = await cruise(
      ['src'],
      {
        ruleSet: { forbidden: rules },
        validate: true,
        tsPreCompilationDeps: true,
        doNotFollow: { path: 'node_modules' },
        combinedDependencies: false,
      },
      undefined,
      { tsConfig: undefined },
    );
    result = cruised.output as ICruiseResult;
  });

  it('cruises every module of src', () => {
    const cruised = result.modules.filter(
      (module) => module.source.startsWith('src/') && !module.source.endsWith('.test.ts'),
    );
    expect(cruised.length).toBe(sourceFiles('src').length);
    expect(cruised.length).toBeGreaterThan(100);
  });

  it('keeps its import rules', () => {
    const broken = result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
    expect(broken).toEqual([]);
  });

  it('finds a planted violation', async () => {
    const planted = await cruise(['test/fixtures/architecture'], {
      ruleSet: { forbidden: [forbidden('planted', { path: 'earlier' }, { path: 'later' })] },
      validate: true,
      tsPreCompilationDeps: true,
    });
    expect((planted.output as ICruiseResult).summary.violations.map(({ rule }) => rule.name)).toEqual([
      'planted',
    ]);
  });

  it('makes Released in one file only', () => {
    const makers = sourceFiles('src').filter((file) =>
      /as unknown as Released|\[RELEASED\]|seal\s*=|function seal/.test(readFileSync(file, 'utf8')),
    );
    expect(makers).toEqual(['src/disclose/released.ts']);
  });

  it('lets nothing after link read an identifier', () => {
    const readers = sourceFiles('src').filter((file) =>
      /\b(personRecord|personLink)\b/.test(readFileSync(file, 'utf8')),
    );
    expect(readers.every((file) => /^src\/(ingest|link)\//.test(file))).toBe(true);
    expect(readers).toContain('src/link/persons.ts');
  });

  it('asks no engine for its name outside the engine folder', () => {
    const askers = sourceFiles('src')
      .filter((file) => !file.startsWith('src/engine/'))
      .filter((file) => /(engine|dialect)\.name\s*[=!]==/.test(readFileSync(file, 'utf8')));
    expect(askers).toEqual([]);
  });

  it('touches process and the console only in the command line', () => {
    const touchers = sourceFiles('src')
      .filter((file) => !file.startsWith('src/cli/'))
      .filter((file) =>
        /\bconsole\.|\bprocess\.(?!platform|pid\b)/.test(
          readFileSync(file, 'utf8').replace(/\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, ''),
        ),
      );
    expect(touchers).toEqual([]);
  });

  it('suppresses no rule of lint or types', () => {
    const offenders = sourceFiles('src').filter((file) =>
      /biome-ignore|@ts-(ignore|expect-error|nocheck)/.test(readFileSync(file, 'utf8')),
    );
    expect(offenders).toEqual([]);
  });

  it('has one version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(VERSION).toBe(version);
  });
});
