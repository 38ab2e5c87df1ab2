/**
 * Negative binomial regression (NB2: variance mu + alpha mu^2, alpha = 1/theta) on compressed keys.
 *
 * A key is a covariate pattern with one exposure t: n rows, Y events. The counts themselves enter only through one tail
 * histogram over all rows (`overdispersion.ts`), so
 *   l = sum_j tail_j log(1 + j alpha) - sum log y! + sum_keys [Y log mu - (Y + n/alpha) log(1 + alpha mu)],  mu = t exp(x'beta).
 * beta and log alpha are maximised together by Newton's method on the observed information (Lawless 1987, Canadian J. Stat. 15:209;
 * Hilbe 2011, chapter 8). For fixed alpha the likelihood is concave in beta.
 *
 * Two covariances of beta: `covariance` from the joint observed information (as Stata's nbreg), and `covariance_given_theta`, the
 * expected information at fixed theta (as R's glm.nb). alpha on its boundary (no overdispersion: the score at alpha = 0 is not
 * positive) is a result of its own kind, with the Poisson fit. The test of alpha = 0 halves the chi-square p-value
 * (Self and Liang 1987, JASA 82:605).
 */
import { chiSquareUpper } from '../special/chisq.ts';
import { findAliasedColumns } from './aliasing.ts';
import {
  crossVector,
  type Design,
  gatherMatrix,
  keepColumns,
  linearPredictor,
  spreadMatrix,
  standardErrors,
  weightedCross,
} from './design.ts';
import { assembleEstimate, type Estimate, type FitFailure } from './estimate.ts';
import type { Evaluation, NewtonOptions } from './newton.ts';
import { invertSymmetric } from './normal-equations.ts';
import {
  bordered,
  countTerm,
  logFactorials,
  maximiseWithAlpha,
  meanTerm,
  pairsOfEvents,
} from './overdispersion.ts';
import { findPatterns, sumByPattern } from './patterns.ts';
import { fitPoissonByPattern, type PoissonEstimate } from './poisson.ts';

export interface NegativeBinomialKeys {
  readonly design: Design;
  /** Rows per key; 1 for uncompressed rows. */
  readonly observations: Float64Array;
  /** Sum of the counts. */
  readonly events: Float64Array;
  /** Exposure of each row of the key (not their sum). */
  readonly exposure: Float64Array;
  /** tail[j] = rows, over all keys, with a count greater than j. */
  readonly tail: Float64Array;
}

export interface NegativeBinomialEstimate extends Estimate {
  readonly theta: number;
  readonly alpha: number;
  readonly log_alpha: number;
  /** From the joint observed information. */
  readonly se_log_alpha: number;
  /** 1 / sqrt(observed information of theta at fixed beta), R's SE.theta. */
  readonly se_theta_given_beta: number;
  /** (rank + 1) square: kept columns, then log alpha. */
  readonly joint_covariance: Float64Array;
  readonly se_given_theta: Float64Array;
  readonly covariance_given_theta: Float64Array;
  readonly deviance: number;
  readonly fitted: Float64Array;
  /** (Y - n mu) / (1 + alpha mu): the score residual of beta, for sandwiches. */
  readonly residual: Float64Array;
  readonly test_of_poisson: { readonly statistic: number; readonly p: number };
}

export type NegativeBinomialFit =
  | NegativeBinomialEstimate
  /** No overdispersion: alpha = 0, the model is Poisson. */
  | { readonly status: 'poisson-boundary'; readonly poisson: PoissonEstimate }
  | FitFailure;

export function fitNegativeBinomial(
  keys: NegativeBinomialKeys,
  options: NewtonOptions = {},
): NegativeBinomialFit {
  const { design, observations, events, exposure, tail } = keys;
  const { rows, columns } = design;
  const counted = tail.reduce((sum, c) => sum + c, 0);
  const total = events.reduce((sum, y) => sum + y, 0);
  if (Math.abs(counted - total) > 1e-6 * (1 + total)) {
    throw new RangeError('negative binomial: the tail histogram does not add up to the events');
  }
  // Everything that depends on x alone is done once for each distinct row of the design.
  const patterns = findPatterns(design);
  const of = patterns?.of ?? Int32Array.from({ length: rows }, (_, i) => i);
  const distinct = patterns?.design ?? design;
  const person_time = exposure.map((t, i) => t * (observations[i] as number));
  const sum = (values: Float64Array): Float64Array => (patterns ? sumByPattern(patterns, values) : values);
  const poisson = fitPoissonByPattern({ design, events, exposure: person_time }, patterns, options);
  if (poisson.status !== 'estimated') return poisson;

  let score = pairsOfEvents(tail);
  let squares = 0;
  const mu = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const n = observations[i] as number;
    const m = (exposure[i] as number) * (poisson.rate[i] as number);
    if (n === 0 || m === 0) continue;
    score += (n * m * m) / 2 - (events[i] as number) * m;
    squares += n * m * m;
  }
  if (!(score > 0)) return { status: 'poisson-boundary', poisson };

  const used = exposure.map((t, i) => (t > 0 && (observations[i] as number) > 0 ? 1 : 0));
  const rank = findAliasedColumns(distinct, sum(used));
  const kept = keepColumns(distinct, rank.kept);
  const k = kept.columns;
  const factorials = logFactorials(tail);
  const eta = new Float64Array(distinct.rows);
  const rate = new Float64Array(distinct.rows);
  const residual = new Float64Array(rows);
  const residual_of = new Float64Array(distinct.rows);
  const cross_of = new Float64Array(distinct.rows);
  const observed_of = new Float64Array(distinct.rows);
  let thetaInformation = 0;
  const evaluate = (parameter: Float64Array): Evaluation => {
    const alpha = Math.exp(parameter[k] as number);
    linearPredictor(kept, parameter.subarray(0, k), eta);
    const counts = countTerm(tail, alpha);
    let value = counts.value - factorials;
    let first = counts.first;
    let second = counts.second;
    for (let g = 0; g < eta.length; g++) rate[g] = Math.exp(eta[g] as number);
    residual_of.fill(0);
    cross_of.fill(0);
    observed_of.fill(0);
    for (let i = 0; i < rows; i++) {
      if (used[i] === 0) {
        residual[i] = 0;
        continue;
      }
      const n = observations[i] as number;
      const y = events[i] as number;
      const g = of[i] as number;
      const m = (exposure[i] as number) * (rate[g] as number);
      mu[i] = m;
      const term = meanTerm(y, n, m, alpha);
      value += (y === 0 ? 0 : y * Math.log(m)) + term.value;
      first += term.first;
      second += term.second;
      const damping = 1 / (1 + alpha * m);
      const u = (y - n * m) * damping;
      residual[i] = u;
      residual_of[g] = (residual_of[g] as number) + u;
      cross_of[g] = (cross_of[g] as number) + alpha * u * m * damping;
      observed_of[g] = (observed_of[g] as number) + m * (n + alpha * y) * damping * damping;
    }
    // theta = 1/alpha: d2l/dtheta2 = alpha^4 l'' + 2 alpha^3 l'.
    thetaInformation = -(alpha ** 4 * second + 2 * alpha ** 3 * first);
    if (!Number.isFinite(value) || !(alpha > 0)) {
      return { log_likelihood: Number.NEGATIVE_INFINITY, score: parameter, information: new Float64Array(0) };
    }
    return {
      log_likelihood: value,
      score: Float64Array.from([...crossVector(kept, residual_of), alpha * first]),
      information: bordered(
        weightedCross(kept, observed_of),
        crossVector(kept, cross_of),
        -(alpha * alpha * second + alpha * first),
        k,
      ),
    };
  };
  const moment = Math.min(1e3, Math.max(1e-4, (2 * score) / squares));
  const start = new Float64Array(k + 1);
  for (let a = 0; a < k; a++) start[a] = poisson.coefficient[rank.kept[a] as number] as number;
  start[k] = Math.log(moment);
  const result = maximiseWithAlpha(start, evaluate, options);
  if (result.status === 'not-converged') return result;

  const logAlpha = result.parameter[k] as number;
  const alpha = Math.exp(logAlpha);
  const block = Int32Array.from({ length: k }, (_, a) => a);
  const expected = mu.map((m, i) =>
    used[i] === 0 ? 0 : ((observations[i] as number) * m) / (1 + alpha * m),
  );
  const conditional = invertSymmetric(weightedCross(kept, sum(expected)), k);
  if (conditional === null)
    return { status: 'not-converged', iterations: result.iterations, decrement: Number.NaN };
  const covarianceGivenTheta = spreadMatrix(conditional, rank.kept, columns);
  const poissonLogLikelihood = poissonAt(poisson, keys, used) - factorials;
  const statistic = Math.max(0, 2 * (result.at.log_likelihood - poissonLogLikelihood));
  return {
    ...assembleEstimate(
      {
        parameter: result.parameter.subarray(0, k),
        covariance: gatherMatrix(result.covariance, block, k + 1),
        at: result.at,
        iterations: result.iterations,
      },
      rank,
      columns,
    ),
    theta: 1 / alpha,
    alpha,
    log_alpha: logAlpha,
    se_log_alpha: Math.sqrt(result.covariance[(k + 1) * (k + 1) - 1] as number),
    se_theta_given_beta: 1 / Math.sqrt(thetaInformation),
    joint_covariance: result.covariance,
    se_given_theta: standardErrors(covarianceGivenTheta, columns),
    covariance_given_theta: covarianceGivenTheta,
    deviance: deviance(keys, mu, used, alpha),
    fitted: mu.map((m, i) => m * (observations[i] as number)),
    residual,
    test_of_poisson: { statistic, p: statistic === 0 ? 1 : chiSquareUpper(statistic, 1) / 2 },
  };
}

/** sum [Y log mu - n mu] at the Poisson estimate. */
function poissonAt(poisson: PoissonEstimate, keys: NegativeBinomialKeys, used: Float64Array): number {
  let total = 0;
  for (let i = 0; i < keys.design.rows; i++) {
    if (used[i] === 0) continue;
    const y = keys.events[i] as number;
    const m = (keys.exposure[i] as number) * (poisson.rate[i] as number);
    total += (y === 0 ? 0 : y * Math.log(m)) - (keys.observations[i] as number) * m;
  }
  return total;
}

/** 2 sum {y log(y/mu) - (y + theta) log[(1 + alpha y)/(1 + alpha mu)]}: the histogram gives the part that holds y alone. */
function deviance(keys: NegativeBinomialKeys, mu: Float64Array, used: Float64Array, alpha: number): number {
  const { tail, events, observations } = keys;
  let saturated = 0;
  for (let y = 1; y <= tail.length; y++) {
    const rows = (tail[y - 1] as number) - (tail[y] ?? 0);
    if (rows > 0) saturated += rows * (y * Math.log(y) - (y + 1 / alpha) * Math.log1p(alpha * y));
  }
  let fitted = 0;
  for (let i = 0; i < keys.design.rows; i++) {
    if (used[i] === 0) continue;
    const y = events[i] as number;
    const m = mu[i] as number;
    fitted +=
      (y === 0 ? 0 : y * Math.log(m)) - (y + (observations[i] as number) / alpha) * Math.log1p(alpha * m);
  }
  return 2 * (saturated - fitted);
}
