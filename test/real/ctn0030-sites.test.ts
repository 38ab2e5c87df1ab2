import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** Ten sites of a trial compared. The numbers are R's: examples/real/ctn0030-sites/parity.R. */
describe.skipIf(!hasData('ctn0030'))('the study of ten sites', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/ctn0030-sites'));
  });
  afterAll(() => removeFolder(folder));

  const coefficient = (estimate_id: string, level: string, kind: string): ResultLine => {
    const rows = results.filter(
      (row) =>
        row.estimate_id === estimate_id &&
        row.level === level &&
        row.measure === 'coefficient' &&
        row.method?.includes(kind) === true,
    );
    if (rows.length !== 1 || rows[0] === undefined)
      throw new Error(`${rows.length} coefficients of ${level}`);
    return rows[0];
  };
  const near = (actual: string | undefined, expected: number, relative: number): void => {
    expect(Math.abs(Number(actual) / expected - 1)).toBeLessThan(relative);
  };

  it('counts 1,909 use days in 27,986 days of treatment', () => {
    const row = rowOf(results, { estimate_id: 'sites', stratum: 'all', measure: 'person_years' });
    expect([Number(row.events), Math.round(Number(row.value) * 365.25)]).toEqual([1909, 27_986]);
  });

  it.each([
    ['crude', '12', -0.644175167769427, 0.158560928798751, 1.25168819231134e-4],
    ['crude', '16', -1.24127229916982, 0.384615409977619, 1.79975125331041e-2],
    ['crude', '35', -1.61133758316814, 0.311240999620543, 6.73838789263992e-6],
    ['adjusted for sex and age', '12', -0.678787911590336, 0.158484939283458, 5.63462703119855e-5],
    ['adjusted for sex and age', '16', -1.08631643046783, 0.409212644100385, 3.58563097336168e-2],
    ['adjusted for sex and age', '35', -1.59734788872819, 0.307780280385948, 6.41330833718824e-6],
  ] as const)(
    '%s: the ratio of site %s, its CR2 error and its p are those of clubSandwich',
    (kind, site, b, se, p) => {
      const row = coefficient('sites', site, kind);
      near(row.value, b, 1e-9);
      near(row.std_error, se, 1e-9);
      near(row.p_value, p, 1e-6);
    },
  );

  it.each([
    ['crude', 5.48823005460645, 2.71061499168744e-7],
    ['adjusted for sex and age', 5.18725075755563, 8.03018174664249e-7],
  ] as const)('%s: the joint test is that of R', (kind, f, p) => {
    const [row] = results.filter(
      ({ measure, method, estimate_id }) =>
        estimate_id === 'sites' && measure === 'equal_rates_test' && method?.includes(kind) === true,
    );
    expect(row?.method).toContain('Wald F, 9 and 650 d.f.');
    near(row?.value, f, 1e-8);
    near(row?.p_value, p, 1e-6);
  });

  it.each([
    ['12', -0.63538005206195],
    ['16', -1.26646969546494],
    ['35', -1.51327469683171],
  ] as const)('the negative binomial ratio of site %s is that of glm.nb', (site, b) => {
    near(coefficient('sites_negative_binomial', site, 'negative binomial').value, b, 1e-7);
  });

  it('has the theta of glm.nb and the overdispersion of the funnel', () => {
    const whole = (estimate_id: string, measure: string): number =>
      Number(rowOf(results, { estimate_id, level: 'all levels', measure }).value);
    near(String(1 / whole('sites_negative_binomial', 'overdispersion')), 0.699634758312909, 1e-7);
    near(String(whole('sites', 'funnel_overdispersion')), 10.0396106439398, 1e-8);
  });

  it('has p-values for nine contrasts: Holm and Benjamini-Hochberg by the definitions', () => {
    const rows = results.filter(
      (row) =>
        row.estimate_id === 'sites' && row.method?.endsWith('crude') === true && row.stratum === 'site',
    );
    const p = rows
      .filter(({ measure }) => measure === 'coefficient')
      .map(({ level, p_value }) => ({ level, p: Number(p_value) }))
      .sort((a, b) => a.p - b.p);
    expect(p.length).toBe(9);
    const of = (measure: string, level: string | undefined): number =>
      Number(rows.find((row) => row.measure === measure && row.level === level)?.value);
    p.forEach(({ level }, i) => {
      const holm = Math.max(...p.slice(0, i + 1).map((one, k) => one.p * (9 - k)));
      const bh = Math.min(...p.slice(i).map((one, k) => (one.p * 9) / (i + k + 1)));
      expect(of('p_value_holm', level)).toBeCloseTo(Math.min(1, holm), 10);
      expect(of('p_value_bh', level)).toBeCloseTo(Math.min(1, bh), 10);
    });
    // Site 16 is far away on twelve patients: six degrees of freedom, and nothing left after Holm.
    expect(of('p_value_holm', '16')).toBeGreaterThan(0.05);
  });
});
