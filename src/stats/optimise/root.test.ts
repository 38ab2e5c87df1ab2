import { expect, it } from 'vitest';
import { findRoot } from './root.ts';

it('finds the root of a cubic to rounding', () => {
  expect(findRoot((x) => x ** 3 - 2, 0, 5)).toBeCloseTo(Math.cbrt(2), 15);
});

it('finds a root that lies many orders of magnitude below the bracket', () => {
  expect(Math.abs(findRoot((x) => Math.log(x) + 30, 1e-300, 1) / Math.exp(-30) - 1)).toBeLessThan(1e-13);
});

it('accepts a root at an end and a function that is flat on one side', () => {
  expect(findRoot((x) => x, 0, 1)).toBe(0);
  expect(findRoot((x) => (x < 0.7 ? -1e-20 : 1), 0, 1)).toBeCloseTo(0.7, 15);
});

it('gives NaN when the signs do not differ', () => {
  expect(findRoot((x) => x * x + 1, -1, 1)).toBeNaN();
  expect(findRoot(() => Number.NaN, -1, 1)).toBeNaN();
});
