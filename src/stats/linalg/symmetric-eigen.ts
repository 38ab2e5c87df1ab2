/**
 * Eigenvalues and eigenvectors of a symmetric matrix by the cyclic Jacobi method
 * (Golub and Van Loan, Matrix Computations, 4th ed., section 8.5). Slow (p^3 a sweep) and accurate; meant for p up to a few hundred.
 */

import { identity } from './matrix.ts';

export interface SymmetricEigen {
  /** Eigenvalues in descending order. */
  values: Float64Array;
  /** p x p row-major; column k is the unit eigenvector of values[k]. */
  vectors: Float64Array;
}

/** A = V diag(values) V' for a p x p row-major symmetric matrix of finite numbers. The argument is not changed. */
export function symmetricEigen(matrix: Float64Array, p: number): SymmetricEigen {
  const a = matrix.slice();
  const v = identity(p);
  let scale = 0;
  for (const value of a) scale = Math.max(scale, Math.abs(value));
  // Convergence is quadratic: 6 to 10 sweeps in practice, the bound only stops a matrix that holds NaN.
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < i; j++) off = Math.max(off, Math.abs(a[i * p + j] as number));
    }
    if (!(off > scale * 1e-300 && off > 0)) break;
    let rotated = false;
    for (let i = 0; i < p - 1; i++) {
      for (let j = i + 1; j < p; j++) rotated = rotate(a, v, p, i, j) || rotated;
    }
    if (!rotated) break;
  }
  return sorted(a, v, p);
}

/** Zeroes element (i, j) by a plane rotation; false when it is already negligible beside both diagonal elements. */
function rotate(a: Float64Array, v: Float64Array, p: number, i: number, j: number): boolean {
  const aij = a[i * p + j] as number;
  const aii = a[i * p + i] as number;
  const ajj = a[j * p + j] as number;
  if (aij === 0) return false;
  if (Math.abs(aij) <= 1e-17 * Math.sqrt(Math.abs(aii) * Math.abs(ajj))) {
    a[i * p + j] = 0;
    a[j * p + i] = 0;
    return false;
  }
  const tau = (ajj - aii) / (2 * aij);
  const t = Math.sign(tau || 1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  for (let k = 0; k < p; k++) {
    const aki = a[k * p + i] as number;
    const akj = a[k * p + j] as number;
    a[k * p + i] = c * aki - s * akj;
    a[k * p + j] = s * aki + c * akj;
  }
  for (let k = 0; k < p; k++) {
    const aik = a[i * p + k] as number;
    const ajk = a[j * p + k] as number;
    a[i * p + k] = c * aik - s * ajk;
    a[j * p + k] = s * aik + c * ajk;
  }
  a[i * p + j] = 0;
  a[j * p + i] = 0;
  for (let k = 0; k < p; k++) {
    const vki = v[k * p + i] as number;
    const vkj = v[k * p + j] as number;
    v[k * p + i] = c * vki - s * vkj;
    v[k * p + j] = s * vki + c * vkj;
  }
  return true;
}

function sorted(a: Float64Array, v: Float64Array, p: number): SymmetricEigen {
  const order = Array.from({ length: p }, (_, k) => k).sort(
    (x, y) => (a[y * p + y] as number) - (a[x * p + x] as number),
  );
  const values = new Float64Array(p);
  const vectors = new Float64Array(p * p);
  order.forEach((from, to) => {
    values[to] = a[from * p + from] as number;
    for (let k = 0; k < p; k++) vectors[k * p + to] = v[k * p + from] as number;
  });
  return { values, vectors };
}

/** V diag(f(values)) V': for example f = x => 1 / sqrt(x) for the inverse square root that CR2 needs, or x => max(x, 0) for the nearest PSD matrix. */
export function applyToEigenvalues(eigen: SymmetricEigen, f: (eigenvalue: number) => number): Float64Array {
  const p = eigen.values.length;
  const out = new Float64Array(p * p);
  for (let k = 0; k < p; k++) {
    const value = f(eigen.values[k] as number);
    for (let i = 0; i < p; i++) {
      const scaled = value * (eigen.vectors[i * p + k] as number);
      for (let j = 0; j < p; j++) {
        out[i * p + j] = (out[i * p + j] as number) + scaled * (eigen.vectors[j * p + k] as number);
      }
    }
  }
  return out;
}
