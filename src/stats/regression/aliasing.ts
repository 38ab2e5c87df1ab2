/**
 * Which columns of a design are linear combinations of the columns before them.
 *
 * R's rule (pivoted QR of lm and glm): columns are taken in order, and one whose part orthogonal to the kept columns is
 * tiny against its own length is dropped and reported as NA. Here the sweep runs on the cross-product X'WX, where
 * lengths appear squared; squares lose half the digits, so a column that looks suspicious there is judged again on the
 * residual itself, computed row by row. Tolerance on lengths: 1e-8 (R: 1e-7 in lm, 1e-11 in glm).
 *
 * For each aliased column `combinations` holds the coefficients b on the kept columns, x_j = X_kept b, so that the
 * vector (1 at j, -b at kept) spans the null space.
 */
import { type Design, weightedCross } from './design.ts';

export interface ColumnRank {
  readonly kept: Int32Array;
  readonly aliased: Int32Array;
  /** One vector of length kept.length for each aliased column. */
  readonly combinations: readonly Float64Array[];
}

const LENGTH_TOLERANCE = 1e-8;
/** Relative squared length below which the cross-product can no longer be trusted. */
const SUSPICION = 1e-7;

/** Rank of diag(w)^(1/2) X; w defaults to ones. Rows with w = 0 do not count. */
export function findAliasedColumns(design: Design, w?: Float64Array): ColumnRank {
  const weights = w ?? new Float64Array(design.rows).fill(1);
  const certificate = sampleOfRows(design, weights);
  if (certificate && findAliasedColumns(certificate).aliased.length === 0) {
    return {
      kept: Int32Array.from({ length: design.columns }, (_, k) => k),
      aliased: new Int32Array(0),
      combinations: [],
    };
  }
  const cross = weightedCross(design, weights);
  return sweepColumns(cross, design.columns, {
    lengths: diagonal(cross, design.columns),
    residualLength: (column, kept, b) => residualSquare(design, weights, column, kept, b),
  });
}

/** Some rows of full column rank prove full rank of all: a few dozen per column, evenly spread, where there are many more. */
function sampleOfRows(design: Design, w: Float64Array): Design | null {
  const { rows, columns, x } = design;
  const wanted = 32 * columns;
  if (rows < 8 * wanted) return null;
  const stride = Math.floor(rows / wanted);
  const chosen: number[] = [];
  for (let i = 0; i < rows && chosen.length < wanted; ) {
    if (w[i] === 0) {
      i++;
      continue;
    }
    chosen.push(i);
    i += stride;
  }
  const sample = new Float64Array(chosen.length * columns);
  chosen.forEach((row, at) => {
    sample.set(x.subarray(row * columns, (row + 1) * columns), at * columns);
  });
  return { rows: chosen.length, columns, x: sample };
}

export interface SweepReference {
  /** Squared length each column is measured against; for a centred cross-product pass the uncentred lengths. */
  readonly lengths: Float64Array;
  /** Exact squared length of column - X_kept b, where rows are at hand. */
  readonly residualLength?: (column: number, kept: readonly number[], b: Float64Array) => number;
}

/** The same rule on a cross-product that is already formed. */
export function sweepColumns(cross: Float64Array, order: number, reference: SweepReference): ColumnRank {
  const kept: number[] = [];
  const aliased: number[] = [];
  const combinations: Float64Array[] = [];
  // Lower Cholesky factor of the kept block, grown a row at a time.
  const factor: Float64Array[] = [];
  for (let j = 0; j < order; j++) {
    const row = new Float64Array(kept.length + 1);
    let left = cross[j * order + j] as number;
    for (let a = 0; a < kept.length; a++) {
      const fa = factor[a] as Float64Array;
      let sum = cross[j * order + (kept[a] as number)] as number;
      for (let b = 0; b < a; b++) sum -= (fa[b] as number) * (row[b] as number);
      const value = sum / (fa[a] as number);
      row[a] = value;
      left -= value * value;
    }
    const length = reference.lengths[j] as number;
    let dependent = !(left > 0) || left <= length * LENGTH_TOLERANCE ** 2 || !(length > 0);
    const suspicious = !(left > length * SUSPICION);
    let b = new Float64Array(0);
    if (suspicious) {
      b = backSubstitute(factor, row, kept.length);
      if (reference.residualLength && length > 0) {
        const exact = reference.residualLength(j, kept, b);
        dependent = exact <= length * LENGTH_TOLERANCE ** 2;
        if (!dependent) left = Math.max(left, exact);
      } else dependent = !(left > length * 1e-12);
    }
    if (dependent) {
      aliased.push(j);
      combinations.push(b);
    } else {
      row[kept.length] = Math.sqrt(left);
      kept.push(j);
      factor.push(row);
    }
  }
  return {
    kept: Int32Array.from(kept),
    aliased: Int32Array.from(aliased),
    // A column found early was regressed on fewer columns than are kept in the end: pad with zeros.
    combinations: combinations.map((b) => {
      const padded = new Float64Array(kept.length);
      padded.set(b);
      return padded;
    }),
  };
}

function backSubstitute(
  factor: readonly Float64Array[],
  row: Float64Array,
  order: number,
): Float64Array<ArrayBuffer> {
  const b = new Float64Array(order);
  for (let a = order - 1; a >= 0; a--) {
    let sum = row[a] as number;
    for (let c = a + 1; c < order; c++) sum -= ((factor[c] as Float64Array)[a] as number) * (b[c] as number);
    b[a] = sum / ((factor[a] as Float64Array)[a] as number);
  }
  return b;
}

function residualSquare(
  design: Design,
  w: Float64Array,
  column: number,
  kept: readonly number[],
  b: Float64Array,
): number {
  const { rows, columns, x } = design;
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const wi = w[i] as number;
    if (wi === 0) continue;
    let residual = x[i * columns + column] as number;
    for (let a = 0; a < kept.length; a++) {
      residual -= (x[i * columns + (kept[a] as number)] as number) * (b[a] as number);
    }
    total += wi * residual * residual;
  }
  return total;
}

function diagonal(a: Float64Array, order: number): Float64Array {
  const out = new Float64Array(order);
  for (let k = 0; k < order; k++) out[k] = a[k * order + k] as number;
  return out;
}
