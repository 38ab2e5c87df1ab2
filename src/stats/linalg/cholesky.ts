/**
 * Cholesky factorisation of a symmetric positive semi-definite matrix, with aliased columns found in order.
 *
 * A = L L' (Golub and Van Loan, Matrix Computations, 4th ed., section 4.2). Columns are taken from left to right; a column whose
 * residual after projection on the columns kept so far is at most `tolerance` times its own diagonal is aliased: it is left
 * out and everything that follows is as if it had never been given. So of two collinear columns the later one is aliased,
 * which is what R prints as NA. On A = X'WX the ratio tested is 1 - R^2 of the (uncentred) regression of the column on the earlier ones.
 */

export interface CholeskyFactor {
  status: 'factorised';
  /** Dimension p of A. */
  dimension: number;
  /** p x p row-major lower triangle; rows and columns of aliased indices are zero. */
  lower: Float64Array;
  /** Number of columns that are not aliased. */
  rank: number;
  /** 1 where the column is a linear combination of earlier ones. */
  aliased: Uint8Array;
  /** log det of the sub-matrix of columns kept. */
  log_determinant: number;
}

export type CholeskyResult =
  | CholeskyFactor
  | { status: 'not-positive-semidefinite'; column: number }
  | { status: 'not-finite'; column: number };

/** Default threshold on 1 - R^2. Below it the double precision of X'X itself cannot tell a column from a combination of others. */
const ALIAS_TOLERANCE = 1e-12;

/** Factorises a p x p row-major symmetric matrix (only its lower triangle is read). */
export function cholesky(a: Float64Array, p: number, tolerance = ALIAS_TOLERANCE): CholeskyResult {
  const lower = new Float64Array(p * p);
  const aliased = new Uint8Array(p);
  let rank = 0;
  let logDeterminant = 0;
  for (let j = 0; j < p; j++) {
    const diagonal = a[j * p + j] as number;
    // Row j of L by forward substitution, then the residual diagonal.
    let residual = diagonal;
    for (let k = 0; k < j; k++) {
      if (aliased[k] === 1) continue;
      let sum = a[j * p + k] as number;
      for (let l = 0; l < k; l++) sum -= (lower[j * p + l] as number) * (lower[k * p + l] as number);
      const ljk = sum / (lower[k * p + k] as number);
      lower[j * p + k] = ljk;
      residual -= ljk * ljk;
    }
    if (!Number.isFinite(residual)) return { status: 'not-finite', column: j };
    if (residual < -Math.max(tolerance, 1e-8) * Math.abs(diagonal) || diagonal < 0) {
      return { status: 'not-positive-semidefinite', column: j };
    }
    if (residual <= tolerance * diagonal) {
      aliased[j] = 1;
      lower.fill(0, j * p, (j + 1) * p);
      continue;
    }
    rank++;
    lower[j * p + j] = Math.sqrt(residual);
    logDeterminant += Math.log(residual);
  }
  return { status: 'factorised', dimension: p, lower, rank, aliased, log_determinant: logDeterminant };
}

/** Solves A x = b on the columns kept; entries of aliased columns are 0 (the caller reports them as aliased). */
export function solveCholesky(factor: CholeskyFactor, b: Float64Array): Float64Array {
  const { dimension: p, lower, aliased } = factor;
  const x = new Float64Array(p);
  for (let i = 0; i < p; i++) {
    if (aliased[i] === 1) continue;
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (lower[i * p + k] as number) * (x[k] as number);
    x[i] = sum / (lower[i * p + i] as number);
  }
  for (let i = p - 1; i >= 0; i--) {
    if (aliased[i] === 1) continue;
    let sum = x[i] as number;
    for (let k = i + 1; k < p; k++) sum -= (lower[k * p + i] as number) * (x[k] as number);
    x[i] = sum / (lower[i * p + i] as number);
  }
  return x;
}

/** Solves L x = b (forward substitution only); aliased entries are 0. x'x is then b' A^{-1} b. */
export function solveLower(factor: CholeskyFactor, b: Float64Array): Float64Array {
  const { dimension: p, lower, aliased } = factor;
  const x = new Float64Array(p);
  for (let i = 0; i < p; i++) {
    if (aliased[i] === 1) continue;
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (lower[i * p + k] as number) * (x[k] as number);
    x[i] = sum / (lower[i * p + i] as number);
  }
  return x;
}

/** A^{-1} on the columns kept, p x p and symmetric; rows and columns of aliased indices are 0. */
export function invertCholesky(factor: CholeskyFactor): Float64Array {
  const { dimension: p, lower, aliased } = factor;
  // M = L^{-1} (lower triangular), then A^{-1} = M' M.
  const inverse = new Float64Array(p * p);
  for (let j = 0; j < p; j++) {
    if (aliased[j] === 1) continue;
    inverse[j * p + j] = 1 / (lower[j * p + j] as number);
    for (let i = j + 1; i < p; i++) {
      if (aliased[i] === 1) continue;
      let sum = 0;
      for (let k = j; k < i; k++) sum -= (lower[i * p + k] as number) * (inverse[k * p + j] as number);
      inverse[i * p + j] = sum / (lower[i * p + i] as number);
    }
  }
  const out = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < p; k++) sum += (inverse[k * p + i] as number) * (inverse[k * p + j] as number);
      out[i * p + j] = sum;
      out[j * p + i] = sum;
    }
  }
  return out;
}
