/**
 * Sandwich covariance: heteroskedasticity-consistent and cluster-robust.
 *
 * V = c A^-1 (sum_c s_c s_c') A^-1, where A is the information of the fit and s_c = sum_{g in c} x_g u_g the score of
 * cluster c; u_g = Y_g - E_g lambda_g for Poisson, Y - n p for logistic, (Y - n mu) / (1 + mu / theta) for NB2.
 * Cells may be compressed by (cluster, pattern): the score of a cluster is a sum, so nothing is lost.
 * Liang and Zeger (1986), Biometrika 73:13; Cameron and Miller (2015), J. Human Resources 50:317.
 *
 * Factors c: CR0 1; CR1 G/(G-1) (Stata for maximum likelihood); CR1S G/(G-1) (n-1)/(n-k); CR1p G/(G-k).
 * Small numbers of clusters: `small-sample-clusters.ts` (CR2, CR3, Satterthwaite).
 */
import { sandwich } from '../linalg/matrix.ts';
import {
  type Design,
  gatherMatrix,
  keepColumns,
  rowQuadratic,
  spreadMatrix,
  standardErrors,
  weightedCross,
} from './design.ts';

/** The part of any fit that a sandwich needs. */
export interface Bread {
  readonly columns: number;
  readonly kept: Int32Array;
  /** Inverse information, columns x columns. */
  readonly covariance: Float64Array;
}

export type ClusterCorrection = 'CR0' | 'CR1' | 'CR1S' | 'CR1p';

export interface RobustCovariance {
  readonly status: 'estimated';
  readonly covariance: Float64Array;
  readonly se: Float64Array;
  /** Number of clusters, or of observations for the HC kinds. */
  readonly units: number;
  readonly factor: number;
}

export type RobustResult =
  | RobustCovariance
  | { readonly status: 'too-few-clusters'; readonly clusters: number };

export interface ClusteredScores {
  readonly design: Design;
  /** u: observed minus expected on the scale of the score, one per row of the design. */
  readonly residual: Float64Array;
  /** Cluster of each row, 0 .. clusters - 1; rows need not be contiguous. */
  readonly cluster: Int32Array;
  readonly clusters: number;
  /** Rows before compression; enters CR1S only. */
  readonly observations: number;
}

export function clusterRobust(
  bread: Bread,
  scores: ClusteredScores,
  correction: ClusterCorrection,
): RobustResult {
  return sandwichOfMeat(bread, clusterMeat(scores, bread.kept), {
    clusters: scores.clusters,
    observations: scores.observations,
    correction,
  });
}

/** The sandwich around a meat over kept columns, for meats that are summed elsewhere (`person-patterns.ts`). */
export function sandwichOfMeat(
  bread: Bread,
  meat: Float64Array,
  counts: {
    readonly clusters: number;
    readonly observations: number;
    readonly correction: ClusterCorrection;
  },
): RobustResult {
  const k = bread.kept.length;
  const g = counts.clusters;
  if (g < 2 || (counts.correction === 'CR1p' && g <= k)) return { status: 'too-few-clusters', clusters: g };
  const factor = {
    CR0: 1,
    CR1: g / (g - 1),
    CR1S: ((g / (g - 1)) * (counts.observations - 1)) / (counts.observations - k),
    CR1p: g / (g - k),
  }[counts.correction];
  return finish(bread, meat, factor, g);
}

/** sum_c s_c s_c' over kept columns. */
export function clusterMeat(scores: ClusteredScores, kept: Int32Array): Float64Array {
  const { design, residual, cluster, clusters } = scores;
  const { columns, x } = design;
  const k = kept.length;
  const sums = new Float64Array(clusters * k);
  for (let i = 0; i < design.rows; i++) {
    const u = residual[i] as number;
    if (u === 0) continue;
    const c = cluster[i] as number;
    if (!(c >= 0 && c < clusters)) throw new RangeError('cluster: an index is outside 0 .. clusters - 1');
    const base = i * columns;
    const into = c * k;
    for (let a = 0; a < k; a++) {
      sums[into + a] = (sums[into + a] as number) + u * (x[base + (kept[a] as number)] as number);
    }
  }
  return weightedCross({ rows: clusters, columns: k, x: sums }, new Float64Array(clusters).fill(1));
}

/**
 * HC0 (factor 1) and HC1 (factor n/(n-k)) from squared residuals summed per row of the design. For compressed Poisson cells
 * that sum is sum_yy - 2 lambda sum_yt + lambda^2 sum_tt (`squaredResiduals`).
 */
export function heteroskedasticityRobust(
  bread: Bread,
  design: Design,
  squared_residual: Float64Array,
  observations: number,
  kind: 'HC0' | 'HC1',
): RobustCovariance {
  const k = bread.kept.length;
  const meat = weightedCross(keepColumns(design, bread.kept), squared_residual);
  return finish(bread, meat, kind === 'HC0' ? 1 : observations / (observations - k), observations);
}

/**
 * HC3 on uncompressed rows: residuals divided by 1 - h, h = w x'A^-1 x with w the working weight (Poisson: mu; logistic: n p (1-p)).
 * Long and Ervin (2000), Am. Statistician 54:217.
 */
export function jackknifeRobust(
  bread: Bread,
  design: Design,
  residual: Float64Array,
  weight: Float64Array,
): RobustCovariance {
  const kept = keepColumns(design, bread.kept);
  const a = gatherMatrix(bread.covariance, bread.kept, bread.columns);
  const squared = residual.map((u, i) => {
    const h = (weight[i] as number) * rowQuadratic(kept, i, a);
    return (u / (1 - h)) ** 2;
  });
  return finish(bread, weightedCross(kept, squared), 1, design.rows);
}

/** Sum over the rows of a Poisson cell of (y - t lambda)^2. */
export function squaredResiduals(
  sums: { readonly sum_yy: Float64Array; readonly sum_yt: Float64Array; readonly sum_tt: Float64Array },
  rate: Float64Array,
): Float64Array {
  return rate.map(
    (lambda, g) =>
      (sums.sum_yy[g] as number) -
      2 * lambda * (sums.sum_yt[g] as number) +
      lambda * lambda * (sums.sum_tt[g] as number),
  );
}

function finish(bread: Bread, meat: Float64Array, factor: number, units: number): RobustCovariance {
  const k = bread.kept.length;
  const a = gatherMatrix(bread.covariance, bread.kept, bread.columns);
  const inner = sandwich(a, meat, k).map((v) => v * factor);
  const covariance = spreadMatrix(inner, bread.kept, bread.columns);
  return { status: 'estimated', covariance, se: standardErrors(covariance, bread.columns), units, factor };
}
