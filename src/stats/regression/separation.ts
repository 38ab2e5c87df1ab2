/**
 * Does the maximum likelihood estimate exist? Detection of separation in log-linear and logistic models.
 *
 * The likelihood has no maximum when there is a direction d with x'd = 0 on every interior row and x'd <= 0 (after a
 * sign) on every boundary row, not all zero: along d the fit improves for ever. For counts an interior row has events
 * and a boundary row has none; for proportions the boundary rows are those with all or no successes.
 * Theory and the iterative rectifier: Correia, Guimaraes and Zylkin (2019), arXiv:1903.01633; Haberman (1974).
 *
 * Method: the null space N of the interior rows (empty in ordinary data: done, one cross-product). Otherwise boundary
 * rows are projected on N and each basis direction is tried; failing that the rectifier runs: regress u = 1 on XN,
 * u <- max(fitted, 0), until u is reproduced (separated) or vanishes (not).
 */
import { findAliasedColumns } from './aliasing.ts';
import type { Design } from './design.ts';
import { solveSymmetric } from './normal-equations.ts';

export interface Separation {
  /** Columns whose coefficient runs to infinity. */
  readonly columns: readonly number[];
  /** Boundary rows fitted perfectly in the limit. */
  readonly rows: number;
}

const INTERIOR = 0;
const RECTIFIER_ROUNDS = 5000;

/**
 * side[i]: 0 interior row, -1 boundary row pulled down (no events), +1 pulled up (only successes), NaN ignored.
 * The design must have full column rank over the rows that are not ignored.
 */
export function findSeparation(design: Design, side: Float64Array): Separation | null {
  const { rows, columns, x } = design;
  const interior = new Float64Array(rows);
  for (let i = 0; i < rows; i++) interior[i] = side[i] === INTERIOR ? 1 : 0;
  const rank = findAliasedColumns(design, interior);
  const q = rank.aliased.length;
  if (q === 0) return null;

  const directions = rank.combinations.map((b, at) => {
    const d = new Float64Array(columns);
    d[rank.aliased[at] as number] = 1;
    for (let k = 0; k < rank.kept.length; k++) d[rank.kept[k] as number] = -(b[k] as number);
    return d;
  });
  // Directions are known up to rounding in units of the columns: what is smaller than that is zero.
  const unit = columnMaxima(design, side);
  const noise = directions.map(
    (d) => 1e-9 * d.reduce((m, v, k) => Math.max(m, Math.abs(v) * (unit[k] as number)), 0),
  );
  // Projected boundary rows, oriented so that a separating combination is >= 0 on all of them.
  const projected: Float64Array[] = [];
  for (let i = 0; i < rows; i++) {
    const s = side[i] as number;
    if (Number.isNaN(s) || s === INTERIOR) continue;
    const z = new Float64Array(q);
    directions.forEach((d, a) => {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += (x[i * columns + k] as number) * (d[k] as number);
      z[a] = Math.abs(sum) <= (noise[a] as number) ? 0 : s * sum;
    });
    if (z.some((v) => v !== 0)) projected.push(z);
  }
  const found = new Set<number>();
  const perfect = new Set<number>();
  const record = (c: Float64Array): void => {
    const d = new Float64Array(columns);
    directions.forEach((direction, a) => {
      for (let k = 0; k < columns; k++) {
        d[k] = (d[k] as number) + (c[a] as number) * (direction[k] as number);
      }
    });
    const size = d.map((v, k) => Math.abs(v) * (unit[k] as number));
    const largest = size.reduce((m, v) => Math.max(m, v), 0);
    size.forEach((v, k) => {
      if (v > 1e-7 * largest) found.add(k);
    });
    projected.forEach((z, i) => {
      if (dot(z, c) > 0) perfect.add(i);
    });
  };
  for (let a = 0; a < q; a++) {
    let up = true;
    let down = true;
    for (const z of projected) {
      const v = z[a] as number;
      if (v < 0) up = false;
      if (v > 0) down = false;
    }
    if (up || down) {
      const c = new Float64Array(q);
      c[a] = up ? 1 : -1;
      record(c);
    }
  }
  if (found.size === 0 && q > 1) {
    const c = rectify(projected, q);
    if (c) record(c);
  }
  return found.size === 0 ? null : { columns: [...found].sort((a, b) => a - b), rows: perfect.size };
}

/** Largest absolute value of each column over the rows that count. */
function columnMaxima(design: Design, side: Float64Array): Float64Array {
  const { rows, columns, x } = design;
  const out = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    if (Number.isNaN(side[i])) continue;
    for (let k = 0; k < columns; k++) {
      out[k] = Math.max(out[k] as number, Math.abs(x[i * columns + k] as number));
    }
  }
  return out;
}

function rectify(z: readonly Float64Array[], q: number): Float64Array | null {
  const cross = new Float64Array(q * q);
  for (const row of z) {
    for (let a = 0; a < q; a++) {
      for (let b = 0; b < q; b++)
        cross[a * q + b] = (cross[a * q + b] as number) + (row[a] as number) * (row[b] as number);
    }
  }
  const u = new Float64Array(z.length).fill(1);
  for (let round = 0; round < RECTIFIER_ROUNDS; round++) {
    const right = new Float64Array(q);
    z.forEach((row, i) => {
      for (let a = 0; a < q; a++) right[a] = (right[a] as number) + (row[a] as number) * (u[i] as number);
    });
    const c = solveSymmetric(cross, right, q);
    if (c === null) return null;
    let size = 0;
    let negative = 0;
    z.forEach((row, i) => {
      const fitted = dot(row, c);
      u[i] = Math.max(fitted, 0);
      size = Math.max(size, fitted);
      negative = Math.max(negative, -fitted);
    });
    if (!(size > 1e-10)) return null;
    if (negative <= 1e-9 * size) return c;
  }
  return null;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}
