/**
 * The terms of alpha = 1/theta that the negative binomial and the Poisson-gamma person effect share, in a form that stays
 * exact as alpha -> 0 (the usual one with gamma functions loses seven digits at theta = 1e8).
 *
 * Counts enter through a tail histogram, tail[j] = number of units whose count exceeds j, because
 *   sum_i [log Gamma(y_i + 1/alpha) - log Gamma(1/alpha) + y_i log alpha] = sum_j tail[j] log(1 + j alpha).
 * The mean M of a unit with total Y enters through - (Y + 1/alpha) log(1 + alpha M).
 */
import { gatherMatrix } from './design.ts';
import { type Evaluation, maximiseByNewton, type NewtonOptions, type NewtonResult } from './newton.ts';

export interface AlphaTerm {
  readonly value: number;
  /** First derivative by alpha. */
  readonly first: number;
  /** Second derivative by alpha. */
  readonly second: number;
}

/** tail[j] = number of counts greater than j, for whole counts >= 0. */
export function tailHistogram(counts: Float64Array): Float64Array {
  let largest = 0;
  for (const y of counts) {
    if (!(y >= 0) || !Number.isInteger(y))
      throw new RangeError('tail histogram: counts must be whole and >= 0');
    largest = Math.max(largest, y);
  }
  const tail = new Float64Array(largest);
  for (const y of counts) if (y > 0) tail[y - 1] = (tail[y - 1] as number) + 1;
  for (let j = largest - 2; j >= 0; j--) tail[j] = (tail[j] as number) + (tail[j + 1] as number);
  return tail;
}

/** sum_j tail[j] log(1 + j alpha) and its derivatives. */
export function countTerm(tail: Float64Array, alpha: number): AlphaTerm {
  let value = 0;
  let first = 0;
  let second = 0;
  for (let j = 1; j < tail.length; j++) {
    const c = tail[j] as number;
    const slope = j / (1 + j * alpha);
    value += c * Math.log1p(j * alpha);
    first += c * slope;
    second -= c * slope * slope;
  }
  return { value, first, second };
}

/** sum log y! over the counts behind a tail histogram. */
export function logFactorials(tail: Float64Array): number {
  let total = 0;
  for (let j = 1; j < tail.length; j++) total += (tail[j] as number) * Math.log1p(j);
  return total;
}

/** sum y(y - 1)/2 over the counts behind a tail histogram. */
export function pairsOfEvents(tail: Float64Array): number {
  let total = 0;
  for (let j = 1; j < tail.length; j++) total += j * (tail[j] as number);
  return total;
}

/** - (Y + n/alpha) log(1 + alpha m) for n units of mean m with total count Y; its limit - n m at alpha = 0. */
export function meanTerm(y: number, n: number, m: number, alpha: number): AlphaTerm {
  const z = alpha * m;
  const log = Math.log1p(z);
  const ratio = z < 1e-300 ? 1 : log / z;
  // A(z) = [log(1 + z) - z/(1 + z)] / z^2 and A'(z); a series where the difference cancels.
  let a = 0;
  let slope = 0;
  if (z < 0.1) {
    for (let j = seriesLength(z); j >= 1; j--) {
      const sign = j % 2 === 0 ? 1 : -1;
      a = a * z + (sign * (j + 1)) / (j + 2);
      slope = slope * z + (sign * j * (j + 1)) / (j + 2);
    }
    a = 0.5 + z * a;
  } else {
    a = (log - z / (1 + z)) / (z * z);
    slope = 1 / (z * (1 + z) * (1 + z)) - (2 * a) / z;
  }
  const damped = m / (1 + z);
  return {
    value: -y * log - n * m * ratio,
    first: n * m * m * a - y * damped,
    second: n * m * m * m * slope + y * damped * damped,
  };
}

/** Terms after which a power of z no longer counts. */
function seriesLength(z: number): number {
  return z < 1e-4 ? 5 : z < 0.01 ? 10 : 20;
}

/** A k x k matrix with one row and column more: the information of beta bordered by that of log alpha. */
export function bordered(inner: Float64Array, edge: Float64Array, corner: number, k: number): Float64Array {
  const out = new Float64Array((k + 1) * (k + 1));
  for (let a = 0; a < k; a++) {
    out.set(inner.subarray(a * k, (a + 1) * k), a * (k + 1));
    out[a * (k + 1) + k] = edge[a] as number;
    out[k * (k + 1) + a] = edge[a] as number;
  }
  out[k * (k + 1) + k] = corner;
  return out;
}

/**
 * Joint maximum over beta and log alpha (the last parameter). Where Newton's method fails from the moment estimate, alpha is held
 * at a ladder of values, beta maximised at each (for fixed alpha the likelihood is concave or nearly so), and the best tried again.
 */
export function maximiseWithAlpha(
  start: Float64Array,
  evaluate: (parameter: Float64Array) => Evaluation,
  options: NewtonOptions,
): NewtonResult {
  const joint = { max_iterations: 100, ...options };
  const direct = maximiseByNewton(start, evaluate, joint);
  if (direct.status === 'converged') return direct;
  const k = start.length - 1;
  let best: { readonly value: number; readonly parameter: Float64Array } | null = null;
  let beta: Float64Array = start.slice(0, k);
  for (let logAlpha = -6; logAlpha <= 6; logAlpha += 0.5) {
    const held = (b: Float64Array): Evaluation => {
      const at = evaluate(Float64Array.from([...b, logAlpha]));
      if (!Number.isFinite(at.log_likelihood)) return at;
      const block = Int32Array.from({ length: k }, (_, a) => a);
      return {
        log_likelihood: at.log_likelihood,
        score: at.score.subarray(0, k),
        information: gatherMatrix(at.information, block, k + 1),
      };
    };
    const fit = maximiseByNewton(beta, held, { max_iterations: 60 });
    if (fit.status !== 'converged') continue;
    beta = fit.parameter;
    if (best === null || fit.at.log_likelihood > best.value) {
      best = { value: fit.at.log_likelihood, parameter: Float64Array.from([...beta, logAlpha]) };
    }
  }
  return best === null ? direct : maximiseByNewton(best.parameter, evaluate, joint);
}
