/**
 * Negative binomial (NB2) with mean mu and shape theta: variance mu + mu^2 / theta; theta -> Infinity is Poisson.
 *
 * log P(Y = y) = sum_{j < y} log(1 + j / theta) - log y! + y log mu - (theta + y) log(1 + mu / theta).
 * The difference of log-gammas loses seven digits at theta = 1e8; both forms here (the sum, and the saddle-point form through a binomial
 * probability, which costs no loop over y) stay exact as theta grows.
 */
import { logBinomialReal } from './binomial.ts';
import { logPoisson } from './poisson.ts';

/** log P(Y = y). -Infinity where the probability is 0. */
export function logNegativeBinomial(y: number, mu: number, theta: number): number {
  if (!(mu >= 0 && theta > 0) || Number.isNaN(y)) return Number.NaN;
  if (theta === Number.POSITIVE_INFINITY) return logPoisson(y, mu);
  if (y < 0 || !Number.isInteger(y)) return Number.NEGATIVE_INFINITY;
  if (mu === 0) return y === 0 ? 0 : Number.NEGATIVE_INFINITY;
  if (y === 0) return -theta * Math.log1p(mu / theta);
  // theta / (theta + y) times the binomial probability of theta in theta + y trials with success probability theta / (theta + mu).
  const total = theta + mu;
  return -Math.log1p(y / theta) + logBinomialReal(y, theta, mu / total, theta / total);
}

/** sum_{j < y} log(1 + j / theta) = log Gamma(theta + y) - log Gamma(theta) - y log theta, for an integer y >= 0. */
export function logRisingFactorialRatio(y: number, theta: number): number {
  let sum = 0;
  for (let j = 1; j < y; j++) sum += Math.log1p(j / theta);
  return sum;
}

/**
 * Tail histogram c_j = #{i : y_i > j}, j = 0 .. max(y) - 1, of non-negative integer counts (each repeated `weight` times, 1 when left out).
 * The counts enter the log-likelihood in theta only through it: sum_i log[Gamma(theta + y_i) / Gamma(theta)] = sum_j c_j log(theta + j).
 */
export function tailHistogram(counts: ArrayLike<number>, weights?: ArrayLike<number>): Float64Array {
  let largest = 0;
  for (let i = 0; i < counts.length; i++) largest = Math.max(largest, counts[i] as number);
  const tail = new Float64Array(largest);
  for (let i = 0; i < counts.length; i++) {
    const y = counts[i] as number;
    if (y > 0) tail[y - 1] = (tail[y - 1] as number) + (weights === undefined ? 1 : (weights[i] as number));
  }
  for (let j = largest - 2; j >= 0; j--) tail[j] = (tail[j] as number) + (tail[j + 1] as number);
  return tail;
}
