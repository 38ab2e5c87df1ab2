import { describe, expect, it } from 'vitest';
import { multiply, transpose } from './matrix.ts';
import { applyToEigenvalues, symmetricEigen } from './symmetric-eigen.ts';

describe('symmetric eigenvalues', () => {
  it('are 3 and 1 for [[2, 1], [1, 2]]', () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
    expect(values[0]).toBeCloseTo(3, 14);
    expect(values[1]).toBeCloseTo(1, 14);
    expect(Math.abs(vectors[0] as number)).toBeCloseTo(Math.SQRT1_2, 14);
  });

  it('are those of the second-difference matrix, 2 - 2 cos(k pi / (p + 1))', () => {
    const p = 30;
    const a = Float64Array.from({ length: p * p }, (_, i) => {
      const distance = Math.abs(Math.floor(i / p) - (i % p));
      return distance === 0 ? 2 : distance === 1 ? -1 : 0;
    });
    const { values, vectors } = symmetricEigen(a, p);
    values.forEach((value, k) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((p - k) * Math.PI) / (p + 1)), 13);
    });
    const gram = multiply(transpose(vectors, p, p), p, p, vectors, p);
    gram.forEach((value, i) => {
      expect(value).toBeCloseTo(Math.floor(i / p) === i % p ? 1 : 0, 13);
    });
  });

  it('rebuild the matrix, and its inverse square root squares to its inverse', () => {
    const a = Float64Array.of(4, 1, 0, 1, 3, 1, 0, 1, 2);
    const eigen = symmetricEigen(a, 3);
    applyToEigenvalues(eigen, (x) => x).forEach((value, i) => {
      expect(value).toBeCloseTo(a[i] as number, 13);
    });
    const root = applyToEigenvalues(eigen, (x) => 1 / Math.sqrt(x));
    const product = multiply(a, 3, 3, multiply(root, 3, 3, root, 3), 3);
    product.forEach((value, i) => {
      expect(value).toBeCloseTo(i % 4 === 0 ? 1 : 0, 13);
    });
  });

  it('accept a zero matrix and a diagonal one', () => {
    expect([...symmetricEigen(new Float64Array(4), 2).values]).toEqual([0, 0]);
    expect([...symmetricEigen(Float64Array.of(1, 0, 0, 5), 2).values]).toEqual([5, 1]);
  });
});
