import { describe, expect, it } from 'vitest';
import { designFromRows } from './design.ts';
import { fitPoisson, type PoissonEstimate, type PoissonFit } from './poisson.ts';
import { poissonProfileInterval } from './profile-interval.ts';
import { contrastTest, jointWaldTest, likelihoodRatioTest, waldInterval } from './wald.ts';

function estimate(fit: PoissonFit): PoissonEstimate {
  if (fit.status !== 'estimated') throw new Error(`status ${fit.status}`);
  return fit;
}

const cells = (rows: number[][], events: number[], exposure: number[]) => ({
  design: designFromRows(rows),
  events: Float64Array.from(events),
  exposure: Float64Array.from(exposure),
});

describe('Poisson regression, by hand', () => {
  it('two phases: the log rate ratio is the difference of log rates, its variance 1/y1 + 1/y0', () => {
    const fit = estimate(
      fitPoisson(
        cells(
          [
            [1, 0],
            [1, 1],
          ],
          [30, 12],
          [100, 80],
        ),
      ),
    );
    expect(fit.coefficient[0]).toBeCloseTo(Math.log(0.3), 13);
    expect(fit.coefficient[1]).toBeCloseTo(Math.log(12 / 80 / 0.3), 13);
    expect(fit.se[0]).toBeCloseTo(Math.sqrt(1 / 30), 13);
    expect(fit.se[1]).toBeCloseTo(Math.sqrt(1 / 30 + 1 / 12), 13);
  });

  it('splitting a cell by person changes nothing', () => {
    const whole = estimate(
      fitPoisson(
        cells(
          [
            [1, 0],
            [1, 1],
          ],
          [30, 12],
          [100, 80],
        ),
      ),
    );
    const rows = [
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 1],
      [1, 1],
    ];
    const split = estimate(fitPoisson(cells(rows, [0, 29, 1, 12, 0], [60, 1, 39, 79, 1])));
    split.coefficient.forEach((b, k) => {
      expect(b).toBeCloseTo(whole.coefficient[k] as number, 12);
      expect(split.se[k]).toBeCloseTo(whole.se[k] as number, 12);
    });
  });

  it('the likelihood ratio of two rates is the deviance formula', () => {
    const design = [
      [1, 0],
      [1, 1],
    ];
    const larger = estimate(fitPoisson(cells(design, [30, 12], [100, 80])));
    const smaller = estimate(fitPoisson(cells([[1], [1]], [30, 12], [100, 80])));
    const crude = 42 / 180;
    const byHand = 2 * (30 * Math.log(0.3 / crude) + 12 * Math.log(0.15 / crude));
    const test = likelihoodRatioTest(smaller, larger);
    if (test.status !== 'tested') throw new Error(test.status);
    expect(test.statistic).toBeCloseTo(byHand, 11);
    expect(test.df).toBe(1);
  });

  it('a joint Wald test of one coefficient is the square of its z', () => {
    const fit = estimate(
      fitPoisson(
        cells(
          [
            [1, 0],
            [1, 1],
          ],
          [30, 12],
          [100, 80],
        ),
      ),
    );
    const wald = waldInterval(fit.coefficient[1] as number, fit.se[1] as number);
    const joint = jointWaldTest(fit.coefficient, fit.covariance, [1]);
    if (joint.status !== 'tested') throw new Error(joint.status);
    expect(joint.statistic).toBeCloseTo(wald.statistic ** 2, 10);
    expect(joint.p).toBeCloseTo(wald.p, 12);
  });

  it('the test of no difference between regions does not depend on the reference region', () => {
    const events = [40, 55, 31, 62];
    const exposure = [100, 120, 110, 105];
    const withReference = (reference: number) => {
      const others = [0, 1, 2, 3].filter((r) => r !== reference);
      const rows = [0, 1, 2, 3].map((r) => [1, ...others.map((o) => (o === r ? 1 : 0))]);
      const fit = estimate(fitPoisson(cells(rows, events, exposure)));
      const test = jointWaldTest(fit.coefficient, fit.covariance, [1, 2, 3]);
      if (test.status !== 'tested') throw new Error(test.status);
      return test.statistic;
    };
    expect(withReference(3)).toBeCloseTo(withReference(0), 9);
    const fit = estimate(
      fitPoisson(
        cells(
          [
            [1, 0, 0, 0],
            [0, 1, 0, 0],
            [0, 0, 1, 0],
            [0, 0, 0, 1],
          ],
          events,
          exposure,
        ),
      ),
    );
    const contrasts = [1, 2, 3].map((r) =>
      Float64Array.from([1, 0, 0, 0].map((v, k) => v - (k === r ? 1 : 0))),
    );
    const test = contrastTest(fit.coefficient, fit.covariance, contrasts);
    if (test.status !== 'tested') throw new Error(test.status);
    expect(test.statistic).toBeCloseTo(withReference(0), 9);
  });

  it('the profile limits of one rate solve its likelihood equation', () => {
    const data = cells([[1]], [5], [10]);
    const fit = estimate(fitPoisson(data));
    const interval = poissonProfileInterval(fit, data, 0);
    if (interval.status !== 'estimated') throw new Error(interval.status);
    const fall = (b: number): number => 2 * (5 * Math.log(0.5) - 5 - (5 * b - 10 * Math.exp(b)));
    expect(fall(interval.lower)).toBeCloseTo(3.841458820694124, 7);
    expect(fall(interval.upper)).toBeCloseTo(3.841458820694124, 7);
    expect(interval.lower).toBeLessThan(Math.log(0.5));
    expect(interval.upper).toBeGreaterThan(Math.log(0.5));
  });
});

describe('Columns that cannot be estimated', () => {
  it('a column that repeats earlier ones is NaN and the rest is as if it were absent', () => {
    const rows = [
      [1, 0, 1, 2],
      [1, 1, 0, 5],
      [1, 0, 1, 3],
      [1, 1, 0, 4],
    ];
    const fit = estimate(fitPoisson(cells(rows, [4, 9, 6, 3], [10, 11, 12, 13])));
    const without = estimate(
      fitPoisson(
        cells(
          rows.map(([a, b, , d]) => [a, b, d] as number[]),
          [4, 9, 6, 3],
          [10, 11, 12, 13],
        ),
      ),
    );
    expect(fit.aliased).toEqual([2]);
    expect(fit.rank).toBe(3);
    expect(fit.coefficient[2]).toBeNaN();
    expect(fit.se[2]).toBeNaN();
    [0, 1, 3].forEach((k, at) => {
      expect(fit.coefficient[k]).toBeCloseTo(without.coefficient[at] as number, 11);
    });
  });

  it('calendar year beside an intercept is not mistaken for a combination', () => {
    const rows = [2001, 2002, 2003, 2004, 2005].map((year) => [1, year, (year - 2003) ** 2 * 1e-6]);
    const fit = estimate(fitPoisson(cells(rows, [14, 9, 11, 5, 7], [10, 10, 10, 10, 10])));
    expect(fit.aliased).toEqual([]);
    const centred = rows.map(([one, year, square]) => [one, (year as number) - 2003, square] as number[]);
    const again = estimate(fitPoisson(cells(centred, [14, 9, 11, 5, 7], [10, 10, 10, 10, 10])));
    expect(fit.coefficient[1]).toBeCloseTo(again.coefficient[1] as number, 8);
  });

  it('a group without events is separated, and named', () => {
    const fit = fitPoisson(
      cells(
        [
          [1, 0, 0],
          [1, 1, 0],
          [1, 0, 1],
        ],
        [5, 0, 3],
        [10, 10, 10],
      ),
    );
    expect(fit).toEqual({ status: 'separated', columns: [1], cells: 1 });
  });

  it('two groups without events are both named', () => {
    const fit = fitPoisson(
      cells(
        [
          [1, 0, 0],
          [1, 1, 0],
          [1, 0, 1],
        ],
        [5, 0, 0],
        [10, 10, 10],
      ),
    );
    expect(fit).toEqual({ status: 'separated', columns: [1, 2], cells: 2 });
  });

  it('separation along a combination of columns only is found', () => {
    // Events at the origin alone: with rows (1,-2), (-2,1), (-1,-1) without events neither axis keeps a sign, b = (1,1) does.
    const rows = [
      [1, 0, 0],
      [1, 1, -2],
      [1, -2, 1],
      [1, -1, -1],
    ];
    const fit = fitPoisson(cells(rows, [5, 0, 0, 0], [10, 10, 10, 10]));
    expect(fit.status).toBe('separated');
    // With rows without events all around there is a maximum.
    const around = [...rows, [1, 2, 2], [1, 2, -1], [1, -1, 2]];
    expect(fitPoisson(cells(around, [5, 0, 0, 0, 0, 0, 0], Array(7).fill(10))).status).toBe('estimated');
  });

  it('separation in a combination is found when rounding leaves the interior rows not quite at zero', () => {
    const rows = [
      ...Array.from({ length: 7 }, () => [1, 0, 0, 0]),
      [1, 0, 1, 1],
      [1, 1, 1, 0],
      [1, 0, 1, 0],
      [1, 1, 1, 0],
      [1, 0, 0, 0],
    ];
    const fit = fitPoisson(
      cells(
        rows,
        [141, 74, 70, 15, 9, 2, 1, 13, 1, 0, 0, 0],
        [1747, 2246, 3389, 590, 174, 149, 95, 357, 200, 18, 43, 14],
      ),
    );
    // Only the cell (0, 1, 0) without events moves along (0, 1, -1, 1).
    expect(fit).toEqual({ status: 'separated', columns: [1, 2, 3], cells: 1 });
  });

  it('a group without events that shares its column with another has an estimate', () => {
    const fit = fitPoisson(
      cells(
        [
          [1, 0],
          [1, 1],
          [1, 1],
        ],
        [5, 0, 3],
        [10, 10, 10],
      ),
    );
    expect(fit.status).toBe('estimated');
  });

  it('no events, no exposure, events without exposure: a status and no estimate', () => {
    expect(fitPoisson(cells([[1], [1]], [0, 0], [1, 2]))).toEqual({ status: 'no-events' });
    expect(fitPoisson(cells([[1], [1]], [0, 0], [0, 0]))).toEqual({ status: 'no-exposure' });
    expect(fitPoisson(cells([[1], [1]], [2, 1], [0, 3]))).toEqual({
      status: 'events-without-exposure',
      cells: 1,
    });
  });

  it('a cell without exposure does not count', () => {
    const fit = estimate(
      fitPoisson(
        cells(
          [
            [1, 0],
            [1, 1],
            [1, 5],
          ],
          [30, 12, 0],
          [100, 80, 0],
        ),
      ),
    );
    expect(fit.coefficient[1]).toBeCloseTo(Math.log(12 / 80 / 0.3), 12);
    expect(fit.cells_used).toBe(2);
  });

  it('a rate far from one per unit of exposure is reached', () => {
    const fit = estimate(
      fitPoisson(
        cells(
          [
            [1, 0],
            [1, 1],
          ],
          [3, 4000000],
          [1e12, 1e-3],
        ),
      ),
    );
    expect(fit.coefficient[0]).toBeCloseTo(Math.log(3e-12), 10);
    expect(fit.coefficient[1]).toBeCloseTo(Math.log(4e9) - Math.log(3e-12), 9);
  });
});
