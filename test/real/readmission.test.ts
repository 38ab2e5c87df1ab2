import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** R 4.2: survival 3.5 (coxph, survfit, finegray), cmprsk 2.2 (cuminc, crr) on the same 403 patients. */
describe.skipIf(!hasData('recurrent_classics'))('the study of readmissions, some ended by death', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/readmission'));
  }, 60_000);
  afterAll(() => removeFolder(folder));
  const row = (wanted: Readonly<Record<string, string>>): ResultLine =>
    rowOf(results, { estimate_id: 'readmissions', stratum: 'all', level: 'all', ...wanted });

  it('counts 458 readmissions of 403 patients', () => {
    expect(row({ measure: 'persons' }).value).toBe('403');
    expect(row({ measure: 'events' }).value).toBe('458');
  });

  it.each([
    ['chemotherapy: Treated / NonTreated', -0.266982928405, 0.166654666778],
    ['sex: Male / Female', 0.499446597119, 0.168503332615],
    ['dukes: C / A-B', 0.389891585272, 0.189686166668],
    ['dukes: D / A-B', 1.530942703103, 0.22086359366],
  ])('estimates the Andersen-Gill model as coxph does: %s', (contrast, coefficient, robust) => {
    const log = row({ measure: 'coefficient', contrast });
    expect(Number(log.value)).toBeCloseTo(coefficient, 9);
    expect(Number(log.std_error)).toBeCloseTo(robust, 9);
  });

  it('has the mean of survfit when deaths are censored, and a lower one when they are counted', () => {
    const at = (measure: string, time: number) => row({ measure, time: String(time) });
    expect(Number(at('mcf_at', 730).value)).toBeCloseTo(1.013099336084, 11);
    expect(Number(at('mcf_at', 730).std_error)).toBeCloseTo(0.1073020200962, 11);
    // By hand in R: the sum of S(u-) dN / Y, with S the survival of the terminal event.
    const withDeath = [365, 730, 1095, 1460].map((time) => Number(at('mcf_with_death_at', time).value));
    expect(withDeath).toEqual([
      expect.closeTo(0.601310381285, 11),
      expect.closeTo(0.908914849348, 11),
      expect.closeTo(1.074560466733, 11),
      expect.closeTo(1.292908534062, 11),
    ]);
  });

  const first = (wanted: Readonly<Record<string, string>>) =>
    row({ estimate_id: 'first_readmission', ...wanted });

  it('has the cumulative incidence of the first readmission and of death before it as survfit', () => {
    const at = (phase: string, time: number) =>
      first({ measure: 'cumulative_incidence_at', phase, time: String(time) });
    expect(Number(at('first offence', 365).value)).toBeCloseTo(0.331460548802, 11);
    expect(Number(at('first offence', 365).std_error)).toBeCloseTo(0.0237991024036, 11);
    expect(Number(at('first offence', 365).ci_low)).toBeCloseTo(0.28794859964, 10);
    expect(Number(at('death', 1095).value)).toBeCloseTo(0.0805164886654, 11);
    expect(Number(at('death', 1095).std_error)).toBeCloseTo(0.0138942863427, 11);
  });

  it('has the Gray tests of cuminc', () => {
    const gray = (phase: string) =>
      Number(first({ stratum: 'chemotherapy', level: 'all levels', measure: 'gray_test', phase }).value);
    expect(gray('first offence')).toBeCloseTo(8.29660954468, 8);
    expect(gray('death')).toBeCloseTo(9.63352810767, 6);
  });

  it.each([
    ['chemotherapy: Treated / NonTreated', -0.160593163479, 0.153501855145, -0.389176367177],
    ['sex: Male / Female', 0.267295870779, 0.14601827558, 0.352386278763],
    ['dukes: C / A-B', 0.351751456395, 0.173040073269, 0.222197897304],
    ['dukes: D / A-B', 1.301578155067, 0.200840099798, 0.715255657293],
  ])(
    'has the cause-specific Cox model of coxph and the Fine-Gray model of finegray: %s',
    (contrast, cox, se, fineGray) => {
      const log = (method: string) => first({ measure: 'coefficient', contrast, method });
      expect(Number(log('Cox, Efron ties').value)).toBeCloseTo(cox, 9);
      expect(Number(log('Cox, Efron ties').std_error)).toBeCloseTo(se, 9);
      expect(Number(log('Fine-Gray, Breslow ties').value)).toBeCloseTo(fineGray, 8);
    },
  );
});
