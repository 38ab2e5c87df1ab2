/**
 * Dense matrices as row-major Float64Array with explicit dimensions: element (i, j) of an n x m matrix is a[i * m + j].
 * Nothing is checked in the inner loops; the callers know their dimensions.
 */

/** The p x p identity. */
export function identity(p: number): Float64Array {
  const out = new Float64Array(p * p);
  for (let j = 0; j < p; j++) out[j * p + j] = 1;
  return out;
}

/** The m x n transpose of an n x m matrix. */
export function transpose(a: Float64Array, n: number, m: number): Float64Array {
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) out[j * n + i] = a[i * m + j] as number;
  }
  return out;
}

/** C = A B, where A is n x k and B is k x m. */
export function multiply(a: Float64Array, n: number, k: number, b: Float64Array, m: number): Float64Array {
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let l = 0; l < k; l++) {
      const ail = a[i * k + l] as number;
      if (ail === 0) continue;
      for (let j = 0; j < m; j++)
        out[i * m + j] = (out[i * m + j] as number) + ail * (b[l * m + j] as number);
    }
  }
  return out;
}

/** A x, where A is n x m. */
export function multiplyVector(a: Float64Array, n: number, m: number, x: Float64Array): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < m; j++) sum += (a[i * m + j] as number) * (x[j] as number);
    out[i] = sum;
  }
  return out;
}

/** X' W X for an n x p design X and a diagonal W given by its n weights (all 1 when left out): p x p, symmetric. */
export function crossProduct(x: Float64Array, n: number, p: number, weights?: Float64Array): Float64Array {
  const out = new Float64Array(p * p);
  for (let i = 0; i < n; i++) {
    const w = weights === undefined ? 1 : (weights[i] as number);
    if (w === 0) continue;
    const row = i * p;
    for (let j = 0; j < p; j++) {
      const wx = w * (x[row + j] as number);
      if (wx === 0) continue;
      for (let k = j; k < p; k++) out[j * p + k] = (out[j * p + k] as number) + wx * (x[row + k] as number);
    }
  }
  for (let j = 0; j < p; j++) {
    for (let k = 0; k < j; k++) out[j * p + k] = out[k * p + j] as number;
  }
  return out;
}

/** x' A y for a p x p matrix A. */
export function bilinear(x: Float64Array, a: Float64Array, y: Float64Array): number {
  const p = x.length;
  let sum = 0;
  for (let i = 0; i < p; i++) {
    const xi = x[i] as number;
    if (xi === 0) continue;
    let row = 0;
    for (let j = 0; j < p; j++) row += (a[i * p + j] as number) * (y[j] as number);
    sum += xi * row;
  }
  return sum;
}

/** The sandwich A B A of p x p matrices, A symmetric; the result is symmetrised so that rounding leaves no skew. */
export function sandwich(bread: Float64Array, meat: Float64Array, p: number): Float64Array {
  const out = multiply(multiply(bread, p, p, meat, p), p, p, bread, p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) {
      const mean = ((out[i * p + j] as number) + (out[j * p + i] as number)) / 2;
      out[i * p + j] = mean;
      out[j * p + i] = mean;
    }
  }
  return out;
}
