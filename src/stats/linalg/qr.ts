/**
 * Householder QR of an n x p matrix with aliased columns found in order, and least squares by it
 * (Golub and Van Loan, Matrix Computations, 4th ed., sections 5.2 and 5.3).
 *
 * A column whose norm after removal of the earlier columns is at most `tolerance` times its own norm is aliased and left out
 * (limited pivoting: the order is kept otherwise), so of collinear columns the last one is aliased. The default, 1e-7 on the norm, is the usual
 * one of linear-model software and is sharper than what X'X in double precision can hold.
 */

export interface QrFactor {
  rows: number;
  columns: number;
  rank: number;
  /** 1 where the column is a linear combination of earlier ones. */
  aliased: Uint8Array;
  /** Columns kept, in their order; length is the rank. */
  kept: Int32Array;
  /** Column-major n x rank: Householder vectors in the trapezoid below and on the diagonal. */
  reflectors: Float64Array;
  /** rank x rank row-major upper triangle R of the columns kept. */
  upper: Float64Array;
}

/** Factorises a row-major n x p matrix; the argument is not changed. */
export function qr(x: Float64Array, n: number, p: number, tolerance = 1e-7): QrFactor {
  const aliased = new Uint8Array(p);
  const kept: number[] = [];
  const reflectors: Float64Array[] = [];
  const columns: Float64Array[] = [];
  for (let j = 0; j < p; j++) {
    const column = new Float64Array(n);
    let norm2 = 0;
    for (let i = 0; i < n; i++) {
      const value = x[i * p + j] as number;
      column[i] = value;
      norm2 += value * value;
    }
    reflectors.forEach((vector, k) => {
      reflect(column, vector, k);
    });
    const k = reflectors.length;
    let rest2 = 0;
    for (let i = k; i < n; i++) rest2 += (column[i] as number) ** 2;
    if (k >= n || !(Math.sqrt(rest2) > tolerance * Math.sqrt(norm2))) {
      aliased[j] = 1;
      continue;
    }
    const vector = new Float64Array(n);
    const head = column[k] as number;
    const alpha = head >= 0 ? -Math.sqrt(rest2) : Math.sqrt(rest2);
    // v = x - alpha e_k, scaled so that H = I - v v' (v'v = 2).
    let length2 = rest2 - head * head + (head - alpha) ** 2;
    if (length2 === 0) length2 = 1;
    const factor = Math.sqrt(2 / length2);
    vector[k] = (head - alpha) * factor;
    for (let i = k + 1; i < n; i++) vector[i] = (column[i] as number) * factor;
    column[k] = alpha;
    reflectors.push(vector);
    columns.push(column);
    kept.push(j);
  }
  const rank = kept.length;
  const upper = new Float64Array(rank * rank);
  columns.forEach((column, j) => {
    for (let i = 0; i <= j; i++) upper[i * rank + j] = column[i] as number;
  });
  const flat = new Float64Array(n * rank);
  reflectors.forEach((vector, k) => {
    flat.set(vector, k * n);
  });
  return { rows: n, columns: p, rank, aliased, kept: Int32Array.from(kept), reflectors: flat, upper };
}

/** y := (I - v v') y, where v is zero above `from`. */
function reflect(y: Float64Array, v: Float64Array, from: number): void {
  let dot = 0;
  for (let i = from; i < y.length; i++) dot += (v[i] as number) * (y[i] as number);
  for (let i = from; i < y.length; i++) y[i] = (y[i] as number) - dot * (v[i] as number);
}

/** Q' y (length n): the first `rank` entries are the effects, the sum of squares of the rest is the residual sum of squares. */
function multiplyTransposedQ(factor: QrFactor, y: Float64Array): Float64Array {
  const out = y.slice();
  const n = factor.rows;
  for (let k = 0; k < factor.rank; k++) reflect(out, factor.reflectors.subarray(k * n, (k + 1) * n), k);
  return out;
}

/** Least-squares coefficients of y on the columns kept (length p; aliased entries are 0) and the residual sum of squares. */
export function leastSquares(
  factor: QrFactor,
  y: Float64Array,
): { coefficients: Float64Array; residual_sum_of_squares: number } {
  const { rank, upper, kept, columns, rows } = factor;
  const effects = multiplyTransposedQ(factor, y);
  const coefficients = new Float64Array(columns);
  for (let i = rank - 1; i >= 0; i--) {
    let sum = effects[i] as number;
    for (let k = i + 1; k < rank; k++) {
      sum -= (upper[i * rank + k] as number) * (coefficients[kept[k] as number] as number);
    }
    coefficients[kept[i] as number] = sum / (upper[i * rank + i] as number);
  }
  let rss = 0;
  for (let i = rank; i < rows; i++) rss += (effects[i] as number) ** 2;
  return { coefficients, residual_sum_of_squares: rss };
}

/** (X'X)^{-1} on the columns kept, p x p; rows and columns of aliased indices are 0. */
export function invertCrossProduct(factor: QrFactor): Float64Array {
  const { rank, upper, kept, columns } = factor;
  const inverse = new Float64Array(rank * rank);
  for (let j = 0; j < rank; j++) {
    for (let i = j; i >= 0; i--) {
      let sum = i === j ? 1 : 0;
      for (let k = i + 1; k <= j; k++)
        sum -= (upper[i * rank + k] as number) * (inverse[k * rank + j] as number);
      inverse[i * rank + j] = sum / (upper[i * rank + i] as number);
    }
  }
  const out = new Float64Array(columns * columns);
  for (let i = 0; i < rank; i++) {
    for (let j = i; j < rank; j++) {
      let sum = 0;
      for (let k = j; k < rank; k++)
        sum += (inverse[i * rank + k] as number) * (inverse[j * rank + k] as number);
      out[(kept[i] as number) * columns + (kept[j] as number)] = sum;
      out[(kept[j] as number) * columns + (kept[i] as number)] = sum;
    }
  }
  return out;
}
