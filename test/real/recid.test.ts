import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** R 4.2 (survival 3.5): coxph, survfit and survdiff on the same 1,445 people; Wooldridge's Weibull model has the same signs. */
describe.skipIf(!hasData('recid'))('the study of returns to prison', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/recid'));
  }, 60_000);
  afterAll(() => removeFolder(folder));
  const row = (wanted: Readonly<Record<string, string>>): ResultLine =>
    rowOf(results, { estimate_id: 'return', variant: 'protocol', stratum: 'all', level: 'all', ...wanted });

  it('follows 1,445 people, of whom 552 return', () => {
    expect(row({ measure: 'persons' }).value).toBe('1445');
    expect(row({ measure: 'events' }).value).toBe('552');
  });

  it.each([
    ['programme: work programme / no work programme', 0.084404725996, 0.090810949783],
    ['priors: one more', 0.08801651273, 0.0134634320327],
    ['tserved: one more', 0.013065153135, 0.0016826736645],
    ['felony: felony / no felony', -0.283903744709, 0.1061160392263],
    ['alcohol: alcohol problem / no alcohol problem', 0.432998505319, 0.1057236427752],
    ['drugs: drug history / no drug history', 0.277604351936, 0.097866024256],
    ['race: black / other', 0.435064729798, 0.0883757115389],
    ['married: married / not married', -0.155136760181, 0.1092094219946],
    ['educ: one more', -0.02136124662, 0.0194457541394],
    ['age: one more', -0.003605479378, 0.0005228187955],
  ])('estimates the Cox model as coxph does: %s', (contrast, coefficient, se) => {
    const log = row({ measure: 'coefficient', contrast });
    expect(Number(log.value)).toBeCloseTo(coefficient, 9);
    expect(Number(log.std_error)).toBeCloseTo(se, 9);
  });

  it('has the log likelihood and the tests of R', () => {
    expect(Number(row({ measure: 'log_likelihood' }).value)).toBeCloseTo(-3813.07853497, 7);
    const ph = (contrast: string) => Number(row({ level: 'all levels', measure: 'ph_test', contrast }).value);
    expect(ph('all terms')).toBeCloseTo(15.88179244, 6);
    expect(ph('married')).toBeCloseTo(3.586158889, 7);
    expect(Number(row({ stratum: 'programme', level: 'all levels', measure: 'log_rank' }).value)).toBeCloseTo(
      0.2893033,
      7,
    );
  });

  it('has the curve of survfit', () => {
    const free = (time: string) => Number(row({ measure: 'survival_at', time }).value);
    expect([12, 24, 36, 60].map((time) => free(String(time)))).toEqual([
      expect.closeTo(0.8733564014, 9),
      expect.closeTo(0.7660899654, 9),
      expect.closeTo(0.7044982699, 9),
      expect.closeTo(0.6373702422, 9),
    ]);
    const mean = row({ measure: 'restricted_mean' });
    expect(Number(mean.value)).toBeCloseTo(46.054671280277, 9);
    expect(Number(mean.std_error)).toBeCloseTo(0.543534487491, 8);
  });
});
