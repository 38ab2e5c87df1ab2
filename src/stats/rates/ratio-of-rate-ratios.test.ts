import { expect, it } from 'vitest';
import { poisson, seededGenerator } from '../random.ts';
import { displacementDifference, ratioOfRateRatios } from './ratio-of-rate-ratios.ts';

const cell = (events: number, personYears: number) => ({ events, person_years: personYears });

it('a fall from 2 to 1 against a fall from 2 to 1.6 is a ratio of 0.625', () => {
  const result = ratioOfRateRatios({
    treated_before: cell(200, 100),
    treated_after: cell(50, 50),
    comparison_before: cell(100, 50),
    comparison_after: cell(160, 100),
  });
  if (result.status !== 'estimated') throw new Error(result.status);
  expect(result.ratio_of_rate_ratios).toBeCloseTo(0.625, 14);
  expect(result.se_log).toBeCloseTo(Math.sqrt(1 / 200 + 1 / 50 + 1 / 100 + 1 / 160), 15);
  expect(result.difference_of_rates).toBeCloseTo(-0.6, 14);
});

it('names the cells that leave it without an estimate', () => {
  const cells = {
    treated_before: cell(2, 1),
    treated_after: cell(0, 5),
    comparison_before: cell(3, 5),
    comparison_after: cell(1, 5),
  };
  expect(ratioOfRateRatios(cells)).toEqual({ status: 'cell-without-events', cells: ['treated_after'] });
  expect(ratioOfRateRatios({ ...cells, comparison_after: cell(0, 0) })).toEqual({
    status: 'cell-without-person-time',
    cells: ['comparison_after'],
  });
});

it('covers the true ratio in about 95 % of Poisson samples', () => {
  const random = seededGenerator(601);
  let covered = 0;
  for (let i = 0; i < 2000; i++) {
    const result = ratioOfRateRatios({
      treated_before: cell(poisson(random, 60), 100),
      treated_after: cell(poisson(random, 30), 100),
      comparison_before: cell(poisson(random, 90), 100),
      comparison_after: cell(poisson(random, 75), 100),
    });
    const truth = 30 / 60 / (75 / 90);
    if (result.status === 'estimated' && result.lower <= truth && truth <= result.upper) covered++;
  }
  expect(Math.abs(covered / 2000 - 0.95)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / 2000));
});

it('the displacement difference subtracts the change of the comparison area', () => {
  expect(
    displacementDifference({
      treated_before: 50,
      treated_after: 30,
      comparison_before: 60,
      comparison_after: 55,
    }),
  ).toEqual({
    difference: -15,
    se: Math.sqrt(195),
  });
});
