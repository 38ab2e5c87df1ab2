import { expect, it } from 'vitest';
import { logFactorial } from '../special/gamma.ts';
import { countTotals } from './compress.ts';
import { fitPoisson } from './poisson.ts';
import { poissonStatistics } from './poisson-statistics.ts';
import { quasiPoisson } from './quasi-poisson.ts';

function fitted(events: number[], exposure: number[]) {
  const cells = {
    design: { rows: events.length, columns: 1, x: new Float64Array(events.length).fill(1) },
    events: Float64Array.from(events),
    exposure: Float64Array.from(exposure),
  };
  const fit = fitPoisson(cells);
  if (fit.status !== 'estimated') throw new Error(fit.status);
  const perRow = cells.events.map((y, i) => (y * y) / (cells.exposure[i] as number));
  const totals = countTotals(cells.events, cells.exposure, logFactorial);
  return { fit, statistics: poissonStatistics(fit, cells, perRow, totals) };
}

it('One rate has a closed form: phi = sum (y - t r)^2 / (t r) over n - 1, variance phi / events', () => {
  const [events, exposure] = [
    [2, 9, 4, 1],
    [1, 2, 2, 3],
  ];
  const { fit, statistics } = fitted(events, exposure);
  const rate = 16 / 8;
  const phi =
    events.reduce(
      (sum, y, i) => sum + (y - (exposure[i] as number) * rate) ** 2 / ((exposure[i] as number) * rate),
      0,
    ) / 3;
  const quasi = quasiPoisson(fit, statistics);
  if (quasi.status !== 'estimated') throw new Error(quasi.status);
  expect(fit.coefficient[0]).toBeCloseTo(Math.log(rate), 12);
  expect(quasi.dispersion).toBeCloseTo(phi, 12);
  expect(quasi.df).toBe(3);
  expect(quasi.se[0]).toBeCloseTo(Math.sqrt(phi / 16), 12);
  // Deviance: 2 sum y log(y / mu) - (y - mu), and the sums of (y - mu) cancel.
  const deviance =
    2 * events.reduce((sum, y, i) => sum + y * Math.log(y / ((exposure[i] as number) * rate)), 0);
  expect(statistics.deviance).toBeCloseTo(deviance, 11);
});

it('As many parameters as rows leave nothing to estimate the dispersion from', () => {
  const { fit, statistics } = fitted([3], [1]);
  expect(quasiPoisson(fit, statistics)).toEqual({ status: 'no-residual-degrees-of-freedom' });
});
