/** Published figures on real registers, to the decimals printed. */
import { describe, expect, it } from 'vitest';
import { type CoxEstimate, type CoxOptions, fitCox } from '../../src/stats/survival/cox.ts';
import type { CoxRows } from '../../src/stats/survival/cox-rows.ts';
import { estimateMeanCumulativeFunction, meanAt } from '../../src/stats/survival/mean-cumulative-function.ts';
import { testProportionalHazards } from '../../src/stats/survival/proportional-hazards.ts';
import { splitTime } from '../../src/stats/survival/split-time.ts';
import { codes, designOf, indicator, realColumns, realText } from './survival-data.ts';

function estimated(rows: CoxRows, options: CoxOptions = {}): CoxEstimate {
  const fit = fitCox(rows, options);
  if (fit.status !== 'estimated') throw new Error(fit.status);
  return fit;
}

const rounded = (values: ArrayLike<number>, digits: number) => Array.from(values, (v) => v.toFixed(digits));

const addicts = realColumns('addicts/addicts.csv');
describe.skipIf(!addicts)('Leaving methadone treatment (Caplehorn & Bell 1991; Kleinbaum & Klein)', () => {
  const column = (name: string) => addicts?.[name] ?? new Float64Array();
  const [clinic, prison, dose, stop, event] = ['clinic', 'prison', 'dose', 'days', 'departed'].map(
    column,
  ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  const base = { rows: stop.length, stop, event };
  const breslow = { ties: 'breslow' } as const;

  it('Cox model of clinic, prison record and dose', () => {
    const rows = { ...base, columns: 3, x: designOf(clinic, prison, dose) };
    const fit = estimated(rows, breslow);
    expect(rounded(fit.coefficient, 3)).toEqual(['-1.009', '0.327', '-0.035']);
    expect(rounded(fit.se, 3)).toEqual(['0.215', '0.167', '0.006']);
    expect(fit.log_likelihood.toFixed(2)).toBe('-673.40');
    const test = testProportionalHazards(rows, fit);
    expect(
      rounded(
        test.terms.map((t) => t.chi_square),
        2,
      ),
    ).toEqual(['11.11', '0.84', '0.50']);
    expect(test.terms[0]?.p_value).toBeLessThan(0.001);
  });

  it('stratified by clinic, whose hazards are not proportional', () => {
    const stratum = Int32Array.from(clinic);
    const fit = estimated({ ...base, columns: 2, x: designOf(prison, dose), stratum }, breslow);
    expect(rounded(fit.coefficient, 3)).toEqual(['0.389', '-0.035']);
    expect(fit.log_likelihood.toFixed(2)).toBe('-597.71');
  });

  it('the clinic effect grows after a year: hazard ratio 0.632, then 0.161', () => {
    const split = splitTime({ start: stop.map(() => 0), stop, event }, Float64Array.of(365));
    const of = (column: Float64Array) => Float64Array.from(split.source, (i) => column[i] as number);
    const inBand = (band: number) => of(clinic).map((c, i) => (split.band[i] === band ? c : 0));
    const x = designOf(inBand(0), inBand(1), of(prison), of(dose));
    const { start, stop: end, event: left } = split;
    const fit = estimated({ rows: start.length, columns: 4, x, start, stop: end, event: left }, breslow);
    expect(rounded(fit.coefficient.subarray(0, 2).map(Math.exp), 3)).toEqual(['0.632', '0.161']);
  });
});

const readmissions = realText('recurrent_classics/readmission_colorectal.csv');
describe.skipIf(!readmissions)('Readmission after colorectal cancer (Gonzalez et al. 2005)', () => {
  const text = (name: string) => readmissions?.[name] ?? [];
  const column = (name: string) => Float64Array.from(text(name), Number);
  const person = codes(text('id'));
  const intervals = { start: column('t.start'), stop: column('t.stop'), event: column('event') };

  it('Andersen-Gill: chemotherapy -0.267 (robust 0.167), Dukes D 1.531', () => {
    const x = designOf(
      indicator(text('chemo'), 'Treated'),
      indicator(text('sex'), 'Male'),
      indicator(text('dukes'), 'C'),
      indicator(text('dukes'), 'D'),
    );
    const fit = estimated({ rows: person.length, columns: 4, x, ...intervals }, { cluster: person });
    expect(rounded(fit.coefficient, 3)).toEqual(['-0.267', '0.499', '0.390', '1.531']);
    expect(rounded(fit.robust?.se ?? [], 3)).toEqual(['0.167', '0.169', '0.190', '0.221']);
    expect([fit.events, fit.robust?.clusters]).toEqual([458, 403]);
  });

  it('fewer readmissions per person when the dead count as having no more', () => {
    const terminal = column('death');
    const [asCensored] = estimateMeanCumulativeFunction({ person, ...intervals });
    const [asEnd] = estimateMeanCumulativeFunction({ person, ...intervals, terminal });
    if (!asCensored || !asEnd) throw new Error('no curve');
    expect(terminal.reduce((a, b) => a + b, 0)).toBe(109);
    const at = [365, 1095, 1825];
    const [free, ended] = [meanAt(asCensored, at).mean, meanAt(asEnd, at).mean];
    at.forEach((_, k) => {
      expect(ended[k]).toBeLessThan(free[k] as number);
      expect(ended[k]).toBeGreaterThan(0.5 * (free[k] as number));
    });
  });
});
