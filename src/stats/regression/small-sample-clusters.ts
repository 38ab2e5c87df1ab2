/**
 * Cluster-robust covariance for few clusters: CR2 (bias-reduced) and CR3 (jackknife-like), with Satterthwaite degrees of
 * freedom for CR2. For canonical links: working weight w = variance = derivative of the mean (Poisson mu, logistic n p q).
 *
 * With M = A^-1, cluster j of rows x with weights W, scores u: S_j = X' B_j u, where B_j makes the middle of the sandwich
 * exactly unbiased under the working model. Bell and McCaffrey (2002), Survey Methodology 28:169; Pustejovsky and Tipton (2018),
 * J. Bus. Econ. Stat. 36:672. Two roots satisfy that condition and differ slightly when W varies inside a cluster:
 *   'response' B = W^{1/2} G^{-1/2} W^{1/2}, G = W^{1/2} (W - W X M X' W) W^{1/2}: the symmetric root on the scale of counts,
 *              which R's clubSandwich reports. Needs the rows: cost n_j^3 per cluster.
 *   'working'  B = W^{1/2}-standardised root (I - H)^{-1/2}: a function of X'WX of the cluster, hence S_j = F_j s_j with a k x k
 *              matrix F_j. Exact under compression by (cluster, pattern), cost k^3 per cluster.
 * CR3 is S_j = (I - A_j M)^{-1} s_j, also exact under compression.
 *
 * Satterthwaite for one coefficient c: nu = (sum_j P_jj)^2 / sum_jk P_jk^2, P_jj = c'M A_j M c, P_jk = -u_j' M u_k,
 * u_j = X'W B_j' X M c (Bell and McCaffrey; independent working errors).
 */
import { multiply, sandwich } from '../linalg/matrix.ts';
import { applyToEigenvalues, symmetricEigen } from '../linalg/symmetric-eigen.ts';
import type { Bread } from './cluster-robust.ts';
import type { Design } from './design.ts';
import {
  gatherMatrix,
  keepColumns,
  spreadMatrix,
  spreadVector,
  standardErrors,
  weightedCross,
} from './design.ts';
import { invertSymmetric } from './normal-equations.ts';

export interface WeightedClusters {
  readonly design: Design;
  /** u: observed minus expected, per row. */
  readonly residual: Float64Array;
  /** w: working weight per row. Rows with w = 0 carry nothing. */
  readonly weight: Float64Array;
  readonly cluster: Int32Array;
  readonly clusters: number;
}

export type SmallSampleKind = 'CR2' | 'CR3';
export type Root = 'response' | 'working';

export type SmallSampleResult =
  | {
      readonly status: 'estimated';
      readonly covariance: Float64Array;
      readonly se: Float64Array;
      readonly clusters: number;
      /** Satterthwaite degrees of freedom per coefficient; CR2 only. */
      readonly df?: Float64Array;
    }
  | { readonly status: 'too-few-clusters'; readonly clusters: number }
  /** The response root would need an eigenproblem of this many rows: use the working root. */
  | { readonly status: 'cluster-too-large'; readonly rows: number }
  /** A cluster determines a coefficient alone, CR3 is not defined. */
  | { readonly status: 'leverage-one'; readonly cluster: number };

/** Rows of one cluster beyond which the response root is refused. */
const RESPONSE_ROOT_LIMIT = 500;
/** Eigenvalues of I - H below this are treated as zero (generalised inverse). */
const NULL_EIGENVALUE = 1e-10;

export function smallSampleClusterRobust(
  bread: Bread,
  data: WeightedClusters,
  kind: SmallSampleKind,
  root: Root = 'working',
): SmallSampleResult {
  if (data.clusters < 2) return { status: 'too-few-clusters', clusters: data.clusters };
  const k = bread.kept.length;
  const design = keepColumns(data.design, bread.kept);
  const m = gatherMatrix(bread.covariance, bread.kept, bread.columns);
  const members = clusterMembers(data);
  const meat = new Float64Array(k * k);
  // u_j for each coefficient, as the columns of F_j A_j M.
  const us: Float64Array[] = [];
  const ps: Float64Array[] = [];
  const halves = kind === 'CR2' && root === 'working' ? matrixHalves(m, k) : null;
  for (let j = 0; j < members.length; j++) {
    const rows = members[j] as readonly number[];
    const own = rowsOf(design, rows);
    const weight = Float64Array.from(rows, (i) => data.weight[i] as number);
    const residual = Float64Array.from(rows, (i) => data.residual[i] as number);
    const a = weightedCross(own, weight);
    const am = multiply(a, k, k, m, k);
    let adjusted: Float64Array;
    if (kind === 'CR3') {
      const f = inverseGeneral(
        am.map((v, at) => (at % (k + 1) === 0 ? 1 : 0) - v),
        k,
      );
      if (f === null) return { status: 'leverage-one', cluster: j };
      adjusted = multiply(f, k, k, score(own, residual), 1);
    } else if (halves) {
      const inner = sandwich(halves.root, a, k);
      const middle = applyToEigenvalues(symmetricEigen(inner, k), (v) => inverseRoot(1 - v, 1));
      const f = multiply(multiply(halves.inverse, k, k, middle, k), k, k, halves.root, k);
      adjusted = multiply(f, k, k, score(own, residual), 1);
      us.push(multiply(f, k, k, am, k));
      ps.push(multiply(m, k, k, am, k));
    } else {
      if (rows.length > RESPONSE_ROOT_LIMIT) return { status: 'cluster-too-large', rows: rows.length };
      const b = responseRoot(own, weight, m);
      const n = rows.length;
      const bu = multiply(b, n, n, residual, 1);
      adjusted = score(own, bu);
      const bxm = multiply(b, n, n, multiply(own.x, n, k, m, k), k);
      us.push(weightedProduct(own, weight, bxm));
      ps.push(multiply(m, k, k, am, k));
    }
    for (let c = 0; c < k; c++) {
      for (let d = 0; d < k; d++) {
        meat[c * k + d] = (meat[c * k + d] as number) + (adjusted[c] as number) * (adjusted[d] as number);
      }
    }
  }
  const covariance = spreadMatrix(sandwich(m, meat, k), bread.kept, bread.columns);
  const se = standardErrors(covariance, bread.columns);
  const clusters = data.clusters;
  if (kind === 'CR3') return { status: 'estimated', covariance, se, clusters };
  const df = spreadVector(satterthwaite(us, ps, m, k), bread.kept, bread.columns);
  return { status: 'estimated', covariance, se, clusters, df };
}

function satterthwaite(
  us: readonly Float64Array[],
  ps: readonly Float64Array[],
  m: Float64Array,
  k: number,
): Float64Array {
  const df = new Float64Array(k);
  for (let c = 0; c < k; c++) {
    // sum_jk (u_j' M u_k)^2 = trace((M S)^2) with S = sum_j u_j u_j': no G x G matrix is formed.
    const s = new Float64Array(k * k);
    let trace = 0;
    let own = 0;
    us.forEach((u, j) => {
      const column = Float64Array.from({ length: k }, (_, a) => u[a * k + c] as number);
      let h = 0;
      for (let a = 0; a < k; a++) {
        for (let b = 0; b < k; b++) {
          const product = (column[a] as number) * (column[b] as number);
          s[a * k + b] = (s[a * k + b] as number) + product;
          h += product * (m[a * k + b] as number);
        }
      }
      const p = (ps[j] as Float64Array)[c * k + c] as number;
      trace += p;
      own += p * p - h * h;
    });
    const ms = multiply(m, k, k, s, k);
    let all = 0;
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++) all += (ms[a * k + b] as number) * (ms[b * k + a] as number);
    }
    df[c] = (trace * trace) / (all + own);
  }
  return df;
}

/** W^{1/2} G^{-1/2} W^{1/2}, n x n. */
function responseRoot(own: Design, weight: Float64Array, m: Float64Array): Float64Array {
  const n = own.rows;
  const k = own.columns;
  const xm = multiply(own.x, n, k, m, k);
  const g = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    const wa = weight[a] as number;
    for (let b = 0; b <= a; b++) {
      const wb = weight[b] as number;
      let quadratic = 0;
      for (let c = 0; c < k; c++) quadratic += (xm[a * k + c] as number) * (own.x[b * k + c] as number);
      const v = (a === b ? wa * wa : 0) - (wa * wb) ** 1.5 * quadratic;
      g[a * n + b] = v;
      g[b * n + a] = v;
    }
  }
  const eigen = symmetricEigen(g, n);
  const largest = eigen.values[0] as number;
  const root = applyToEigenvalues(eigen, (v) => inverseRoot(v, largest));
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      root[a * n + b] =
        (root[a * n + b] as number) * Math.sqrt((weight[a] as number) * (weight[b] as number));
    }
  }
  return root;
}

function inverseRoot(value: number, scale: number): number {
  return value <= NULL_EIGENVALUE * scale ? 0 : 1 / Math.sqrt(value);
}

function matrixHalves(m: Float64Array, k: number): { root: Float64Array; inverse: Float64Array } {
  const eigen = symmetricEigen(m, k);
  return {
    root: applyToEigenvalues(eigen, Math.sqrt),
    inverse: applyToEigenvalues(eigen, (v) => 1 / Math.sqrt(v)),
  };
}

function clusterMembers(data: WeightedClusters): readonly (readonly number[])[] {
  const members: number[][] = Array.from({ length: data.clusters }, () => []);
  for (let i = 0; i < data.design.rows; i++) {
    if ((data.weight[i] as number) > 0) members[data.cluster[i] as number]?.push(i);
  }
  return members;
}

function rowsOf(design: Design, rows: readonly number[]): Design {
  const { columns, x } = design;
  const out = new Float64Array(rows.length * columns);
  rows.forEach((row, at) => {
    out.set(x.subarray(row * columns, (row + 1) * columns), at * columns);
  });
  return { rows: rows.length, columns, x: out };
}

function score(own: Design, u: Float64Array): Float64Array {
  return multiply(u, 1, own.rows, own.x, own.columns);
}

/** X' W Y for Y n x k. */
function weightedProduct(own: Design, weight: Float64Array, y: Float64Array): Float64Array {
  const k = own.columns;
  const out = new Float64Array(k * k);
  for (let i = 0; i < own.rows; i++) {
    for (let a = 0; a < k; a++) {
      const wx = (weight[i] as number) * (own.x[i * k + a] as number);
      if (wx === 0) continue;
      for (let b = 0; b < k; b++) out[a * k + b] = (out[a * k + b] as number) + wx * (y[i * k + b] as number);
    }
  }
  return out;
}

/** Inverse of a general square matrix B by the normal equations of B, (B'B)^-1 B'; null when singular. */
function inverseGeneral(b: Float64Array, k: number): Float64Array | null {
  const transposed = new Float64Array(k * k);
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) transposed[j * k + i] = b[i * k + j] as number;
  const inverse = invertSymmetric(multiply(transposed, k, k, b, k), k);
  return inverse ? multiply(inverse, k, k, transposed, k) : null;
}
