import { describe, expect, it } from 'vitest';
import { cholesky, invertCholesky } from './cholesky.ts';
import { crossProduct } from './matrix.ts';
import { invertCrossProduct, leastSquares, qr } from './qr.ts';

describe('Householder QR', () => {
  it('fits a straight line worked by hand', () => {
    // y = 1, 2, 4 at x = 0, 1, 2: slope 1.5, intercept 5/6, residual sum of squares 1/6.
    const fit = leastSquares(qr(Float64Array.of(1, 0, 1, 1, 1, 2), 3, 2), Float64Array.of(1, 2, 4));
    expect(fit.coefficients[0]).toBeCloseTo(5 / 6, 14);
    expect(fit.coefficients[1]).toBeCloseTo(1.5, 14);
    expect(fit.residual_sum_of_squares).toBeCloseTo(1 / 6, 14);
  });

  it('aliases the later of collinear columns', () => {
    const rows = [0, 1, 2, 3, 5].flatMap((x) => [1, x, 2 + 3 * x, x * x]);
    const factor = qr(Float64Array.from(rows), 5, 4);
    expect([...factor.aliased]).toEqual([0, 0, 1, 0]);
    expect([...factor.kept]).toEqual([0, 1, 3]);
    const fit = leastSquares(
      factor,
      Float64Array.from([0, 1, 2, 3, 5], (x) => 2 - x + 3 * x * x),
    );
    expect(fit.coefficients[0]).toBeCloseTo(2, 12);
    expect(fit.coefficients[1]).toBeCloseTo(-1, 12);
    expect(fit.coefficients[2]).toBe(0);
    expect(fit.coefficients[3]).toBeCloseTo(3, 12);
  });

  it('agrees with Cholesky on the inverse cross-product', () => {
    const x = Float64Array.from({ length: 40 }, (_, i) => Math.sin(i * i + 1));
    const factor = cholesky(crossProduct(x, 10, 4), 4);
    if (factor.status !== 'factorised') throw new Error(factor.status);
    const expected = invertCholesky(factor);
    invertCrossProduct(qr(x, 10, 4)).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] as number, 12);
    });
  });

  it('aliases what exceeds the number of rows', () => {
    expect(qr(Float64Array.of(1, 2, 3), 1, 3).rank).toBe(1);
  });
});
