/**
 * Test that the hazard ratios of a Cox model do not change with time.
 *
 * Test: score test of gamma = 0 when every column x_j is joined by x_j g(t) (Grambsch & Therneau 1994), in its exact
 * form on the risk sets rather than the approximation by a constant covariance. With u_k the Schoenfeld residual and
 * V_k the information of event time k: U = sum g_k u_k, I11 = sum V_k, I12 = sum g_k V_k, I22 = sum g_k^2 V_k;
 * for the columns J of one term chi_square = U_J' [I22_JJ - I12_J. I11^-1 I12_.J]^-1 U_J, and for all columns at once.
 * Transforms g: 'km' 1 - S(t-) of the whole sample, 'rank' the rank of the event's
 * time among the ends of all intervals, 'identity', 'log' (the conventions of R's cox.zph since survival 3.0).
 * Source: Grambsch & Therneau 1994 Biometrika 81:515.
 */
import { cholesky, invertCholesky, solveLower } from '../linalg/cholesky.ts';
import type { CoxEstimate } from './cox.ts';
import { addMeans, addSquares, mirror } from './cox-likelihood.ts';
import { refit } from './cox-residuals.ts';
import { type CoxDesign, riskScores, walkRiskSets } from './cox-risk-sets.ts';
import type { CoxRows } from './cox-rows.ts';
import { estimateSurvival, survivalAt } from './kaplan-meier.ts';
import { tabulateCounts } from './life-table.ts';
import { type ChiSquareTest, chiSquareTest } from './maximum.ts';
import { countBefore, rankTimes } from './time-order.ts';

export type TimeTransform = 'km' | 'rank' | 'identity' | 'log';

export interface ProportionalHazardsTest {
  readonly transform: TimeTransform;
  /** One per term: the given groups of columns, or each kept column alone. */
  readonly terms: readonly (ChiSquareTest & { readonly columns: readonly number[] })[];
  readonly global: ChiSquareTest;
}

export function testProportionalHazards(
  data: CoxRows,
  fit: CoxEstimate,
  options: { readonly transform?: TimeTransform; readonly terms?: readonly (readonly number[])[] } = {},
): ProportionalHazardsTest {
  const transform = options.transform ?? 'km';
  const { design, beta } = refit(data, fit);
  const { order, columns: p, pattern, x, event_weight } = design;
  const K = order.event_times;
  const g = transformTimes(data, design, transform);
  const u = new Float64Array(p);
  for (let a = 0; a < event_weight.length; a++) {
    const w = (event_weight[a] as number) * (g[order.leave[a] as number] as number);
    if (w === 0) continue;
    const own = (pattern[a] as number) * p;
    for (let j = 0; j < p; j++) u[j] = (u[j] as number) + w * (x[own + j] as number);
  }
  const risks = riskScores(design, beta);
  const moments = [0, 1, 2].map((power) => ({
    information: new Float64Array(p * p),
    c: new Float64Array(K),
    fc: new Float64Array(K),
    factor: g.map((v) => v ** power),
  }));
  walkRiskSets(design, risks, fit.ties, (set) => {
    const { k, s0, c, fc, s1, d1 } = set;
    const gk = g[k] as number;
    for (let j = 0; j < p; j++)
      u[j] = (u[j] as number) - gk * (c * (s1[j] as number) - fc * (d1[j] as number));
    for (const moment of moments) {
      const factor = moment.factor[k] as number;
      moment.c[k] = (factor * c) / s0;
      moment.fc[k] = (factor * fc) / s0;
      addMeans(set, p, -factor, moment.information);
    }
  });
  for (const { information, c, fc } of moments) {
    addSquares(design, risks, c, fc, information);
    mirror(information, p);
  }
  const [i11, i12, i22] = moments.map((m) => m.information) as [Float64Array, Float64Array, Float64Array];
  const all = Array.from({ length: p }, (_, j) => j);
  const position = new Map(Array.from(fit.kept, (column, j) => [column, j]));
  const terms = (options.terms ?? Array.from(fit.kept, (column) => [column])).map((columns) => ({
    columns,
    ...scoreTest(
      u,
      i11,
      i12,
      i22,
      p,
      columns.flatMap((column) => position.get(column) ?? []),
    ),
  }));
  return { transform, terms, global: scoreTest(u, i11, i12, i22, p, all) };
}

/** g at each event time, centred on its mean over the events (the test does not depend on where g is zero). */
function transformTimes(data: CoxRows, design: CoxDesign, transform: TimeTransform): Float64Array {
  const { order, events } = design;
  const K = order.event_times;
  const tied = new Float64Array(K);
  for (let a = 0; a < events.length; a++) {
    const k = order.leave[a] as number;
    tied[k] = (tied[k] as number) + (events[a] as number);
  }
  let g: Float64Array = order.time;
  if (transform === 'log') g = g.map(Math.log);
  else if (transform === 'km') g = survivalBefore(data, order.time).map((s) => 1 - s);
  else if (transform === 'rank') g = meanRanks(data, order.time);
  const mean = g.reduce((sum, v, k) => sum + v * (tied[k] as number), 0) / order.events;
  return g.map((v) => v - mean);
}

/** S(t-) of the whole sample, strata ignored. */
function survivalBefore(data: CoxRows, time: Float64Array): Float64Array {
  const { rows, start, stop, event, count } = data;
  const n = rows;
  const people = (i: number) => (count ? (count[i] as number) : 1);
  const length = start ? 2 * n : n;
  const column = (value: (i: number) => number) =>
    Float64Array.from({ length }, (_, i) => (i < n ? value(i) : 0));
  const [table] = tabulateCounts({
    time: Float64Array.from({ length }, (_, i) => (i < n ? stop[i] : start?.[i - n]) as number),
    events: column((i) => event[i] as number),
    censored: column((i) => people(i) - (event[i] as number)),
    entries: start && Float64Array.from({ length }, (_, i) => (i < n ? 0 : people(i - n))),
  });
  if (!table) throw new Error('proportional hazards: no rows');
  const curve = estimateSurvival(table);
  // The value just before t is that of the step that ended before it.
  const before = curve.time.map((_, k) => (k === 0 ? 1 : (curve.survival[k - 1] as number)));
  const steps = { ...curve, survival: before };
  return survivalAt(steps, time).survival;
}

/** Mean rank of each time among the ends of all the people's intervals. */
function meanRanks(data: CoxRows, time: Float64Array): Float64Array {
  const { distinct, rank } = rankTimes(data.stop);
  const ending = new Float64Array(distinct.length);
  for (let i = 0; i < data.rows; i++) {
    const k = rank[i] as number;
    ending[k] = (ending[k] as number) + (data.count ? (data.count[i] as number) : 1);
  }
  let below = 0;
  const ranks = ending.map((here) => {
    below += here;
    return below - (here - 1) / 2;
  });
  return time.map((t) => ranks[countBefore(distinct, t)] as number);
}

function scoreTest(
  u: Float64Array,
  i11: Float64Array,
  i12: Float64Array,
  i22: Float64Array,
  p: number,
  columns: readonly number[],
): ChiSquareTest {
  const inner = cholesky(i11, p);
  if (inner.status !== 'factorised') return chiSquareTest(Number.NaN, columns.length);
  const inverse = invertCholesky(inner);
  const q = columns.length;
  const schur = new Float64Array(q * q);
  columns.forEach((j, a) => {
    columns.forEach((l, b) => {
      let sum = i22[j * p + l] as number;
      for (let r = 0; r < p; r++)
        for (let s = 0; s < p; s++)
          sum -= (i12[j * p + r] as number) * (inverse[r * p + s] as number) * (i12[s * p + l] as number);
      schur[a * q + b] = sum;
    });
  });
  const factor = cholesky(schur, q);
  if (factor.status !== 'factorised' || factor.rank === 0) return chiSquareTest(Number.NaN, q);
  const score = Float64Array.from(columns, (j) => u[j] as number);
  return chiSquareTest(
    solveLower(factor, score).reduce((sum, v) => sum + v * v, 0),
    factor.rank,
  );
}
