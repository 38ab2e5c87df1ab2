/**
 * Log-rank test of k survival curves, stratified or not, and its G-rho family (rho = 1: Peto & Peto's test, which
 * gives early differences more weight).
 *
 * Per stratum and event time, with w_k = S(t_k-)^rho from the stratum's pooled Kaplan-Meier curve:
 * observed_g += w_k d_gk, expected_g += w_k d_k n_gk / n_k,
 * V_gh += w_k^2 d_k (n_k - d_k) / (n_k - 1) * (n_gk / n_k) (1{g=h} - n_hk / n_k).
 * chi_square = (O - E)' V^- (O - E); its degrees of freedom are the rank of V (k - 1 when all groups can be compared).
 * Sources: Mantel 1966; Peto & Peto 1972 JRSS A 135:185; Harrington & Fleming 1982 Biometrika 69:553.
 */
import { cholesky, solveLower } from '../linalg/cholesky.ts';
import { chiSquareUpper } from '../special/chisq.ts';
import {
  countExits,
  type ExitCounts,
  type LifeTable,
  type PersonRows,
  tabulateCounts,
} from './life-table.ts';

export interface LogRankOptions {
  readonly groups: number;
  readonly strata?: number | undefined;
  /** 0 (default): log-rank. 1: Peto & Peto. */
  readonly rho?: number | undefined;
}

export type LogRankTest =
  | {
      readonly status: 'estimated';
      readonly chi_square: number;
      readonly degrees_of_freedom: number;
      readonly p_value: number;
      /** Weighted by S(t-)^rho when rho is not 0; length groups. */
      readonly observed: Float64Array;
      readonly expected: Float64Array;
      /** groups x groups, row-major, of observed - expected. */
      readonly covariance: Float64Array;
    }
  /** No event, or no event while two groups were at risk in one stratum. */
  | { readonly status: 'no-events' | 'not-comparable' };

/** `group` runs over 0 .. groups - 1, `counts.stratum` over 0 .. strata - 1. */
export function testLogRank(counts: ExitCounts, group: Int32Array, options: LogRankOptions): LogRankTest {
  const { groups } = options;
  const strata = options.strata ?? 1;
  const rho = options.rho ?? 0;
  const cell = Int32Array.from(
    group,
    (g, i) => (counts.stratum ? (counts.stratum[i] as number) : 0) * groups + g,
  );
  for (const g of group) if (g < 0 || g >= groups) throw new Error('log-rank: group out of range');
  const tables = tabulateCounts({ ...counts, stratum: cell }, strata * groups);
  const pooled = tabulateCounts(counts, strata);
  const observed = new Float64Array(groups);
  const expected = new Float64Array(groups);
  const covariance = new Float64Array(groups * groups);
  for (let s = 0; s < strata; s++) {
    const own = tables.slice(s * groups, (s + 1) * groups);
    accumulate(pooled[s] as LifeTable, own, rho, { observed, expected, covariance });
  }
  if (observed.every((o) => o === 0)) return { status: 'no-events' };
  const factor = cholesky(covariance, groups);
  if (factor.status !== 'factorised') throw new Error('log-rank: covariance is not positive semi-definite');
  if (factor.rank === 0) return { status: 'not-comparable' };
  const difference = observed.map((o, g) => o - (expected[g] as number));
  const chi_square = solveLower(factor, difference).reduce((sum, v) => sum + v * v, 0);
  const p_value = chiSquareUpper(chi_square, factor.rank);
  return {
    status: 'estimated',
    chi_square,
    degrees_of_freedom: factor.rank,
    p_value,
    observed,
    expected,
    covariance,
  };
}

/** The same from person rows. */
export function testLogRankRows(rows: PersonRows, group: Int32Array, options: LogRankOptions): LogRankTest {
  const counts = countExits(rows);
  const n = group.length;
  return testLogRank(
    counts,
    Int32Array.from({ length: counts.time.length }, (_, i) => group[i < n ? i : i - n] as number),
    options,
  );
}

interface LogRankSums {
  readonly observed: Float64Array;
  readonly expected: Float64Array;
  readonly covariance: Float64Array;
}

function accumulate(pooled: LifeTable, own: readonly LifeTable[], rho: number, sums: LogRankSums): void {
  const groups = own.length;
  const next = new Int32Array(groups);
  const present = Float64Array.from(own, (table) =>
    table.time.length > 0 ? (table.at_risk[0] as number) : 0,
  );
  const share = new Float64Array(groups);
  let survival = 1;
  for (let k = 0; k < pooled.time.length; k++) {
    const t = pooled.time[k] as number;
    const d = pooled.events[k] as number;
    const n = pooled.at_risk[k] as number;
    const w = rho === 0 ? 1 : survival ** rho;
    for (let g = 0; g < groups; g++) {
      const table = own[g] as LifeTable;
      const j = next[g] as number;
      const here = j < table.time.length && table.time[j] === t;
      share[g] = n > 0 ? (present[g] as number) / n : 0;
      if (d > 0) sums.expected[g] = (sums.expected[g] as number) + w * d * (share[g] as number);
      if (!here) continue;
      sums.observed[g] = (sums.observed[g] as number) + w * (table.events[j] as number);
      const leaving = (table.events[j] as number) + (table.censored[j] as number);
      present[g] = (present[g] as number) - leaving + (table.entries[j] as number);
      next[g] = j + 1;
    }
    if (d === 0) continue;
    survival *= (n - d) / n;
    if (n <= 1 || n === d) continue;
    const factor = (w * w * d * (n - d)) / (n - 1);
    for (let g = 0; g < groups; g++)
      for (let h = 0; h < groups; h++) {
        const at = g * groups + h;
        const part = (share[g] as number) * ((g === h ? 1 : 0) - (share[h] as number));
        sums.covariance[at] = (sums.covariance[at] as number) + factor * part;
      }
  }
}
