/**
 * Gray's test that k groups have the same cumulative incidence of one cause, stratified or not.
 *
 * The log-rank test asks about cause-specific hazards; this asks about what is seen, incidence in the presence of the
 * other causes. Subdistribution risk set of group g: R_g = Y_g (1 - F_g(t-)) / S_g(t-); z_g = sum_t (d_g - R_g d / R.).
 * The variance is estimated under equal incidence. With h_g = Y_g / S_g(u-), h. their sum, F0 = sum d / h. the common
 * incidence and w = 1{g=j} - h_g / h., z_g is a sum of martingale increments of both kinds of event in every group j:
 *   c_gj(u) = sum_{t > u} w h_j dF0 / (1 - F0(t-)),   q = (1 - F0(u)) / S_j(u),
 *   A_gj = w + (1 - q) c_gj / h_j for the cause,   B_gj = -q c_gj / h_j for other causes,
 *   V = sum_j sum_u A A' h_j dF0 (1 - (d - 1) / (h. S_j(u-) - 1)) + B B' d_other,j (1 - (d_other,j - 1) / (Y_j - 1)),
 * the last factors for ties. As R's cmprsk::cuminc, to 1e-12.
 * Source: Gray 1988 Ann Stat 16:1141.
 */
import { cholesky, solveLower } from '../linalg/cholesky.ts';
import { type CauseCounts, type CauseRows, countCauses, tabulateCauses } from './aalen-johansen.ts';
import type { LifeTable } from './life-table.ts';
import { type ChiSquareTest, chiSquareTest } from './maximum.ts';

export interface GrayOptions {
  readonly groups: number;
  /** 1 .. causes. */
  readonly cause: number;
  readonly strata?: number | undefined;
}

export type GrayTest =
  | ({
      readonly status: 'estimated';
      /** Events less their expectation under equal incidence; length groups. */
      readonly score: Float64Array;
      readonly covariance: Float64Array;
    } & ChiSquareTest)
  | { readonly status: 'no-events' | 'not-comparable' };

/** `group` of each row of counts, 0 .. groups - 1. */
export function testGray(counts: CauseCounts, group: Int32Array, options: GrayOptions): GrayTest {
  const { groups, cause } = options;
  const strata = options.strata ?? 1;
  const { stratum } = counts;
  const cell = Int32Array.from(group, (g, i) => (stratum ? (stratum[i] as number) : 0) * groups + g);
  const tables = tabulateCauses({ ...counts, stratum: cell }, strata * groups);
  const score = new Float64Array(groups);
  const covariance = new Float64Array(groups * groups);
  let events = 0;
  for (let s = 0; s < strata; s++) {
    const own = tables.slice(s * groups, (s + 1) * groups);
    const steps = walkTimes(
      own.map(({ table, by_cause }) => ({ table, by_cause, causes: counts.causes, cause })),
    );
    for (const step of steps) events += step.total;
    addScore(steps, groups, score);
    addVariance(steps, groups, covariance);
  }
  if (events === 0) return { status: 'no-events' };
  const factor = cholesky(covariance, groups);
  if (factor.status !== 'factorised') throw new Error('Gray: covariance is not positive semi-definite');
  if (factor.rank === 0) return { status: 'not-comparable' };
  const chi_square = solveLower(factor, score).reduce((sum, v) => sum + v * v, 0);
  return { status: 'estimated', score, covariance, ...chiSquareTest(chi_square, factor.rank) };
}

/** The same from person rows. */
export function testGrayRows(rows: CauseRows, group: Int32Array, options: GrayOptions): GrayTest {
  const counts = countCauses(rows);
  const n = group.length;
  const own = Int32Array.from(counts.time, (_, i) => group[i < n ? i : i - n] as number);
  return testGray(counts, own, options);
}

/** One time with an event of any cause; arrays have one value per group. */
interface Step {
  readonly at_risk: Float64Array;
  readonly events: Float64Array;
  readonly others: Float64Array;
  readonly total: number;
  /** S(u-), S(u), and the subdistribution risk set. */
  readonly before: Float64Array;
  readonly survival: Float64Array;
  readonly risk: Float64Array;
  readonly total_risk: number;
}

function walkTimes(
  own: readonly { table: LifeTable; by_cause: Float64Array; causes: number; cause: number }[],
): Step[] {
  const groups = own.length;
  const times = [...new Set(own.flatMap(({ table }) => [...table.time]))].sort((a, b) => a - b);
  const next = new Int32Array(groups);
  const present = Float64Array.from(own, ({ table }) =>
    table.time.length > 0 ? (table.at_risk[0] as number) : 0,
  );
  let survival = new Float64Array(groups).fill(1);
  let free = new Float64Array(groups).fill(1);
  const steps: Step[] = [];
  for (const t of times) {
    const at_risk = present.slice();
    const events = new Float64Array(groups);
    const others = new Float64Array(groups);
    const risk = new Float64Array(groups);
    const before = survival;
    const free_before = free;
    survival = survival.slice();
    free = free.slice();
    own.forEach(({ table, by_cause, causes, cause }, g) => {
      const Y = at_risk[g] as number;
      const s = before[g] as number;
      if (Y > 0 && s > 0) risk[g] = (Y * (free_before[g] as number)) / s;
      const k = next[g] as number;
      if (k >= table.time.length || table.time[k] !== t) return;
      const d = by_cause[k * causes + cause - 1] as number;
      const all = table.events[k] as number;
      events[g] = d;
      others[g] = all - d;
      if (all > 0) {
        free[g] = (free_before[g] as number) - (s * d) / Y;
        survival[g] = (s * (Y - all)) / Y;
      }
      present[g] = Y - all - (table.censored[k] as number) + (table.entries[k] as number);
      next[g] = k + 1;
    });
    const total = events.reduce((a, b) => a + b, 0);
    if (total === 0 && others.every((d) => d === 0)) continue;
    const total_risk = risk.reduce((a, b) => a + b, 0);
    steps.push({ at_risk, events, others, total, before, survival, risk, total_risk });
  }
  return steps;
}

function addScore(steps: readonly Step[], groups: number, score: Float64Array): void {
  for (const { events, total, risk, total_risk } of steps) {
    if (total === 0) continue;
    for (let g = 0; g < groups; g++) {
      const expected = ((risk[g] as number) * total) / total_risk;
      score[g] = (score[g] as number) + (events[g] as number) - expected;
    }
  }
}

function addVariance(steps: readonly Step[], groups: number, covariance: Float64Array): void {
  const common = commonIncidence(steps);
  const a = new Float64Array(groups);
  const b = new Float64Array(groups);
  const w = new Float64Array(groups);
  for (let j = 0; j < groups; j++) {
    const c = new Float64Array(groups);
    for (let k = steps.length - 1; k >= 0; k--) {
      const { at_risk, before, survival, others, total } = steps[k] as Step;
      const { h, all, increment, free_before, free } = common[k] as CommonStep;
      const Y = at_risk[j] as number;
      const s = survival[j] as number;
      const hj = h[j] as number;
      if (hj === 0) continue;
      // When the last of the group leaves with an event nothing follows: c is 0 and q does not matter.
      const q = s > 0 ? free / s : 0;
      for (let g = 0; g < groups; g++) {
        w[g] = (g === j ? 1 : 0) - (h[g] as number) / all;
        const carried = (c[g] as number) / hj;
        a[g] = (w[g] as number) + (1 - q) * carried;
        b[g] = -q * carried;
      }
      const own = hj * increment * tieFactor(total, all * (before[j] as number));
      const d = others[j] as number;
      const other = d * tieFactor(d, Y);
      for (let g = 0; g < groups; g++)
        for (let l = 0; l < groups; l++) {
          const at = g * groups + l;
          const part =
            own * (a[g] as number) * (a[l] as number) + other * (b[g] as number) * (b[l] as number);
          covariance[at] = (covariance[at] as number) + part;
        }
      for (let g = 0; g < groups; g++)
        c[g] = (c[g] as number) + ((w[g] as number) * hj * increment) / free_before;
    }
  }
}

/** h of each group, their sum, dF0, 1 - F0(u-) and 1 - F0(u) at each step. */
interface CommonStep {
  readonly h: Float64Array;
  readonly all: number;
  readonly increment: number;
  readonly free_before: number;
  readonly free: number;
}

function commonIncidence(steps: readonly Step[]): CommonStep[] {
  let free = 1;
  return steps.map(({ at_risk, before, total }) => {
    const h = at_risk.map((Y, g) => (Y > 0 && (before[g] as number) > 0 ? Y / (before[g] as number) : 0));
    const all = h.reduce((x, y) => x + y, 0);
    const increment = total > 0 ? total / all : 0;
    const free_before = free;
    free -= increment;
    return { h, all, increment, free_before, free };
  });
}

/** Share of the Poisson variance that d events drawn from n without replacement have. */
function tieFactor(d: number, n: number): number {
  return d > 1 ? (n - d) / (n - 1) : 1;
}
