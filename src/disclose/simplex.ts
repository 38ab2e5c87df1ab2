/**
 * A sparse linear programme from a feasible start: maximise c'x subject to low <= a_i'x <= high for each row i and
 * 0 <= x <= upper for each column, where x = 0 satisfies everything.
 *
 * Contract: rows as maps from column to coefficient (they are used up); bounds may be infinite; 0 lies within every row's
 * bounds. The primal simplex method with bounded variables on a condensed tableau (Dantzig 1963, chapters 5 and 18); the
 * largest coefficient enters, and the lowest index after a run of steps that do not move (Bland 1977), so that it cannot
 * cycle. Returns x; it is feasible whether or not the iterations ran out before the optimum.
 */

export interface LinearProgramme {
  readonly columns: number;
  readonly rows: readonly Map<number, number>[];
  readonly row_low: Float64Array;
  readonly row_high: Float64Array;
  readonly upper: Float64Array;
  readonly objective: Float64Array;
}

const TINY = 1e-9;
const ZERO = 1e-12;
const PATIENCE = 60;

export function maximise(programme: LinearProgramme, iterations: number): Float64Array {
  const { rows, columns: n } = programme;
  const m = rows.length;
  // Basic at first: the activity of each row, numbered after the columns. Tableau: basic - sum of row x nonbasic = 0.
  const low = new Float64Array(n + m);
  const high = new Float64Array(n + m);
  high.set(programme.upper);
  low.set(programme.row_low, n);
  high.set(programme.row_high, n);
  const basic = Int32Array.from({ length: m }, (_, i) => n + i);
  const nonbasic = Int32Array.from({ length: n }, (_, j) => j);
  const value = new Float64Array(n + m);
  const reduced = Float64Array.from(programme.objective);
  let still = 0;

  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const isPatient = still <= PATIENCE;
    let entering = -1;
    let best = TINY;
    for (let j = 0; j < n; j += 1) {
      const gain = reduced[j] as number;
      if (gain < TINY && gain > -TINY) continue;
      const variable = nonbasic[j] as number;
      const lowest = low[variable] as number;
      const highest = high[variable] as number;
      const here = value[variable] as number;
      if (lowest === highest || (gain > 0 ? here >= highest : here <= lowest)) continue;
      if (isPatient) {
        if (Math.abs(gain) > best) {
          best = Math.abs(gain);
          entering = j;
        }
      } else if (entering < 0 || variable < (nonbasic[entering] as number)) entering = j;
    }
    if (entering < 0) break;
    const variable = nonbasic[entering] as number;
    const direction = (reduced[entering] as number) > 0 ? 1 : -1;
    const here = value[variable] as number;
    let step = direction > 0 ? (high[variable] as number) - here : here - (low[variable] as number);
    let leaving = -1;
    let pivotSize = 0;
    for (let i = 0; i < m; i += 1) {
      const slope = (rows[i]?.get(entering) ?? 0) * direction;
      if (slope < TINY && slope > -TINY) continue;
      const one = basic[i] as number;
      const room =
        slope > 0
          ? (high[one] as number) - (value[one] as number)
          : (value[one] as number) - (low[one] as number);
      const limit = Math.max(0, room) / Math.abs(slope);
      const isTie = leaving >= 0 && limit <= step + TINY;
      const isBetter = isPatient ? Math.abs(slope) > pivotSize : one < (basic[leaving] ?? 0);
      if (limit < step - TINY || (isTie && isBetter)) {
        step = Math.min(step, limit);
        leaving = i;
        pivotSize = Math.abs(slope);
      }
    }
    if (!Number.isFinite(step)) break;
    still = step > TINY ? 0 : still + 1;
    value[variable] = here + direction * step;
    for (let i = 0; i < m; i += 1) {
      const coefficient = rows[i]?.get(entering);
      if (coefficient === undefined) continue;
      const one = basic[i] as number;
      value[one] = (value[one] as number) + coefficient * direction * step;
    }
    if (leaving < 0) continue;
    const out = basic[leaving] as number;
    // Set exactly on the bound it has met, so that rounding does not accumulate.
    const rises = (rows[leaving]?.get(entering) ?? 0) * direction > 0;
    value[out] = rises ? (high[out] as number) : (low[out] as number);
    pivot(rows, reduced, leaving, entering);
    basic[leaving] = variable;
    nonbasic[entering] = out;
  }
  return value.slice(0, n);
}

/** Exchanges the basic variable of row `r` with the nonbasic one of column `c`. */
function pivot(rows: readonly Map<number, number>[], reduced: Float64Array, r: number, c: number): void {
  const row = rows[r];
  const size = row?.get(c);
  if (row === undefined || size === undefined) return;
  const inverse = 1 / size;
  for (const [j, coefficient] of row) row.set(j, j === c ? inverse : -coefficient * inverse);
  for (const [i, other] of rows.entries()) {
    const factor = other.get(c);
    if (i === r || factor === undefined) continue;
    for (const [j, coefficient] of row) {
      const sum = (j === c ? 0 : (other.get(j) ?? 0)) + factor * coefficient;
      if (Math.abs(sum) < ZERO) other.delete(j);
      else other.set(j, sum);
    }
  }
  const factor = reduced[c] as number;
  for (const [j, coefficient] of row)
    reduced[j] = (j === c ? 0 : (reduced[j] as number)) + factor * coefficient;
}
