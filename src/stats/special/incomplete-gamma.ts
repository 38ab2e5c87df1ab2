/**
 * Regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x), their logarithms, and quantiles.
 *
 * P by its power series (DLMF 8.11.4) for x < a + 1, Q by Legendre's continued fraction (DLMF 8.9.2) above, evaluated by the modified Lentz
 * method; for a < 1 and small x, Q by Gautschi's split (1979, ACM TOMS 5:466) so that a small upper tail is not 1 minus a number near 1.
 * The common factor x^a e^-x / Gamma(a + 1) is Loader's saddle-point form. Neither loop has an iteration cap: near x = a about 8.5 sqrt(a) terms are needed.
 * Quantiles by Newton on the logarithm of the smaller tail as a function of log x, which is concave, so that the iteration cannot escape.
 */
import { devianceTerm, logGammaOnePlus, stirlingError } from './gamma.ts';
import { normalQuantile } from './normal.ts';

/** Beyond this doubles hardly separate consecutive counts, and the terms of the series no longer fall; larger shapes give NaN. */
const LARGEST_SHAPE = 1e15;

const LOG_2PI = 1.8378770664093456;

/** log of x^a e^-x / Gamma(a + 1), a > 0, x > 0. */
function logFactor(a: number, x: number): number {
  if (a < 1) return a * Math.log(x) - x - logGammaOnePlus(a);
  return -stirlingError(a) - devianceTerm(a, x) - 0.5 * (LOG_2PI + Math.log(a));
}

/** x^a e^-x / Gamma(a + 1), a > 0, x > 0. */
function factor(a: number, x: number): number {
  if (a < 1) return x ** a * Math.exp(-x - logGammaOnePlus(a));
  return Math.exp(-stirlingError(a) - devianceTerm(a, x)) / Math.sqrt(2 * Math.PI * a);
}

/** P(a, x) / factor = 1 + x / (a + 1) + x^2 / ((a + 1)(a + 2)) + ... */
function lowerSeries(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  let denominator = a;
  for (;;) {
    denominator += 1;
    term *= x / denominator;
    sum += term;
    // The ratio of terms only falls, so the rest is below term * ratio / (1 - ratio).
    if (!(term * x >= 1e-17 * sum * Math.max(denominator + 1 - x, 1e-3))) return sum;
  }
}

/** Q(a, x) / (a factor): continued fraction with partial numerators n (a - n) and denominators x + 2 n + 1 - a. */
function upperFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / (b === 0 ? tiny : b);
  let value = d;
  let calm = 0;
  for (let n = 1; ; n++) {
    const numerator = n * (a - n);
    b += 2;
    d = b + numerator * d;
    d = 1 / (d === 0 ? tiny : d);
    c = b + numerator / c;
    if (c === 0) c = tiny;
    const change = c * d;
    value *= change;
    calm = Math.abs(change - 1) <= 2.3e-16 ? calm + 1 : 0;
    if (calm === 3 || Number.isNaN(value)) return value;
  }
}

/** Q(a, x) for 0 < a < 1 and x < 1.5: 1 - x^a / Gamma(1 + a) (1 + a sum_{n >= 1} (-x)^n / ((a + n) n!)). */
function upperSmallShape(a: number, x: number): number {
  const exponent = a * Math.log(x) - logGammaOnePlus(a);
  let term = 1;
  let sum = 0;
  for (let n = 1; ; n++) {
    term *= -x / n;
    const next = sum + term / (a + n);
    if (next === sum) break;
    sum = next;
  }
  return -Math.expm1(exponent) - Math.exp(exponent) * a * sum;
}

type Region = 'series' | 'small-shape' | 'fraction';

function regionOf(a: number, x: number): Region {
  if (a < 1) return x < 1.5 ? 'small-shape' : 'fraction';
  return x < a + 1 ? 'series' : 'fraction';
}

function isOutside(a: number, x: number): boolean {
  return !(a > 0 && x >= 0 && a <= LARGEST_SHAPE);
}

/** P(a, x): probability that a gamma variable of shape a and scale 1 is at most x. */
export function regularisedGammaP(a: number, x: number): number {
  if (isOutside(a, x)) return Number.NaN;
  if (x === 0) return 0;
  if (x === Number.POSITIVE_INFINITY) return 1;
  if (regionOf(a, x) === 'fraction') return 1 - factor(a, x) * a * upperFraction(a, x);
  return factor(a, x) * lowerSeries(a, x);
}

/** Q(a, x) = 1 - P(a, x), accurate when it is small. */
export function regularisedGammaQ(a: number, x: number): number {
  if (isOutside(a, x)) return Number.NaN;
  if (x === 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  const region = regionOf(a, x);
  if (region === 'fraction') return factor(a, x) * a * upperFraction(a, x);
  if (region === 'small-shape') return upperSmallShape(a, x);
  return 1 - factor(a, x) * lowerSeries(a, x);
}

/** log P(a, x), also where P underflows. */
export function logRegularisedGammaP(a: number, x: number): number {
  if (isOutside(a, x)) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return 0;
  const region = regionOf(a, x);
  if (region === 'fraction') return Math.log1p(-regularisedGammaQ(a, x));
  if (region === 'small-shape') {
    const upper = upperSmallShape(a, x);
    if (upper < 0.5) return Math.log1p(-upper);
  }
  return logFactor(a, x) + Math.log(lowerSeries(a, x));
}

/** log Q(a, x), also where Q underflows. */
export function logRegularisedGammaQ(a: number, x: number): number {
  if (isOutside(a, x)) return Number.NaN;
  if (x === 0) return 0;
  if (x === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  const region = regionOf(a, x);
  if (region === 'fraction') return logFactor(a, x) + Math.log(a * upperFraction(a, x));
  const lower = factor(a, x) * lowerSeries(a, x);
  if (region === 'small-shape' && lower > 0.5) return Math.log(upperSmallShape(a, x));
  return Math.log1p(-lower);
}

/** x with P(shape, x / scale) = p. */
export function gammaQuantile(p: number, shape: number, scale = 1): number {
  if (!(p >= 0 && p <= 1 && shape > 0 && shape <= LARGEST_SHAPE && scale > 0)) return Number.NaN;
  if (p === 0) return 0;
  if (p === 1) return Number.POSITIVE_INFINITY;
  return (
    scale *
    (p <= 0.5 ? quantileFromTail(Math.log(p), shape, true) : quantileFromTail(Math.log1p(-p), shape, false))
  );
}

/** x with Q(shape, x / scale) = q: the upper-tail quantile, which keeps its accuracy for tiny q. */
export function gammaQuantileUpper(q: number, shape: number, scale = 1): number {
  if (!(q >= 0 && q <= 1 && shape > 0 && shape <= LARGEST_SHAPE && scale > 0)) return Number.NaN;
  if (q === 1) return 0;
  if (q === 0) return Number.POSITIVE_INFINITY;
  return (
    scale *
    (q <= 0.5 ? quantileFromTail(Math.log(q), shape, false) : quantileFromTail(Math.log1p(-q), shape, true))
  );
}

/** Solves log tail(e^t) = logTail for t; the tail asked for is at most one half. Returns x = e^t. */
function quantileFromTail(logTail: number, a: number, isLower: boolean): number {
  let x = startingValue(logTail, a, isLower);
  if (x === 0) return 0;
  let previous = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 200; i++) {
    const logValue = isLower ? logRegularisedGammaP(a, x) : logRegularisedGammaQ(a, x);
    // d log tail / d log x = +- x density / tail, with x density = a * factor.
    const slope = a * Math.exp(logFactor(a, x) - logValue);
    const step = (isLower ? logTail - logValue : logValue - logTail) / slope;
    const magnitude = Math.abs(step);
    // The last steps are rounding noise of log tail: stop when they no longer shrink.
    if (magnitude < 1e-16 || (magnitude < 1e-9 && magnitude >= previous)) break;
    previous = magnitude;
    // A step of more than a factor e^30 only happens from a start far out on the flat side; Newton on a concave function recovers.
    x *= Math.exp(Math.max(-30, Math.min(30, step)));
    if (x === 0) return 0;
    if (magnitude < 1e-9) {
      // Quadratic convergence: the step just made leaves an error of about magnitude^2.
      break;
    }
  }
  return x;
}

/** Wilson and Hilferty's cube-root normal approximation, or the leading term of the lower tail where that is better. */
function startingValue(logTail: number, a: number, isLower: boolean): number {
  const tail = Math.exp(logTail);
  const lowerLog = isLower ? logTail : Math.log1p(-tail);
  const leading = (lowerLog + logGammaOnePlus(a)) / a;
  if (a < 0.3 || leading < Math.log(0.2 * (a + 1))) return Math.exp(leading);
  const z = tail > 0 ? normalQuantile(tail) : -Math.sqrt(-2 * logTail);
  const r = 1 / (9 * a);
  const cube = 1 - r + (isLower ? z : -z) * Math.sqrt(r);
  const guess = a * cube ** 3;
  return cube > 0 && guess > 0 ? guess : Math.exp(leading);
}
