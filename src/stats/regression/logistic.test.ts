import { describe, expect, it } from 'vitest';
import { designFromRows } from './design.ts';
import { fitLogistic } from './logistic.ts';

const groups = (rows: number[][], successes: number[], trials: number[]) => ({
  design: designFromRows(rows),
  successes: Float64Array.from(successes),
  trials: Float64Array.from(trials),
});

describe('Logistic regression', () => {
  it('two groups: the log odds ratio and its Woolf variance', () => {
    const fit = fitLogistic(
      groups(
        [
          [1, 0],
          [1, 1],
        ],
        [15, 32],
        [40, 50],
      ),
    );
    if (fit.status !== 'estimated') throw new Error(fit.status);
    expect(fit.coefficient[1]).toBeCloseTo(Math.log((32 * 25) / (18 * 15)), 12);
    expect(fit.se[1]).toBeCloseTo(Math.sqrt(1 / 15 + 1 / 25 + 1 / 32 + 1 / 18), 12);
    expect(fit.probability[0]).toBeCloseTo(15 / 40, 12);
  });

  it('a group in which everybody relapsed is separated', () => {
    const fit = fitLogistic(
      groups(
        [
          [1, 0],
          [1, 1],
        ],
        [15, 50],
        [40, 50],
      ),
    );
    expect(fit).toEqual({ status: 'separated', columns: [1], cells: 1 });
  });

  it('a covariate that orders persons perfectly is separated', () => {
    const rows = [1, 2, 3, 4, 5, 6].map((x) => [1, x]);
    const fit = fitLogistic(groups(rows, [0, 0, 0, 1, 1, 1], [1, 1, 1, 1, 1, 1]));
    expect(fit.status).toBe('separated');
  });

  it('one overlap is enough for an estimate', () => {
    const rows = [1, 2, 3, 4, 5, 6].map((x) => [1, x]);
    const fit = fitLogistic(groups(rows, [0, 0, 1, 0, 1, 1], [1, 1, 1, 1, 1, 1]));
    expect(fit.status).toBe('estimated');
  });

  it('nobody, or everybody, with the outcome: a status', () => {
    expect(fitLogistic(groups([[1], [1]], [0, 0], [3, 4]))).toEqual({ status: 'no-events' });
    expect(fitLogistic(groups([[1], [1]], [3, 4], [3, 4]))).toEqual({ status: 'only-events' });
  });

  it('rare outcomes in large groups are not mistaken for separation', () => {
    const fit = fitLogistic(
      groups(
        [
          [1, 0],
          [1, 1],
        ],
        [1, 3],
        [5e8, 5e8],
      ),
    );
    if (fit.status !== 'estimated') throw new Error(fit.status);
    expect(fit.coefficient[1]).toBeCloseTo(Math.log(3), 7);
  });
});
