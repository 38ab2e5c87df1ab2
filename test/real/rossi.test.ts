import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** R 4.2 (survival 3.5); the coefficients are also those of Fox & Weisberg, Allison and the lifelines manual. */
describe.skipIf(!hasData('rossi'))('the study of arrests after release', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/rossi'));
  }, 60_000);
  afterAll(() => removeFolder(folder));
  const row = (wanted: Readonly<Record<string, string>>): ResultLine =>
    rowOf(results, { estimate_id: 'arrest', variant: 'protocol', stratum: 'all', level: 'all', ...wanted });

  it('follows 432 people, of whom 114 are arrested', () => {
    expect(row({ measure: 'persons' }).value).toBe('432');
    expect(row({ measure: 'events' }).value).toBe('114');
  });

  it.each([
    ['aid: aid / no aid', -0.37942216687, 0.19137948071],
    ['age: one more', -0.05743774301, 0.02199947063],
    ['race: black / other', 0.31389978595, 0.30799277639],
    ['work: work experience / no work experience', -0.14979569722, 0.21222429616],
    ['married: married / not married', -0.43370387669, 0.38186805746],
    ['parole: parole / no parole', -0.08487108299, 0.19575667192],
    ['prio: one more', 0.09149707935, 0.02864855007],
  ])('estimates the Cox model as coxph does: %s', (contrast, coefficient, se) => {
    const log = row({ measure: 'coefficient', contrast });
    expect(Number(log.value)).toBeCloseTo(coefficient, 9);
    expect(Number(log.std_error)).toBeCloseTo(se, 9);
    const ratio = row({ measure: 'hazard_ratio', contrast });
    expect(Number(ratio.value)).toBeCloseTo(Math.exp(coefficient), 9);
    expect(Number(ratio.ci_low)).toBeCloseTo(Math.exp(coefficient - 1.959963985 * se), 8);
  });

  it('has the log likelihood -658.747659 and the Wald, likelihood ratio and PH tests of R', () => {
    expect(Number(row({ measure: 'log_likelihood' }).value)).toBeCloseTo(-658.747659446, 8);
    const test = (wanted: Readonly<Record<string, string>>) =>
      Number(row({ level: 'all levels', ...wanted }).value);
    expect(test({ measure: 'likelihood_ratio_test' })).toBeCloseTo(2 * (675.380632347 - 658.747659446), 7);
    expect(test({ measure: 'ph_test', contrast: 'age' })).toBeCloseTo(5.97398166115, 7);
    expect(test({ measure: 'ph_test', contrast: 'work' })).toBeCloseTo(4.2245956387, 7);
    expect(test({ measure: 'ph_test', contrast: 'aid' })).toBeCloseTo(0.06242975009, 7);
    expect(test({ measure: 'ph_test', contrast: 'all terms' })).toBeCloseTo(17.69441529603, 7);
  });

  it('has the Breslow coefficients with robust standard errors', () => {
    const log = row({ estimate_id: 'arrest_breslow', measure: 'coefficient', contrast: 'aid: aid / no aid' });
    expect(Number(log.value)).toBeCloseTo(-0.3790218878, 9);
    expect(Number(log.std_error)).toBeCloseTo(0.1946877400934, 9);
    expect(log.method).toBe('Cox, Breslow ties, robust variance');
    expect(Number(row({ estimate_id: 'arrest_breslow', measure: 'log_likelihood' }).value)).toBeCloseTo(
      -659.120605677,
      8,
    );
  });

  it('has the curves, the log-rank test and the mean weeks free of arrest of survfit', () => {
    const of = (level: string, wanted: Readonly<Record<string, string>>) =>
      row({ stratum: 'aid', level, ...wanted });
    const free = of('no aid', { measure: 'survival_at', time: '52' });
    expect(Number(free.value)).toBeCloseTo(0.6944444444, 9);
    expect(Number(free.ci_low)).toBeCloseTo(0.6356525057, 9);
    expect(Number(of('aid', { measure: 'survival_at', time: '52' }).value)).toBeCloseTo(0.7777777778, 9);
    expect(Number(of('all levels', { measure: 'log_rank' }).value)).toBeCloseTo(3.837569577, 8);
    const mean = of('aid', { measure: 'restricted_mean' });
    expect(Number(mean.value)).toBeCloseTo(46.875, 9);
    expect(Number(mean.std_error)).toBeCloseTo(0.7933248959, 8);
    const difference = of('all levels', { measure: 'restricted_mean_difference' });
    expect(Math.abs(Number(difference.value))).toBeCloseTo(46.875 - 44.8333333333, 8);
    expect(Number(difference.std_error)).toBeCloseTo(Math.hypot(0.7933248959, 0.9176715405), 8);
  });
});
