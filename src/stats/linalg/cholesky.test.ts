import { describe, expect, it } from 'vitest';
import { cholesky, invertCholesky, solveCholesky, solveLower } from './cholesky.ts';
import { bilinear, crossProduct, identity, multiply, multiplyVector, sandwich, transpose } from './matrix.ts';

function factorOf(a: Float64Array, p: number) {
  const factor = cholesky(a, p);
  if (factor.status !== 'factorised') throw new Error(factor.status);
  return factor;
}

describe('Cholesky factorisation', () => {
  it('gives the factor of a matrix worked by hand', () => {
    // [[4, 2], [2, 5]] = [[2, 0], [1, 2]] [[2, 1], [0, 2]]
    const factor = factorOf(Float64Array.of(4, 2, 2, 5), 2);
    expect([...factor.lower]).toEqual([2, 0, 1, 2]);
    expect(factor.log_determinant).toBeCloseTo(Math.log(16), 14);
    expect([...solveCholesky(factor, Float64Array.of(8, 14))]).toEqual([0.75, 2.5]);
    const half = solveLower(factor, Float64Array.of(8, 14));
    expect((half[0] as number) ** 2 + (half[1] as number) ** 2).toBeCloseTo(8 * 0.75 + 14 * 2.5, 12);
  });

  it('inverts: A times its inverse is the identity', () => {
    const a = Float64Array.of(6, 2, 1, 2, 5, 2, 1, 2, 4);
    const product = multiply(a, 3, 3, invertCholesky(factorOf(a, 3)), 3);
    product.forEach((value, i) => {
      expect(value).toBeCloseTo(identity(3)[i] as number, 14);
    });
  });

  it('aliases the later of collinear columns and answers as if it had never been given', () => {
    // Columns: 1, x, 2 + 3x (alias), x^2.
    const rows = [0, 1, 2, 3, 5].flatMap((x) => [1, x, 2 + 3 * x, x * x]);
    const full = factorOf(crossProduct(Float64Array.from(rows), 5, 4), 4);
    expect([...full.aliased]).toEqual([0, 0, 1, 0]);
    expect(full.rank).toBe(3);
    const without = [0, 1, 2, 3, 5].flatMap((x) => [1, x, x * x]);
    const reduced = factorOf(crossProduct(Float64Array.from(without), 5, 3), 3);
    const ours = solveCholesky(full, Float64Array.of(1, 2, 8, 4));
    const expected = solveCholesky(reduced, Float64Array.of(1, 2, 4));
    expect(ours[2]).toBe(0);
    for (const [j, k] of [
      [0, 0],
      [1, 1],
      [3, 2],
    ]) {
      expect(ours[j as number]).toBeCloseTo(expected[k as number] as number, 10);
    }
    expect(full.log_determinant).toBeCloseTo(reduced.log_determinant, 10);
    expect(invertCholesky(full)[2 * 4 + 2]).toBe(0);
  });

  it('keeps the square of an uncentred calendar year, which is nearly but not exactly a combination of earlier columns', () => {
    const rows = Array.from({ length: 200 }, (_, i) => 2005 + (i % 11)).flatMap((year) => [
      1,
      year,
      (year - 2000) ** 2,
    ]);
    expect(factorOf(crossProduct(Float64Array.from(rows), 200, 3), 3).rank).toBe(3);
  });

  it('aliases a column of zeros', () => {
    expect([...factorOf(Float64Array.of(2, 0, 0, 0), 2).aliased]).toEqual([0, 1]);
  });

  it('says so when a matrix is indefinite or not finite, with no factor', () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toEqual({
      status: 'not-positive-semidefinite',
      column: 1,
    });
    expect(cholesky(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toEqual({
      status: 'not-finite',
      column: 1,
    });
  });
});

describe('matrix products', () => {
  it('weights a cross-product by row', () => {
    const x = Float64Array.of(1, 2, 1, 3);
    expect([...crossProduct(x, 2, 2, Float64Array.of(2, 10))]).toEqual([12, 34, 34, 98]);
    expect([...multiply(transpose(x, 2, 2), 2, 2, x, 2)]).toEqual([...crossProduct(x, 2, 2)]);
  });

  it('gives quadratic forms and the sandwich', () => {
    const a = Float64Array.of(2, 1, 1, 3);
    const x = Float64Array.of(1, -2);
    expect(bilinear(x, a, x)).toBe(10);
    expect([...multiplyVector(a, 2, 2, x)]).toEqual([0, -5]);
    expect([...sandwich(a, identity(2), 2)]).toEqual([5, 5, 5, 10]);
  });
});
