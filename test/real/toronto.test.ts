import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckDB, openStore, sql } from '../../src/engine/index.ts';
import { aggregateInterval } from '../../src/persontime/tables.ts';
import { dataFolder, hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** Counts with time at liberty, Nielsen et al.; crimCV. The published adjusted counts are the oracle of the import. */
describe.skipIf(!hasData('toronto_crimcv'))('the study of Toronto youths', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/toronto'));
  });
  afterAll(() => removeFolder(folder));

  it('has 5,682 contacts in 10,698.65 person-years at liberty', () => {
    const row = rowOf(results, {
      estimate_id: 'contacts',
      stratum: 'all',
      level: 'all',
      measure: 'rate',
      method: 'exact Poisson (Garwood)',
    });
    expect(Number(row.events)).toBe(5682);
    expect(Number(row.person_years)).toBeCloseTo(10_698.65, 2);
    expect(Number(row.value)).toBeCloseTo(5682 / 10_698.65, 5);
    expect(Number(row.persons)).toBe(378);
  });

  it('imports every cell: the published adjusted count is min(25, round(contacts / risk)) in all 11,718', async () => {
    const store = openStore(folder);
    const artefact = store.latest('05-persontime')?.outputs.find((one) => one.name === 'aggregate_interval');
    if (artefact === undefined) throw new Error('no aggregate_interval');
    const engine = await openDuckDB({ tempFolder: join(folder, '.desist', 'tmp'), folders: [folder] });
    await engine.bind(aggregateInterval, [store.pathOf(artefact)]);
    const cells = await engine.rows(
      { period: 'INTEGER', events: 'BIGINT', adjusted: 'BIGINT', cells: 'BIGINT' },
      // R rounds halves to even; no cell of this table lies on a half.
      sql`SELECT period, events, adjusted, count(*) AS cells FROM (
        SELECT period, CAST(events AS BIGINT) AS events,
          CAST(least(25, CASE WHEN events = 0 THEN 0 ELSE round(events / exposure) END) AS BIGINT) AS adjusted
        FROM ${aggregateInterval}) AS adjusted_cells
        GROUP BY period, events, adjusted ORDER BY period, events, adjusted`,
    );
    await engine.close();
    const read = (file: string) =>
      readFileSync(join(dataFolder, 'toronto_crimcv', file), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').slice(1).map(Number));
    const counts = read('TO1.csv');
    const adjusted = read('TO1adj.csv');
    const expected = new Map<string, number>();
    counts.forEach((row, i) => {
      row.forEach((count, k) => {
        const key = `${k + 8} ${count} ${adjusted[i]?.[k]}`;
        expected.set(key, (expected.get(key) ?? 0) + 1);
      });
    });
    const actual = new Map(
      cells.map((cell) => [`${cell.period} ${cell.events} ${cell.adjusted}`, cell.cells]),
    );
    expect([...actual.values()].reduce((sum: number, n) => sum + (n ?? 0), 0)).toBe(11_718);
    expect(actual).toEqual(expected);
  });

  it('reports the 27 contacts in almost no time at liberty apart', () => {
    const row = rowOf(results, {
      estimate_id: 'contacts',
      stratum: 'exposure',
      level: 'under 0.01 years at liberty',
      measure: 'events',
    });
    expect(Number(row.value)).toBe(27);
  });
});
