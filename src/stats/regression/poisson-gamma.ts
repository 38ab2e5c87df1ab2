/**
 * Poisson regression with a gamma person effect of mean 1 and variance alpha (negative multinomial; Stata's xtpoisson, re).
 *
 * The effect integrates out in closed form. With person totals Y_i, M_i = sum_t mu_it and k = 1/alpha:
 *   l = sum [y log mu - log y!] + sum_j tail_j log(1 + j alpha) - sum_i (Y_i + 1/alpha) log(1 + alpha M_i),
 * tail_j = persons with more than j events (`overdispersion.ts`). beta and log alpha by Newton's method on the observed
 * information, which also gives the standard errors. Hausman, Hall and Griliches (1984), Econometrica 52:909.
 * The effect must be independent of the covariates; the within-person model (`conditional-poisson.ts`) does not need that.
 * No overdispersion between persons (score at alpha = 0 not positive) is a result of its own kind, with the Poisson fit.
 */
import { chiSquareUpper } from '../special/chisq.ts';
import { logFactorial } from '../special/gamma.ts';
import { findAliasedColumns } from './aliasing.ts';
import { addRows, crossVector, gatherMatrix, keepColumns, linearPredictor, weightedCross } from './design.ts';
import { assembleEstimate, type Estimate, type FitFailure } from './estimate.ts';
import type { Evaluation, NewtonOptions } from './newton.ts';
import {
  bordered,
  countTerm,
  maximiseWithAlpha,
  meanTerm,
  pairsOfEvents,
  tailHistogram,
} from './overdispersion.ts';
import { assertPersonRows, type PersonRows } from './person-rows.ts';
import { fitPoisson, type PoissonEstimate } from './poisson.ts';

export interface PoissonGammaEstimate extends Estimate {
  readonly alpha: number;
  readonly log_alpha: number;
  readonly se_log_alpha: number;
  /** (rank + 1) square: kept columns, then log alpha. */
  readonly joint_covariance: Float64Array;
  readonly persons: number;
  /** Posterior mean of each person's effect, (1 + alpha Y)/(1 + alpha M): observed over expected, shrunk to 1. */
  readonly person_effect: Float64Array;
  /** Posterior variance of each person's effect. */
  readonly person_effect_variance: Float64Array;
  readonly test_of_poisson: { readonly statistic: number; readonly p: number };
}

export type PoissonGammaFit =
  | PoissonGammaEstimate
  | { readonly status: 'poisson-boundary'; readonly poisson: PoissonEstimate }
  | FitFailure;

export function fitPoissonGamma(data: PersonRows, options: NewtonOptions = {}): PoissonGammaFit {
  assertPersonRows(data);
  const { design, start, events, exposure } = data;
  const { rows, columns } = design;
  const persons = start.length - 1;
  const poisson = fitPoisson({ design, events, exposure }, options);
  if (poisson.status !== 'estimated') return poisson;

  const totals = sumByPerson(events, start);
  const tail = tailHistogram(totals);
  let factorials = 0;
  let poissonLogLikelihood = 0;
  for (let r = 0; r < rows; r++) {
    const y = events[r] as number;
    const m = poisson.fitted[r] as number;
    if (y > 0) {
      factorials += logFactorial(y);
      poissonLogLikelihood += y * Math.log(m);
    }
    poissonLogLikelihood -= m;
  }
  const expected = sumByPerson(poisson.fitted, start);
  let scoreAtZero = pairsOfEvents(tail);
  let squares = 0;
  expected.forEach((m, i) => {
    scoreAtZero += (m * m) / 2 - (totals[i] as number) * m;
    squares += m * m;
  });
  if (!(scoreAtZero > 0)) return { status: 'poisson-boundary', poisson };

  const rank = findAliasedColumns(
    design,
    exposure.map((t) => (t > 0 ? 1 : 0)),
  );
  const kept = keepColumns(design, rank.kept);
  const k = kept.columns;
  const eta = new Float64Array(rows);
  const mu = new Float64Array(rows);
  const means = new Float64Array(persons);
  const evaluate = (parameter: Float64Array): Evaluation => {
    const alpha = Math.exp(parameter[k] as number);
    linearPredictor(kept, parameter.subarray(0, k), eta);
    const counts = countTerm(tail, alpha);
    let value = counts.value - factorials;
    let first = counts.first;
    let second = counts.second;
    // Per person: m_i = sum of x mu, and the weights with which m_i m_i' and m_i enter the information.
    const pull = new Float64Array(persons * k);
    const outer = new Float64Array(persons);
    const edge = new Float64Array(persons);
    const residual = new Float64Array(rows);
    const weight = new Float64Array(rows);
    for (let i = 0; i < persons; i++) {
      const from = start[i] as number;
      const to = start[i + 1] as number;
      let mean = 0;
      for (let r = from; r < to; r++) {
        const t = exposure[r] as number;
        const m = t === 0 ? 0 : t * Math.exp(eta[r] as number);
        const y = events[r] as number;
        if (y > 0) value += y * Math.log(m);
        mu[r] = m;
        mean += m;
      }
      means[i] = mean;
      const y = totals[i] as number;
      const term = meanTerm(y, 1, mean, alpha);
      value += term.value;
      first += term.first;
      second += term.second;
      const damping = 1 + alpha * mean;
      const effect = (1 + alpha * y) / damping;
      outer[i] = (-alpha * effect) / damping;
      edge[i] = (alpha * (y - mean)) / damping ** 2;
      for (let r = from; r < to; r++) {
        weight[r] = effect * (mu[r] as number);
        residual[r] = (events[r] as number) - (weight[r] as number);
      }
      addRows(kept, mu, from, to, pull, i * k);
    }
    if (!Number.isFinite(value) || !(alpha > 0)) {
      return { log_likelihood: Number.NEGATIVE_INFINITY, score: parameter, information: new Float64Array(0) };
    }
    const pulls = { rows: persons, columns: k, x: pull };
    const within = weightedCross(kept, weight);
    const between = weightedCross(pulls, outer);
    return {
      log_likelihood: value,
      score: Float64Array.from([...crossVector(kept, residual), alpha * first]),
      information: bordered(
        within.map((v, at) => v + (between[at] as number)),
        crossVector(pulls, edge),
        -(alpha * alpha * second + alpha * first),
        k,
      ),
    };
  };
  const begin = new Float64Array(k + 1);
  for (let a = 0; a < k; a++) begin[a] = poisson.coefficient[rank.kept[a] as number] as number;
  begin[k] = Math.log(Math.min(1e3, Math.max(1e-4, (2 * scoreAtZero) / squares)));
  const result = maximiseWithAlpha(begin, evaluate, options);
  if (result.status === 'not-converged') return result;

  const logAlpha = result.parameter[k] as number;
  const alpha = Math.exp(logAlpha);
  const block = Int32Array.from({ length: k }, (_, a) => a);
  const statistic = Math.max(0, 2 * (result.at.log_likelihood - (poissonLogLikelihood - factorials)));
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
    alpha,
    log_alpha: logAlpha,
    se_log_alpha: Math.sqrt(result.covariance[(k + 1) * (k + 1) - 1] as number),
    joint_covariance: result.covariance,
    persons,
    person_effect: means.map((m, i) => (1 + alpha * (totals[i] as number)) / (1 + alpha * m)),
    person_effect_variance: means.map(
      (m, i) => (alpha * (1 + alpha * (totals[i] as number))) / (1 + alpha * m) ** 2,
    ),
    test_of_poisson: { statistic, p: statistic === 0 ? 1 : chiSquareUpper(statistic, 1) / 2 },
  };
}

function sumByPerson(values: Float64Array, start: Int32Array): Float64Array {
  const out = new Float64Array(start.length - 1);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let r = start[i] as number; r < (start[i + 1] as number); r++) sum += values[r] as number;
    out[i] = sum;
  }
  return out;
}
