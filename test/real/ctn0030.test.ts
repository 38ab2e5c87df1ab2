import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/engine/index.ts';
import { hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** An opioid trial: daily doses as the treatment register, self-reported use as events (figures counted in the files). */
describe.skipIf(!hasData('ctn0030'))('the study of an opioid trial', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/ctn0030'));
  });
  afterAll(() => removeFolder(folder));
  const rowsIn = (variant: string, stage: string, table: string): number | undefined =>
    openStore(folder)
      .latest(variant === 'protocol' ? stage : `${variant}/${stage}`)
      ?.outputs.find((one) => one.name === table)?.rows;

  it('reads 50,432 dose rows of 651 people', () => {
    expect(rowsIn('protocol', '02-ingest', 'intervention_record')).toBe(50_432);
    expect(rowsIn('protocol', '03-link', 'person')).toBe(651);
  });

  it('joins them to 50,344 dose days', () => {
    expect(rowsIn('protocol', '04-journeys', 'spell')).toBeLessThanOrEqual(50_344);
  });

  it.each([
    ['protocol', 937],
    ['gap_14', 820],
    ['gap_21', 754],
    ['gap_30', 710],
  ])('builds the published number of journeys (%s: %i)', (variant, journeys) => {
    expect(rowsIn(variant, '04-journeys', 'journey')).toBe(journeys);
  });

  it('counts 15,661 use days in 18,228 before the first dose and 1,909 in 27,986 during the first journey', () => {
    const rate = (phase: string) =>
      rowOf(results, {
        estimate_id: 'use',
        variant: 'protocol',
        stratum: 'all',
        phase,
        clock: 'calendar',
        measure: 'rate',
        method: 'exact Poisson (Garwood)',
      });
    const before = rate('before');
    expect([Number(before.events), Math.round(Number(before.person_years) * 365.25)]).toEqual([
      15_661, 18_228,
    ]);
    const during = rate('in');
    expect([Number(during.events), Math.round(Number(during.person_years) * 365.25)]).toEqual([
      1_909, 27_986,
    ]);
  });

  it('draws the retention curve from the same protocol', () => {
    const curve = results.filter(
      (row) =>
        row.estimate_id === 'retention' &&
        row.variant === 'protocol' &&
        row.stratum === 'all' &&
        row.measure === 'survival',
    );
    expect(curve.length).toBeGreaterThan(50);
    expect(Math.max(...curve.map((row) => Number(row.value)))).toBeLessThan(1);
  });
});
