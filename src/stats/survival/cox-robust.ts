/**
 * Score residuals of a Cox model and the robust (Lin-Wei, "infinitesimal jackknife") covariance built from them.
 *
 * Residual of one person-interval without event, at risk at event times enter .. leave:
 *   r = -e^eta [x (H(leave) - H(enter-)) - (B(leave) - B(enter-))],  H += c / S0,  B += (cc S1 - fcc D1) / S0^2   at each event time;
 * an event at `leave` adds (x - xbar) + e^eta [x fc / S0 - (fcc S1 - ffcc D1) / S0^2], xbar = (c S1 - fc D1) / (S0 tied weight),
 * the second part because under Efron's correction an event leaves the risk set by and by. Two running sums make this
 * one linear pass. Covariance: V (sum over clusters of s s') V with s the sum of weight x residual in the cluster.
 * Sources: Lin & Wei 1989 JASA 84:1074; Therneau & Grambsch 2000, chapter 7.
 */
import { sandwich } from '../linalg/matrix.ts';
import {
  type CoxDesign,
  type Risks,
  riskScores,
  rowRisks,
  type Ties,
  walkRiskSets,
} from './cox-risk-sets.ts';

export interface RobustCovariance {
  /** Everyone counts, also who is never at risk at an event time and so adds nothing. */
  readonly clusters: number;
  readonly se: Float64Array;
  readonly covariance: Float64Array;
}

/** Running sums over the event times of each stratum, and each event time's own part. */
export interface RunningSums {
  /** Hazard up to and including each event time, for a linear predictor equal to `centre` (columns as shifted). */
  readonly hazard: Float64Array;
  /** event_times x p. */
  readonly weighted_mean: Float64Array;
  /** event_times x p: the mean covariate that events are compared with. */
  readonly mean: Float64Array;
  /** fc / S0, and (fcc S1 - ffcc D1) / S0^2 (event_times x p): 0 without ties or under Breslow. */
  readonly tie: Float64Array;
  readonly tie_mean: Float64Array;
}

export function runningSums(design: CoxDesign, risks: Risks, ties: Ties): RunningSums {
  const { columns: p, order } = design;
  const K = order.event_times;
  const hazard = new Float64Array(K);
  const weighted_mean = new Float64Array(K * p);
  const mean = new Float64Array(K * p);
  const tie = new Float64Array(K);
  const tie_mean = new Float64Array(K * p);
  walkRiskSets(design, risks, ties, ({ k, s0, s1, d1, c, fc, cc, fcc, ffcc, tied_weight }) => {
    hazard[k] = c / s0;
    tie[k] = fc / s0;
    for (let j = 0; j < p; j++) {
      const s = s1[j] as number;
      const d = d1[j] as number;
      const at = k * p + j;
      weighted_mean[at] = (cc * s - fcc * d) / s0;
      mean[at] = (c * s - fc * d) / tied_weight;
      tie_mean[at] = (fcc * s - ffcc * d) / s0;
    }
  });
  for (let k = 1; k < K; k++) {
    if (order.first[k]) continue;
    hazard[k] = (hazard[k] as number) + (hazard[k - 1] as number);
    for (let j = 0; j < p; j++) {
      const at = k * p + j;
      weighted_mean[at] = (weighted_mean[at] as number) + (weighted_mean[at - p] as number);
    }
  }
  return { hazard, weighted_mean, mean, tie, tie_mean };
}

/**
 * Calls `visit` for each kept row with the residual of one of its people without event, and what an event adds to it.
 * Both arrays are reused.
 */
export function eachScoreResidual(
  design: CoxDesign,
  beta: Float64Array,
  ties: Ties,
  visit: (a: number, base: Float64Array, extra: Float64Array) => void,
): void {
  const { columns: p, pattern, x, people, events, order } = design;
  const risks = riskScores(design, beta);
  const risk = rowRisks(design, risks);
  const sums = runningSums(design, risks, ties);
  const base = new Float64Array(p);
  const extra = new Float64Array(p);
  for (let a = 0; a < people.length; a++) {
    const leave = order.leave[a] as number;
    const enter = order.enter[a] as number;
    const from = order.first[enter] ? -1 : enter - 1;
    const e = (risk[a] as number) / (people[a] as number);
    const h = (sums.hazard[leave] as number) - (from < 0 ? 0 : (sums.hazard[from] as number));
    const hasEvent = events[a] !== 0;
    const tie = sums.tie[leave] as number;
    const own = (pattern[a] as number) * p;
    for (let j = 0; j < p; j++) {
      const v = x[own + j] as number;
      const at = leave * p + j;
      const b =
        (sums.weighted_mean[at] as number) - (from < 0 ? 0 : (sums.weighted_mean[from * p + j] as number));
      base[j] = -e * (v * h - b);
      extra[j] = hasEvent ? v - (sums.mean[at] as number) + e * (v * tie - (sums.tie_mean[at] as number)) : 0;
    }
    visit(a, base, extra);
  }
}

export function robustCovariance(
  design: CoxDesign,
  beta: Float64Array,
  ties: Ties,
  inverse: Float64Array,
  cluster: 'rows' | Int32Array,
): Omit<RobustCovariance, 'clusters'> {
  const { columns: p, people, event_weight, events, weight, order } = design;
  const meat = new Float64Array(p * p);
  if (cluster === 'rows') {
    const withEvent = new Float64Array(p);
    eachScoreResidual(design, beta, ties, (a, base, extra) => {
      // The row stands for d people with the event and n - d without; each has weight w.
      const d = events[a] as number;
      const w = weight[a] as number;
      const n = (people[a] as number) / w;
      for (let j = 0; j < p; j++) withEvent[j] = (base[j] as number) + (extra[j] as number);
      if (d > 0) addOuter(meat, withEvent, w * w * d);
      if (n > d) addOuter(meat, base, w * w * (n - d));
    });
  } else {
    let highest = -1;
    for (const c of cluster) if (c > highest) highest = c;
    const sums = new Float64Array((highest + 1) * p);
    eachScoreResidual(design, beta, ties, (a, base, extra) => {
      const c = cluster[order.source[a] as number] as number;
      const n = people[a] as number;
      const d = event_weight[a] as number;
      for (let j = 0; j < p; j++)
        sums[c * p + j] = (sums[c * p + j] as number) + n * (base[j] as number) + d * (extra[j] as number);
    });
    for (let c = 0; c <= highest; c++) addOuter(meat, sums.subarray(c * p, (c + 1) * p), 1);
  }
  for (let j = 0; j < p; j++) for (let l = 0; l < j; l++) meat[l * p + j] = meat[j * p + l] as number;
  const covariance = sandwich(inverse, meat, p);
  const se = Float64Array.from({ length: p }, (_, j) => Math.sqrt(covariance[j * p + j] as number));
  return { se, covariance };
}

function addOuter(into: Float64Array, v: Float64Array, factor: number): void {
  const p = v.length;
  for (let j = 0; j < p; j++) {
    const vj = factor * (v[j] as number);
    if (vj === 0) continue;
    for (let l = 0; l <= j; l++) into[j * p + l] = (into[j * p + l] as number) + vj * (v[l] as number);
  }
}
