/**
 * Solving and inverting the symmetric positive definite systems of a fit. Aliased columns have been taken out before
 * (`aliasing.ts`), so a singular matrix here means that the information has vanished: null, never a made-up answer.
 */
import { type CholeskyFactor, cholesky, invertCholesky, solveCholesky } from '../linalg/cholesky.ts';

/** Relative pivot below which information is called singular: some ten units of rounding. */
const SINGULAR = 1e-15;

/** Cholesky factor of a matrix of full rank, or null. */
export function factoriseInformation(a: Float64Array, order: number): CholeskyFactor | null {
  const factor = cholesky(a, order, SINGULAR);
  return factor.status === 'factorised' && factor.rank === order ? factor : null;
}

export function solveSymmetric(a: Float64Array, b: Float64Array, order: number): Float64Array | null {
  const factor = factoriseInformation(a, order);
  return factor ? solveCholesky(factor, b) : null;
}

export function invertSymmetric(a: Float64Array, order: number): Float64Array | null {
  const factor = factoriseInformation(a, order);
  return factor ? invertCholesky(factor) : null;
}

export function dotProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}
