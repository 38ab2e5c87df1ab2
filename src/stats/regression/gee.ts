/**
 * Generalised estimating equations for repeated counts or yes/no outcomes, with the conventions of R's geepack.
 *
 * sum_i D_i' V_i^-1 (y_i - mu_i) = 0, V_i = phi A_i^{1/2} R(alpha) A_i^{1/2}; Liang and Zeger (1986), Biometrika 73:13.
 * On rows scaled by the square root of the variance (canonical links: x sqrt(v), r = (y - mu)/sqrt(v)) R^-1 is closed:
 *   exchangeable R^-1 = [I - alpha/(1 + (T-1) alpha) 11'] / (1 - alpha);  AR(1) differences of neighbours, 1 - rho^2.
 * Conventions (Halekoh, Hojsgaard and Yan 2006, J. Stat. Software 15(2)): phi = sum r^2 / N and alpha from the pair products
 * r_t r_s / phi with plain counts as denominators (not N - p as in SAS); exchangeable alpha is their mean, AR(1) alpha solves
 * sum_{t<s} d rho (r_t r_s/phi - rho) = 0 with rho = alpha^|wave gap|. Robust = sandwich without small-sample factor;
 * naive = phi (sum D' V^-1 D)^-1.
 */
import { multiply, multiplyVector, sandwich } from '../linalg/matrix.ts';
import { spreadMatrix, spreadVector, standardErrors, weightedCross } from './design.ts';
import type { FitFailure } from './estimate.ts';
import {
  type Correlation,
  estimateCorrelation,
  estimatingEquation,
  type ScaledRows,
} from './gee-correlation.ts';
import { fitLogistic } from './logistic.ts';
import { invertSymmetric } from './normal-equations.ts';
import { assertPersonRows, type PersonRows } from './person-rows.ts';
import { fitPoisson } from './poisson.ts';

/** Largest change, in standard errors, at which the turns stop. */
const TOLERANCE = 1e-10;

export type GeeFamily = 'poisson' | 'binomial';

export interface GeeOptions {
  readonly family: GeeFamily;
  readonly correlation: Correlation;
  /** A number holds phi fixed. */
  readonly scale?: 'estimated' | number;
  /** Occasion of each row, rising inside a person; AR(1) decays with its differences. Default: the order of the rows. */
  readonly wave?: Int32Array;
  readonly max_iterations?: number;
}

export interface GeeEstimate {
  readonly status: 'estimated';
  readonly columns: number;
  readonly coefficient: Float64Array;
  readonly kept: Int32Array;
  readonly aliased: readonly number[];
  readonly rank: number;
  readonly robust_covariance: Float64Array;
  readonly robust_se: Float64Array;
  readonly naive_covariance: Float64Array;
  readonly naive_se: Float64Array;
  /** phi */
  readonly scale: number;
  /** Working correlation parameter; 0 under independence. */
  readonly alpha: number;
  readonly clusters: number;
  readonly largest_cluster: number;
  readonly iterations: number;
  readonly qic: QuasiInformation;
}

/** Pan (2001), Biometrics 57:120; QICC as geepack: a small-sample term in the number of clusters. */
export interface QuasiInformation {
  readonly qic: number;
  readonly qicu: number;
  readonly quasi_likelihood: number;
  /** trace of (naive covariance of the independence fit)^-1 x robust covariance. */
  readonly cic: number;
  readonly qicc: number;
}

export type GeeFit =
  | GeeEstimate
  | FitFailure
  /** No unit has two rows: a working correlation cannot be estimated. */
  | { readonly status: 'no-repeated-rows' }
  /** The estimated alpha leaves the range in which the working correlation is positive definite. */
  | { readonly status: 'correlation-out-of-range'; readonly alpha: number };

/** Rows without exposure are left out; for the binomial family events are 0 or 1 and exposure 1 (0 leaves the row out). */
export function fitGee(data: PersonRows, options: GeeOptions): GeeFit {
  assertPersonRows(data);
  const { design, events, exposure } = data;
  const { family, correlation } = options;
  const first =
    family === 'poisson'
      ? fitPoisson({ design, events, exposure })
      : fitLogistic({ design, trials: exposure, successes: events });
  if (first.status !== 'estimated') return first;
  const rank = { kept: first.kept, aliased: first.aliased };
  const rows = rowsWithExposure(data, rank.kept, options.wave);
  if (correlation !== 'independence' && rows.largest < 2) return { status: 'no-repeated-rows' };
  const k = rank.kept.length;
  let beta = Float64Array.from(rank.kept, (c) => first.coefficient[c] as number);
  let alpha = 0;
  let phi = 1;
  let scaled = scaleRows(rows, beta, family);
  const scaleOf = (residual: Float64Array): number =>
    typeof options.scale === 'number' ? options.scale : meanSquare(residual);
  // The maximum likelihood estimate is the independence estimate: its naive information enters QIC.
  const naiveScale = scaleOf(scaled.residual);
  const independent = estimatingEquation(scaled, 'independence', 0).information.map((v) => v / naiveScale);
  const limit = options.max_iterations ?? 300;
  let change = Number.POSITIVE_INFINITY;
  let iterations = 0;
  // beta, phi and alpha by turns; change is measured in naive standard errors and in alpha itself.
  while (iterations < limit && change > TOLERANCE) {
    iterations++;
    phi = scaleOf(scaled.residual);
    const next = estimateCorrelation(scaled, correlation, phi);
    change = Math.abs(next - alpha);
    alpha = next;
    if (!isAdmissible(alpha, correlation, rows.largest)) return { status: 'correlation-out-of-range', alpha };
    const { information, score } = estimatingEquation(scaled, correlation, alpha);
    const inverse = invertSymmetric(information, k);
    if (inverse === null) return { status: 'not-converged', iterations, decrement: Number.NaN };
    const step = multiplyVector(inverse, k, k, score);
    beta = beta.map((b, a) => b + (step[a] as number));
    for (let a = 0; a < k; a++) {
      change = Math.max(change, Math.abs(step[a] as number) / Math.sqrt(inverse[a * k + a] as number));
    }
    scaled = scaleRows(rows, beta, family);
  }
  const last = estimatingEquation(scaled, correlation, alpha, true);
  const inverse = invertSymmetric(last.information, k);
  if (inverse === null || !(change <= TOLERANCE)) {
    return { status: 'not-converged', iterations, decrement: change };
  }
  const units = rows.start.length - 1;
  const meat = weightedCross(
    { rows: units, columns: k, x: last.unit_scores },
    new Float64Array(units).fill(1),
  );
  const robust = sandwich(inverse, meat, k);
  const spread = (m: Float64Array): Float64Array => spreadMatrix(m, rank.kept, design.columns);
  const robustCovariance = spread(robust);
  const naive = spread(inverse.map((v) => v * phi));
  return {
    status: 'estimated',
    columns: design.columns,
    coefficient: spreadVector(beta, rank.kept, design.columns),
    kept: rank.kept,
    aliased: rank.aliased,
    rank: k,
    robust_covariance: robustCovariance,
    robust_se: standardErrors(robustCovariance, design.columns),
    naive_covariance: naive,
    naive_se: standardErrors(naive, design.columns),
    scale: phi,
    alpha,
    clusters: rows.units,
    largest_cluster: rows.largest,
    iterations,
    qic: quasiInformation(rows, scaled, independent, robust, options),
  };
}

interface GeeRows {
  readonly columns: number;
  readonly x: Float64Array;
  readonly events: Float64Array;
  readonly exposure: Float64Array;
  readonly start: Int32Array;
  readonly wave: Int32Array;
  /** Units that have a row left, and the largest number of rows of one. */
  readonly units: number;
  readonly largest: number;
}

function rowsWithExposure(data: PersonRows, kept: Int32Array, wave: Int32Array | undefined): GeeRows {
  const { design, events, exposure } = data;
  const rows: number[] = [];
  const start: number[] = [0];
  const waves: number[] = [];
  let units = 0;
  let largest = 0;
  for (let i = 0; i + 1 < data.start.length; i++) {
    const before = rows.length;
    for (let r = data.start[i] as number; r < (data.start[i + 1] as number); r++) {
      if (exposure[r] === 0) continue;
      const w = wave ? (wave[r] as number) : r - (data.start[i] as number);
      if (rows.length > before && !(w > (waves[waves.length - 1] as number))) {
        throw new RangeError('gee: waves must rise inside a unit');
      }
      rows.push(r);
      waves.push(w);
    }
    start.push(rows.length);
    if (rows.length > before) units++;
    largest = Math.max(largest, rows.length - before);
  }
  const k = kept.length;
  const x = new Float64Array(rows.length * k);
  rows.forEach((r, at) => {
    for (let a = 0; a < k; a++) x[at * k + a] = design.x[r * design.columns + (kept[a] as number)] as number;
  });
  return {
    columns: k,
    x,
    events: Float64Array.from(rows, (r) => events[r] as number),
    exposure: Float64Array.from(rows, (r) => exposure[r] as number),
    start: Int32Array.from(start),
    wave: Int32Array.from(waves),
    units,
    largest,
  };
}

function meanAt(rows: GeeRows, row: number, beta: Float64Array, family: GeeFamily): number {
  const k = rows.columns;
  let eta = 0;
  for (let a = 0; a < k; a++) eta += (rows.x[row * k + a] as number) * (beta[a] as number);
  return family === 'poisson' ? (rows.exposure[row] as number) * Math.exp(eta) : 1 / (1 + Math.exp(-eta));
}

function scaleRows(
  rows: GeeRows,
  beta: Float64Array,
  family: GeeFamily,
): ScaledRows & { readonly mean: Float64Array } {
  const k = rows.columns;
  const n = rows.events.length;
  const z = new Float64Array(n * k);
  const residual = new Float64Array(n);
  const mean = new Float64Array(n);
  for (let r = 0; r < n; r++) {
    const mu = meanAt(rows, r, beta, family);
    const root = Math.sqrt(family === 'poisson' ? mu : mu * (1 - mu));
    mean[r] = mu;
    residual[r] = ((rows.events[r] as number) - mu) / root;
    for (let a = 0; a < k; a++) z[r * k + a] = root * (rows.x[r * k + a] as number);
  }
  return { columns: k, z, residual, start: rows.start, wave: rows.wave, mean };
}

function meanSquare(residual: Float64Array): number {
  let sum = 0;
  for (const r of residual) sum += r * r;
  return sum / residual.length;
}

function isAdmissible(alpha: number, correlation: Correlation, largest: number): boolean {
  if (correlation === 'exchangeable') return alpha < 1 && 1 + (largest - 1) * alpha > 0;
  return Math.abs(alpha) < 1;
}

function quasiInformation(
  rows: GeeRows,
  scaled: ScaledRows & { readonly mean: Float64Array },
  independent: Float64Array,
  robust: Float64Array,
  options: GeeOptions,
): QuasiInformation {
  const k = rows.columns;
  let quasi = 0;
  scaled.mean.forEach((mu, r) => {
    const y = rows.events[r] as number;
    quasi +=
      options.family === 'poisson'
        ? (y === 0 ? 0 : y * Math.log(mu)) - mu
        : y * Math.log(mu / (1 - mu)) + Math.log1p(-mu);
  });
  const product = multiply(independent, k, k, robust, k);
  let cic = 0;
  for (let a = 0; a < k; a++) cic += product[a * k + a] as number;
  const parameters = k + (options.correlation === 'independence' ? 0 : 1);
  const qic = -2 * quasi + 2 * cic;
  return {
    qic,
    qicu: -2 * quasi + 2 * k,
    quasi_likelihood: quasi,
    cic,
    qicc: qic + (2 * parameters * (parameters + 1)) / (rows.units - parameters - 1),
  };
}
