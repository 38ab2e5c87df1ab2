/**
 * Rate ratio under inverse-probability-of-treatment weights, with sandwich covariances that do, and do not, allow for the
 * weights having been estimated.
 *
 * Weighted Poisson estimating equation sum_i w_i x_i (y_i - t_i lambda_i) = 0. `fixed` treats the weights as known (HC0, or
 * clustered): conservative for the ATE. `estimated` stacks the propensity equations: the score of a row becomes
 * s_i + D I^-1 u_i with u_i = z_i (a_i - p_i), I = sum z z' p(1-p) and D = sum x_i (y_i - t_i lambda_i) (dw_i/dgamma)'.
 * Lunceford and Davidian (2004), Stat. Med. 23:2937; Williamson, Forbes and White (2014), Stat. Med. 33:721.
 * Weights of the stabilised kind are differentiated with the share treated held fixed: it multiplies a whole arm.
 */
import { multiplyVector } from '../linalg/matrix.ts';
import { type Bread, type ClusterCorrection, type RobustResult, sandwichOfMeat } from './cluster-robust.ts';
import { type Design, gatherMatrix, weightedCross } from './design.ts';
import type { FitFailure } from './estimate.ts';
import type { LogisticEstimate } from './logistic.ts';
import { fitPoisson, type PoissonEstimate } from './poisson.ts';
import { propensityWeights, type WeightKind } from './propensity.ts';

export interface WeightedRates {
  /** Outcome design, one row per person: intercept, treatment, whatever else the outcome model has. */
  readonly outcome: Design;
  readonly events: Float64Array;
  readonly exposure: Float64Array;
  readonly treated: Float64Array;
  /** Design of the propensity model, same rows. */
  readonly covariates: Design;
  readonly propensity: LogisticEstimate;
  readonly kind: WeightKind;
  /** Optional unit of clustering, 0 .. clusters - 1; default each row its own. */
  readonly cluster?: Int32Array;
  readonly clusters?: number;
}

export type WeightedRatesFit =
  | {
      readonly status: 'estimated';
      readonly weights: Float64Array;
      /** Its own `se` and `covariance` treat weights as numbers of persons: not to be reported. */
      readonly fit: PoissonEstimate;
      readonly fixed: RobustResult;
      readonly estimated: RobustResult;
    }
  /** A fitted propensity of exactly 0 or 1: no overlap, no weight. */
  | { readonly status: 'no-overlap'; readonly rows: number }
  | FitFailure;

export function fitWeightedRates(
  data: WeightedRates,
  correction: ClusterCorrection = 'CR0',
): WeightedRatesFit {
  const { outcome, events, exposure, treated, covariates, propensity, kind } = data;
  const weights = propensityWeights(treated, propensity.probability, kind);
  const broken = weights.filter((w) => !Number.isFinite(w)).length;
  if (broken > 0) return { status: 'no-overlap', rows: broken };
  const fit = fitPoisson({
    design: outcome,
    events: events.map((y, i) => y * (weights[i] as number)),
    exposure: exposure.map((t, i) => t * (weights[i] as number)),
  });
  if (fit.status !== 'estimated') return fit;
  const raw = events.map((y, i) => y - (exposure[i] as number) * (fit.rate[i] as number));
  const slopes = treated.map((a, i) =>
    weightSlope(a, propensity.probability[i] as number, weights[i] as number, kind),
  );
  const cluster = data.cluster ?? Int32Array.from({ length: outcome.rows }, (_, i) => i);
  const clusters = data.clusters ?? outcome.rows;
  const counts = { clusters, observations: outcome.rows, correction };
  const plain = outcomeScores(outcome, fit, raw, weights);
  const corrected = withPropensity(plain, outcome, covariates, fit, propensity, raw, slopes);
  const meat = (scores: Float64Array): Float64Array =>
    meatOfScores(scores, fit.rank, outcome.rows, cluster, clusters);
  return {
    status: 'estimated',
    weights,
    fit,
    fixed: sandwichOfMeat(fit, meat(plain), counts),
    estimated: sandwichOfMeat(fit, meat(corrected), counts),
  };
}

/** d weight / d linear predictor of the propensity. */
function weightSlope(treated: number, p: number, weight: number, kind: WeightKind): number {
  if (kind === 'overlap') return treated === 1 ? -p * (1 - p) : p * (1 - p);
  if (kind === 'att') return treated === 1 ? 0 : weight;
  return treated === 1 ? -weight * (1 - p) : weight * p;
}

function outcomeScores(design: Design, bread: Bread, raw: Float64Array, weights: Float64Array): Float64Array {
  const k = bread.kept.length;
  const out = new Float64Array(design.rows * k);
  for (let i = 0; i < design.rows; i++) {
    const u = (weights[i] as number) * (raw[i] as number);
    for (let a = 0; a < k; a++) {
      out[i * k + a] = u * (design.x[i * design.columns + (bread.kept[a] as number)] as number);
    }
  }
  return out;
}

function withPropensity(
  plain: Float64Array,
  outcome: Design,
  covariates: Design,
  fit: PoissonEstimate,
  propensity: LogisticEstimate,
  raw: Float64Array,
  slopes: Float64Array,
): Float64Array {
  const k = fit.rank;
  const q = propensity.rank;
  const z = (i: number, c: number): number =>
    covariates.x[i * covariates.columns + (propensity.kept[c] as number)] as number;
  const d = new Float64Array(k * q);
  for (let i = 0; i < outcome.rows; i++) {
    const u = (raw[i] as number) * (slopes[i] as number);
    if (u === 0) continue;
    for (let a = 0; a < k; a++) {
      const v = u * (outcome.x[i * outcome.columns + (fit.kept[a] as number)] as number);
      for (let c = 0; c < q; c++) d[a * q + c] = (d[a * q + c] as number) + v * z(i, c);
    }
  }
  const inverse = gatherMatrix(propensity.covariance, propensity.kept, propensity.columns);
  const out = plain.slice();
  const own = new Float64Array(q);
  for (let i = 0; i < outcome.rows; i++) {
    for (let c = 0; c < q; c++) own[c] = z(i, c) * (propensity.residual[i] as number);
    const shift = multiplyVector(d, k, q, multiplyVector(inverse, q, q, own));
    for (let a = 0; a < k; a++) out[i * k + a] = (out[i * k + a] as number) + (shift[a] as number);
  }
  return out;
}

function meatOfScores(
  scores: Float64Array,
  k: number,
  rows: number,
  cluster: Int32Array,
  clusters: number,
): Float64Array {
  const sums = new Float64Array(clusters * k);
  for (let i = 0; i < rows; i++) {
    const into = (cluster[i] as number) * k;
    for (let a = 0; a < k; a++) sums[into + a] = (sums[into + a] as number) + (scores[i * k + a] as number);
  }
  return weightedCross({ rows: clusters, columns: k, x: sums }, new Float64Array(clusters).fill(1));
}
