import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** Published and R results: Caplehorn & Bell 1991; Kleinbaum & Klein; Rodriguez. See data/addicts/README.md. */
describe.skipIf(!hasData('addicts'))('the study of two methadone clinics', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/addicts'));
  });
  afterAll(() => removeFolder(folder));
  const value = (wanted: Readonly<Record<string, string>>): number =>
    Number(rowOf(results, { estimate_id: 'retention', variant: 'protocol', ...wanted }).value);

  it('has 150 departures in 95,812 days', () => {
    const row = rowOf(results, { estimate_id: 'retention', stratum: 'all', measure: 'events' });
    expect(Number(row.value)).toBe(150);
    expect(Math.round(Number(row.person_years) * 365.25)).toBe(95_812);
  });

  it('retains 0.554 and 0.716 at a year, 0.201 and 0.575 at two', () => {
    const at = (clinic: string, time: string) =>
      value({ stratum: 'clinic', level: clinic, measure: 'survival_at', time });
    expect(at('clinic 1', '365')).toBeCloseTo(0.554, 3);
    expect(at('clinic 2', '365')).toBeCloseTo(0.716, 3);
    expect(at('clinic 1', '730')).toBeCloseTo(0.201, 3);
    expect(at('clinic 2', '730')).toBeCloseTo(0.575, 3);
  });

  it('has a median of 428 days in clinic 1, 348 to 514 by the log interval and 341 to 512 by the log-log interval', () => {
    const median = (estimate_id: string) => {
      const row = rowOf(results, { estimate_id, stratum: 'clinic', level: 'clinic 1', measure: 'median' });
      return [row.value, row.ci_low, row.ci_high].map(Number);
    };
    expect(median('retention')).toEqual([428, 348, 514]);
    expect(median('retention_log_log')).toEqual([428, 341, 512]);
  });

  it('finds the clinics different by the log-rank test: chi-square 27.89', () => {
    expect(value({ stratum: 'clinic', measure: 'log_rank' })).toBeCloseTo(27.89, 2);
  });
});
