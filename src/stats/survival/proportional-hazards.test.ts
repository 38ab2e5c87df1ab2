import { describe, expect, it } from 'vitest';
import { fitCox } from './cox.ts';
import { dfbetaResiduals, martingaleResiduals, schoenfeldResiduals } from './cox-residuals.ts';
import { testProportionalHazards } from './proportional-hazards.ts';

/** Six people of one binary covariate, no ties: everything is a sum over six risk sets. */
const x = [1, 0, 1, 0, 0, 1];
const time = [1, 2, 3, 4, 5, 6];
const event = [1, 1, 0, 1, 1, 1];
const rows = { rows: 6, columns: 1, x: Float64Array.from(x), stop: Float64Array.from(time), event };
const fit = fitCox(rows);
if (fit.status !== 'estimated') throw new Error(fit.status);
const beta = fit.coefficient[0] as number;

/** Share of the risk at each event time that the people with x = 1 carry, by definition. */
const share = time.map((t) => {
  const risk = x.map((v, i) => ((time[i] as number) >= t ? Math.exp(v * beta) : 0));
  const total = risk.reduce((a, b) => a + b, 0);
  return { mean: risk.reduce((sum, r, i) => sum + r * (x[i] as number), 0) / total, total };
});
const deaths = time.map((_, k) => k).filter((k) => event[k] === 1);

describe('Six people, by hand', () => {
  it('Schoenfeld residuals are covariate less its mean in the risk set, and sum to zero', () => {
    const { residual } = schoenfeldResiduals(rows, fit);
    deaths.forEach((k, line) => {
      expect(residual[line]).toBeCloseTo((x[k] as number) - (share[k]?.mean as number), 12);
    });
    expect(residual.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 10);
  });

  it('martingale residuals are events less the hazard lived through, and sum to zero', () => {
    const residual = martingaleResiduals(rows, fit);
    time.forEach((t, i) => {
      const hazard = deaths
        .filter((k) => (time[k] as number) <= t)
        .reduce((sum, k) => sum + 1 / (share[k]?.total as number), 0);
      expect(residual[i]).toBeCloseTo((event[i] as number) - Math.exp((x[i] as number) * beta) * hazard, 12);
    });
    expect(residual.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 10);
  });

  it('dfbeta sums to zero and, squared, to the robust variance', () => {
    const change = dfbetaResiduals(rows, fit);
    expect(change.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 10);
    const robust = fitCox(rows, { cluster: 'rows' });
    if (robust.status !== 'estimated' || robust.robust === null) throw new Error('no estimate');
    const squares = change.reduce((sum, v) => sum + v * v, 0);
    expect(Math.sqrt(squares)).toBeCloseTo(robust.robust.se[0] as number, 12);
  });

  it('the test is the score test of the covariate times time', () => {
    // U = sum g (x - mean); its variance given that beta is fitted: sum g^2 v - (sum g v)^2 / sum v, v = mean (1 - mean).
    const sum = (of: (k: number) => number): number => deaths.reduce((total, k) => total + of(k), 0);
    const mean = (k: number): number => share[k]?.mean as number;
    const v = (k: number): number => mean(k) * (1 - mean(k));
    const g = (k: number): number => time[k] as number;
    const u = sum((k) => g(k) * ((x[k] as number) - mean(k)));
    const variance = sum((k) => g(k) ** 2 * v(k)) - sum((k) => g(k) * v(k)) ** 2 / sum(v);
    const test = testProportionalHazards(rows, fit, { transform: 'identity' });
    expect(test.global.chi_square).toBeCloseTo(u ** 2 / variance, 10);
    expect(test.global.degrees_of_freedom).toBe(1);
  });
});
