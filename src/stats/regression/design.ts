/**
 * The design matrix of a regression and the few products every fit needs.
 *
 * Contract. `x` is row-major, rows x columns, finite. A row is whatever the caller counts: one observation, or one
 * covariate pattern with its sums (compressed form). Columns may be linearly dependent: `aliasing.ts` decides which
 * are kept.
 */
export interface Design {
  readonly rows: number;
  readonly columns: number;
  readonly x: Float64Array;
}

/** A design from rows of numbers (tests and small tables). */
export function designFromRows(rows: readonly (readonly number[])[]): Design {
  const columns = rows[0]?.length ?? 0;
  const x = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    if (row.length !== columns) throw new RangeError('design rows differ in length');
    x.set(row, i * columns);
  });
  return { rows: rows.length, columns, x };
}

/** Throws on a caller's bug: wrong lengths or a number that is not finite. */
export function assertDesign(design: Design, ...perRow: readonly { readonly length: number }[]): void {
  const { rows, columns, x } = design;
  if (x.length !== rows * columns) throw new RangeError('design: x is not rows x columns');
  for (const vector of perRow) {
    if (vector.length !== rows) throw new RangeError('design: a vector does not have one value per row');
  }
  for (let k = 0; k < x.length; k++) {
    if (!Number.isFinite(x[k])) throw new RangeError('design: an entry is not finite');
  }
}

/** out = X beta. */
export function linearPredictor(design: Design, beta: Float64Array, out: Float64Array): Float64Array {
  const { rows, columns, x } = design;
  let at = 0;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += (x[at++] as number) * (beta[k] as number);
    out[i] = sum;
  }
  return out;
}

/** X'u. */
export function crossVector(design: Design, u: Float64Array): Float64Array {
  const { rows, columns, x } = design;
  const out = new Float64Array(columns);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    const ui = u[i] as number;
    if (ui === 0) {
      at += columns;
      continue;
    }
    for (let k = 0; k < columns; k++) out[k] = (out[k] as number) + (x[at++] as number) * ui;
  }
  return out;
}

/**
 * X' diag(w) X, full symmetric matrix, row-major columns x columns. Four rows at a time, which reads and writes the sums a quarter
 * as often; columns that are zero in all four rows (indicators) are skipped.
 */
export function weightedCross(design: Design, w: Float64Array): Float64Array {
  const { rows, columns, x } = design;
  const out = new Float64Array(columns * columns);
  let i = 0;
  for (; i + 3 < rows; i += 4) {
    const w0 = w[i] as number;
    const w1 = w[i + 1] as number;
    const w2 = w[i + 2] as number;
    const w3 = w[i + 3] as number;
    const x0 = i * columns;
    const x1 = x0 + columns;
    const x2 = x1 + columns;
    const x3 = x2 + columns;
    for (let a = 0; a < columns; a++) {
      const p0 = w0 * (x[x0 + a] as number);
      const p1 = w1 * (x[x1 + a] as number);
      const p2 = w2 * (x[x2 + a] as number);
      const p3 = w3 * (x[x3 + a] as number);
      if (p0 === 0 && p1 === 0 && p2 === 0 && p3 === 0) continue;
      const row = a * columns;
      for (let b = 0; b <= a; b++) {
        out[row + b] =
          (out[row + b] as number) +
          (p0 * (x[x0 + b] as number) + p1 * (x[x1 + b] as number)) +
          (p2 * (x[x2 + b] as number) + p3 * (x[x3 + b] as number));
      }
    }
  }
  for (; i < rows; i++) {
    const wi = w[i] as number;
    const base = i * columns;
    for (let a = 0; a < columns; a++) {
      const p = wi * (x[base + a] as number);
      if (p === 0) continue;
      for (let b = 0; b <= a; b++) {
        out[a * columns + b] = (out[a * columns + b] as number) + p * (x[base + b] as number);
      }
    }
  }
  mirrorLower(out, columns);
  return out;
}

/** Rows from .. to - 1 of a design added up, each times its weight, into out[at .. at + columns - 1]. */
export function addRows(
  design: Design,
  weights: Float64Array,
  from: number,
  to: number,
  out: Float64Array,
  at: number,
): void {
  const { columns, x } = design;
  for (let r = from; r < to; r++) {
    const w = weights[r] as number;
    if (w === 0) continue;
    for (let a = 0; a < columns; a++)
      out[at + a] = (out[at + a] as number) + w * (x[r * columns + a] as number);
  }
}

/** Copies the lower triangle of a square row-major matrix to the upper one. */
export function mirrorLower(a: Float64Array, order: number): void {
  for (let i = 0; i < order; i++) {
    for (let j = 0; j < i; j++) a[j * order + i] = a[i * order + j] as number;
  }
}

/** x_i' C x_i for row i and a symmetric matrix C (columns x columns). */
export function rowQuadratic(design: Design, row: number, c: Float64Array): number {
  const { columns, x } = design;
  const base = row * columns;
  let total = 0;
  for (let a = 0; a < columns; a++) {
    const xa = x[base + a] as number;
    if (xa === 0) continue;
    let inner = 0;
    for (let b = 0; b < columns; b++) inner += (c[a * columns + b] as number) * (x[base + b] as number);
    total += xa * inner;
  }
  return total;
}

/** The design restricted to some of its columns; the same object when all are kept. */
export function keepColumns(design: Design, kept: Int32Array): Design {
  const { rows, columns, x } = design;
  if (kept.length === columns) return design;
  const reduced = new Float64Array(rows * kept.length);
  let at = 0;
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < kept.length; k++) reduced[at++] = x[i * columns + (kept[k] as number)] as number;
  }
  return { rows, columns: kept.length, x: reduced };
}

/** A vector over kept columns spread over all columns: NaN where a column is aliased, as R prints NA. */
export function spreadVector(v: Float64Array, kept: Int32Array, columns: number): Float64Array {
  const out = new Float64Array(columns).fill(Number.NaN);
  for (let k = 0; k < kept.length; k++) out[kept[k] as number] = v[k] as number;
  return out;
}

/** A square matrix over kept columns spread over all columns, NaN in aliased rows and columns. */
export function spreadMatrix(m: Float64Array, kept: Int32Array, columns: number): Float64Array {
  const out = new Float64Array(columns * columns).fill(Number.NaN);
  const order = kept.length;
  for (let a = 0; a < order; a++) {
    for (let b = 0; b < order; b++) {
      out[(kept[a] as number) * columns + (kept[b] as number)] = m[a * order + b] as number;
    }
  }
  return out;
}

/** The block of a full matrix that belongs to some columns. */
export function gatherMatrix(m: Float64Array, kept: ArrayLike<number>, columns: number): Float64Array {
  const order = kept.length;
  const out = new Float64Array(order * order);
  for (let a = 0; a < order; a++) {
    for (let b = 0; b < order; b++) {
      out[a * order + b] = m[(kept[a] as number) * columns + (kept[b] as number)] as number;
    }
  }
  return out;
}

/** Square roots of the diagonal: standard errors from a covariance matrix. A negative variance gives NaN. */
export function standardErrors(covariance: Float64Array, order: number): Float64Array {
  const out = new Float64Array(order);
  for (let k = 0; k < order; k++) out[k] = Math.sqrt(covariance[k * order + k] as number);
  return out;
}
