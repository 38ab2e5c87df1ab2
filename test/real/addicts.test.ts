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

  it.each([
    ['clinic: clinic 2 / clinic 1', -1.00886960477, 0.214870913495, -1.009],
    ['prison: prison record / no prison record', 0.32651075194, 0.167221106839, 0.327],
    ['dose: one more', -0.03539615076, 0.006379491906, -0.0354],
  ])(
    'estimates the published Cox model, Breslow ties, to the digits of R: %s',
    (contrast, r, se, published) => {
      const log = rowOf(results, { estimate_id: 'retention', measure: 'coefficient', contrast });
      expect(Number(log.value)).toBeCloseTo(r, 9);
      expect(Number(log.std_error)).toBeCloseTo(se, 9);
      expect(Number(log.value)).toBeCloseTo(published, contrast.startsWith('dose') ? 4 : 3);
    },
  );

  it('finds the hazards of the clinics not proportional, and no fault with prison and dose', () => {
    const test = (contrast: string) => {
      const row = rowOf(results, { estimate_id: 'retention', measure: 'ph_test', contrast });
      return [Number(row.value), Number(row.p_value)];
    };
    expect(test('clinic')).toEqual([expect.closeTo(11.1128427781, 7), expect.closeTo(0.0008573198, 8)]);
    expect(test('prison')[0]).toBeCloseTo(0.8436126645, 7);
    expect(test('dose')[0]).toBeCloseTo(0.5017036717, 7);
    expect(test('all terms')[1]).toBeCloseTo(0.0066817578, 8);
  });

  it('has the log likelihoods -673.402421 and, stratified by clinic, -597.516475', () => {
    const log = (estimate_id: string) =>
      Number(rowOf(results, { estimate_id, measure: 'log_likelihood' }).value);
    expect(log('retention')).toBeCloseTo(-673.402421476, 8);
    expect(log('retention_by_clinic')).toBeCloseTo(-597.516475174, 8);
  });

  it('estimates the model stratified by clinic as R does', () => {
    const log = (contrast: string) =>
      rowOf(results, { estimate_id: 'retention_by_clinic', measure: 'coefficient', contrast });
    const prison = log('prison: prison record / no prison record');
    expect(Number(prison.value)).toBeCloseTo(0.3896045946, 9);
    expect(Number(prison.std_error)).toBeCloseTo(0.168929752149, 9);
    expect(Number(log('dose: one more').value)).toBeCloseTo(-0.03511467648, 9);
  });

  it('has mean days in treatment within two years of 412 and 545', () => {
    const mean = (level: string) =>
      rowOf(results, { estimate_id: 'retention', stratum: 'clinic', level, measure: 'restricted_mean' });
    expect(Number(mean('clinic 1').value)).toBeCloseTo(412.3584736, 6);
    expect(Number(mean('clinic 1').std_error)).toBeCloseTo(19.80556408, 6);
    expect(Number(mean('clinic 2').value)).toBeCloseTo(544.7942488, 6);
  });
});
