/**
 * Error function, its complement and the Mills ratio of the normal distribution.
 *
 * erf near 0 by its series with positive terms (DLMF 7.6.2); the tail by Laplace's continued fraction for the Mills ratio
 * (Abramowitz and Stegun 26.2.14). exp(-x^2) is split so that the rounding of x^2 does not reach the result in the far tail.
 */

/** exp(-x^2 / divisor) with x^2 split into an exact part (x rounded to single precision, squared) and a small rest. */
export function expMinusSquare(x: number, divisor: 1 | 2): number {
  const head = Math.fround(x);
  return Math.exp((-head * head) / divisor) * Math.exp((-(x - head) * (x + head)) / divisor);
}

/** Mills ratio (1 - Phi(x)) / phi(x) for x >= 1: 1 / (x + 1 / (x + 2 / (x + 3 / ...))). */
export function millsRatio(x: number): number {
  let c = x;
  let d = 0;
  let value = x;
  for (let n = 1; ; n++) {
    d = 1 / (x + n * d);
    c = x + n / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) <= 2.3e-16) return 1 / value;
  }
}

/** (Phi(x) - 1/2) / phi(x) = x + x^3 / 3 + x^5 / 15 + ..., used for |x| < 2. */
export function centralRatio(x: number): number {
  const x2 = x * x;
  let term = x;
  let sum = x;
  for (let n = 3; ; n += 2) {
    term *= x2 / n;
    const next = sum + term;
    if (next === sum) return sum;
    sum = next;
  }
}

const SQRT_2_OVER_PI = 0.7978845608028654;

/** erf(x) = 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (Math.abs(x) < 1) return SQRT_2_OVER_PI * expMinusSquare(x, 1) * centralRatio(x * Math.SQRT2);
  return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
}

/** erfc(x) = 1 - erf(x), accurate in the upper tail. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x < 1) return 1 - erf(x);
  if (x > 28) return 0;
  return SQRT_2_OVER_PI * expMinusSquare(x, 1) * millsRatio(x * Math.SQRT2);
}
