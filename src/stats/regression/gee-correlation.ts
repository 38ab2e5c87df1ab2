/**
 * Working correlations of generalised estimating equations: estimation of alpha and products with the inverse.
 *
 * Rows are scaled by the square root of the variance before they come here, so that R is all that is left of V. For a unit with T
 * rows, scaled design Z and residual r:
 *   exchangeable  Z'R^-1 r = [Z'r - c (Z'1)(1'r)] / (1 - alpha), c = alpha / (1 + (T - 1) alpha)
 *   AR(1)         neighbours decorrelated, z_t <- (z_t - rho_t z_{t-1}) / sqrt(1 - rho_t^2), rho_t = alpha^(wave gap)
 * alpha: see `gee.ts` for the estimating equation and its conventions.
 */
import { addRows, crossVector, weightedCross } from './design.ts';

export type Correlation = 'independence' | 'exchangeable' | 'ar1';

/** Rows with exposure only, scaled at the current estimate. */
export interface ScaledRows {
  readonly columns: number;
  /** sqrt(v) x, row-major. */
  readonly z: Float64Array;
  /** (y - mu) / sqrt(v). */
  readonly residual: Float64Array;
  /** Unit i is rows start[i] .. start[i + 1] - 1. */
  readonly start: Int32Array;
  readonly wave: Int32Array;
}

export interface EstimatingEquation {
  /** sum D' V^-1 D, for phi = 1. */
  readonly information: Float64Array;
  readonly score: Float64Array;
  /** Score of each unit, units x columns; empty when not asked for. */
  readonly unit_scores: Float64Array;
}

export function estimatingEquation(
  rows: ScaledRows,
  correlation: Correlation,
  alpha: number,
  wantUnits = false,
): EstimatingEquation {
  const { columns: k, start } = rows;
  const units = start.length - 1;
  const { z, residual } = correlation === 'ar1' && alpha !== 0 ? decorrelated(rows, alpha) : rows;
  const design = { rows: residual.length, columns: k, x: z };
  const ones = new Float64Array(residual.length).fill(1);
  const information = weightedCross(design, ones);
  const score = crossVector(design, residual);
  const unitScores = new Float64Array(wantUnits ? units * k : 0);
  if (wantUnits) {
    for (let i = 0; i < units; i++) {
      addRows(design, residual, start[i] as number, start[i + 1] as number, unitScores, i * k);
    }
  }
  if (correlation !== 'exchangeable' || alpha === 0) return { information, score, unit_scores: unitScores };

  const sums = { rows: units, columns: k, x: new Float64Array(units * k) };
  const c = new Float64Array(units);
  const pull = new Float64Array(units);
  for (let i = 0; i < units; i++) {
    const from = start[i] as number;
    const to = start[i + 1] as number;
    addRows(design, ones, from, to, sums.x, i * k);
    let total = 0;
    for (let t = from; t < to; t++) total += residual[t] as number;
    c[i] = to > from ? alpha / (1 + (to - from - 1) * alpha) : 0;
    pull[i] = (c[i] as number) * total;
  }
  const between = weightedCross(sums, c);
  const shift = crossVector(sums, pull);
  return {
    information: information.map((v, at) => (v - (between[at] as number)) / (1 - alpha)),
    score: score.map((v, a) => (v - (shift[a] as number)) / (1 - alpha)),
    unit_scores: unitScores.map(
      (v, at) => (v - (pull[Math.floor(at / k)] as number) * (sums.x[at] as number)) / (1 - alpha),
    ),
  };
}

/** Each row less what its neighbour before predicts, scaled to variance one. */
function decorrelated(rows: ScaledRows, alpha: number): { z: Float64Array; residual: Float64Array } {
  const { columns: k, start, wave } = rows;
  const z = rows.z.slice();
  const residual = rows.residual.slice();
  for (let i = 0; i + 1 < start.length; i++) {
    for (let t = (start[i] as number) + 1; t < (start[i + 1] as number); t++) {
      const rho = alpha ** ((wave[t] as number) - (wave[t - 1] as number));
      const damp = Math.sqrt(1 - rho * rho);
      residual[t] = ((rows.residual[t] as number) - rho * (rows.residual[t - 1] as number)) / damp;
      for (let a = 0; a < k; a++) {
        z[t * k + a] = ((rows.z[t * k + a] as number) - rho * (rows.z[(t - 1) * k + a] as number)) / damp;
      }
    }
  }
  return { z, residual };
}

/** alpha from the pair products of scaled residuals divided by phi. NaN when there is no pair. */
export function estimateCorrelation(rows: ScaledRows, correlation: Correlation, phi: number): number {
  if (correlation === 'independence') return 0;
  const gaps = correlation === 'exchangeable' ? meanPairProduct(rows, phi) : pairProductsByGap(rows, phi);
  if (correlation === 'exchangeable' || gaps.size === 0) return gaps.get(0)?.mean ?? Number.NaN;
  return decayRate(gaps);
}

interface PairProducts {
  readonly pairs: number;
  readonly mean: number;
}

function meanPairProduct(rows: ScaledRows, phi: number): Map<number, PairProducts> {
  const { residual, start } = rows;
  let pairs = 0;
  let products = 0;
  for (let i = 0; i + 1 < start.length; i++) {
    const from = start[i] as number;
    const to = start[i + 1] as number;
    let sum = 0;
    let squares = 0;
    for (let t = from; t < to; t++) {
      const r = residual[t] as number;
      sum += r;
      squares += r * r;
    }
    products += (sum * sum - squares) / 2;
    pairs += ((to - from) * (to - from - 1)) / 2;
  }
  return pairs === 0 ? new Map() : new Map([[0, { pairs, mean: products / phi / pairs }]]);
}

function pairProductsByGap(rows: ScaledRows, phi: number): Map<number, PairProducts> {
  const { residual, start, wave } = rows;
  const sums = new Map<number, { pairs: number; products: number }>();
  for (let i = 0; i + 1 < start.length; i++) {
    const to = start[i + 1] as number;
    for (let t = start[i] as number; t < to; t++) {
      for (let s = t + 1; s < to; s++) {
        const gap = (wave[s] as number) - (wave[t] as number);
        const entry = sums.get(gap) ?? { pairs: 0, products: 0 };
        entry.pairs++;
        entry.products += (residual[t] as number) * (residual[s] as number);
        sums.set(gap, entry);
      }
    }
  }
  return new Map([...sums].map(([gap, e]) => [gap, { pairs: e.pairs, mean: e.products / phi / e.pairs }]));
}

/** Root of sum_d pairs_d d alpha^(d-1) (mean_d - alpha^d) by Gauss-Newton from the mean product of neighbours. */
function decayRate(gaps: ReadonlyMap<number, PairProducts>): number {
  const nearest = Math.min(...gaps.keys());
  let alpha = clamp((gaps.get(nearest) as PairProducts).mean) ** (1 / nearest);
  if (Number.isNaN(alpha)) alpha = 0;
  for (let round = 0; round < 500; round++) {
    let gradient = 0;
    let curvature = 0;
    for (const [d, { pairs, mean }] of gaps) {
      const slope = d * alpha ** (d - 1);
      gradient += pairs * slope * (mean - alpha ** d);
      curvature += pairs * slope * slope;
    }
    if (curvature === 0) return alpha;
    const step = gradient / curvature;
    alpha = clamp(alpha + step);
    if (Math.abs(step) < 1e-15) break;
  }
  return alpha;
}

function clamp(v: number): number {
  return Math.max(-0.999, Math.min(0.999, v));
}
