/**
 * Working correlations of generalised estimating equations: estimation of alpha and products with the inverse.
 *
 * Rows are scaled by the square root of the variance before they come here, so that R is all that is left of V. For a unit with T
 * rows, scaled design Z and residual r:
 *   exchangeable  Z'R^-1 r = [Z'r - c (Z'1)(1'r)] / (1 - alpha), c = alpha / (1 + (T - 1) alpha)
 *   AR(1)         neighbours decorrelated, z_t <- (z_t - rho_t z_{t-1}) / sqrt(1 - rho_t^2), rho_t = alpha^(wave gap)
 * alpha: see `gee.ts` for the estimating equation and its conventions.
 */
import { mirrorLower } from './design.ts';

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
  /** Sum over units of the outer product of their scores. */
  readonly meat: Float64Array;
}

export function estimatingEquation(
  rows: ScaledRows,
  correlation: Correlation,
  alpha: number,
): EstimatingEquation {
  const { columns: k, z, residual, start, wave } = rows;
  const information = new Float64Array(k * k);
  const meat = new Float64Array(k * k);
  const score = new Float64Array(k);
  const own = new Float64Array(k);
  const sum = new Float64Array(k);
  const row = new Float64Array(k);
  const addOuter = (into: Float64Array, v: Float64Array, weight: number): void => {
    for (let a = 0; a < k; a++) {
      const w = weight * (v[a] as number);
      if (w === 0) continue;
      for (let b = 0; b <= a; b++) into[a * k + b] = (into[a * k + b] as number) + w * (v[b] as number);
    }
  };
  const exchangeable = correlation === 'exchangeable' ? alpha : 0;
  for (let i = 0; i + 1 < start.length; i++) {
    const from = start[i] as number;
    const to = start[i + 1] as number;
    if (to === from) continue;
    own.fill(0);
    sum.fill(0);
    let total = 0;
    for (let t = from; t < to; t++) {
      let r = residual[t] as number;
      const gap = t > from ? (wave[t] as number) - (wave[t - 1] as number) : 0;
      const rho = correlation === 'ar1' && t > from ? alpha ** gap : 0;
      const damp = Math.sqrt(1 - rho * rho);
      if (rho !== 0) r = (r - rho * (residual[t - 1] as number)) / damp;
      for (let a = 0; a < k; a++) {
        let v = z[t * k + a] as number;
        if (rho !== 0) v = (v - rho * (z[(t - 1) * k + a] as number)) / damp;
        row[a] = v;
        own[a] = (own[a] as number) + v * r;
        sum[a] = (sum[a] as number) + v;
      }
      total += r;
      addOuter(information, row, 1 / (1 - exchangeable));
    }
    if (exchangeable !== 0) {
      const c = exchangeable / (1 + (to - from - 1) * exchangeable);
      for (let a = 0; a < k; a++) {
        own[a] = ((own[a] as number) - c * (sum[a] as number) * total) / (1 - exchangeable);
      }
      addOuter(information, sum, -c / (1 - exchangeable));
    }
    for (let a = 0; a < k; a++) score[a] = (score[a] as number) + (own[a] as number);
    addOuter(meat, own, 1);
  }
  mirrorLower(information, k);
  mirrorLower(meat, k);
  return { information, score, meat };
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
