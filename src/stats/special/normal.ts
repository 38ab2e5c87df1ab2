/**
 * Standard normal distribution: density, both tails and their logarithms, quantiles of both tails.
 *
 * Tails: ./error-function.ts. Quantile: Wichura (1988), Algorithm AS 241 (PPND16), Applied Statistics 37:477, with one Newton step on the log tail
 * beyond the range for which the algorithm was fitted.
 */
import { centralRatio, expMinusSquare, millsRatio } from './error-function.ts';

const LOG_SQRT_2PI = 0.9189385332046728;
const INVERSE_SQRT_2PI = 0.3989422804014327;
/** Below this the upper tail is 1/2 minus a series, above it a continued fraction. */
const CENTRE = 1.5;

/** phi(x). */
export function normalDensity(x: number): number {
  return INVERSE_SQRT_2PI * expMinusSquare(x, 2);
}

/** Phi(x). */
export function normalCdf(x: number): number {
  return normalUpper(-x);
}

/** 1 - Phi(x), accurate in the upper tail. */
export function normalUpper(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x >= CENTRE) return x > 39 ? 0 : normalDensity(x) * millsRatio(x);
  if (x > -CENTRE) return 0.5 - normalDensity(x) * centralRatio(x);
  return x < -39 ? 1 : 1 - normalDensity(x) * millsRatio(-x);
}

/** log Phi(x). */
export function logNormalCdf(x: number): number {
  return logNormalUpper(-x);
}

/** log(1 - Phi(x)), also where the tail underflows. */
export function logNormalUpper(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  if (x >= CENTRE) return -0.5 * x * x - LOG_SQRT_2PI + Math.log(millsRatio(x));
  return Math.log1p(-normalUpper(-x));
}

/** x with Phi(x) = p. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return centralQuantile(q);
  return q < 0 ? -upperQuantile(Math.log(p)) : upperQuantile(Math.log1p(-p));
}

/** x with 1 - Phi(x) = q: keeps its accuracy for tiny q. */
export function normalQuantileUpper(q: number): number {
  return 0 - normalQuantile(q);
}

/** x with log Phi(x) = logP, for logP <= 0. */
export function normalQuantileLog(logP: number): number {
  if (!(logP <= 0)) return Number.NaN;
  // Tail below 0.075, where the tail formulae of AS 241 hold.
  if (logP < -2.6) return -upperQuantile(logP);
  return normalQuantileUpper(-Math.expm1(logP));
}

/** AS 241 for |p - 1/2| <= 0.425. */
function centralQuantile(q: number): number {
  const r = 0.180625 - q * q;
  const numerator =
    ((((((2509.0809287301227 * r + 33430.57558358813) * r + 67265.7709270087) * r + 45921.95393154987) * r +
      13731.69376550946) *
      r +
      1971.5909503065513) *
      r +
      133.14166789178438) *
      r +
    3.3871328727963665;
  const denominator =
    ((((((5226.495278852854 * r + 28729.085735721943) * r + 39307.89580009271) * r + 21213.794301586597) * r +
      5394.196021424751) *
      r +
      687.1870074920579) *
      r +
      42.31333070160091) *
      r +
    1;
  return (q * numerator) / denominator;
}

/** The upper quantile of a tail whose logarithm is given, tail < 0.075 or so. */
function upperQuantile(logTail: number): number {
  if (logTail === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const r = Math.sqrt(-logTail);
  if (r > 27)
    return polish(
      Math.SQRT2 * r - Math.log(2 * Math.SQRT2 * r * Math.sqrt(Math.PI / 2)) / (Math.SQRT2 * r),
      logTail,
    );
  if (r > 5) {
    const t = r - 5;
    const numerator =
      ((((((2.0103343992922881e-7 * t + 0.000027115555687434876) * t + 0.0012426609473880784) * t +
        0.026532189526576124) *
        t +
        0.29656057182850487) *
        t +
        1.7848265399172913) *
        t +
        5.463784911164114) *
        t +
      6.657904643501103;
    const denominator =
      ((((((2.0442631033899397e-15 * t + 1.421511758316446e-7) * t + 0.000018463183175100548) * t +
        0.0007868691311456133) *
        t +
        0.014875361290850615) *
        t +
        0.1369298809227358) *
        t +
        0.599832206555888) *
        t +
      1;
    return numerator / denominator;
  }
  const t = r - 1.6;
  const numerator =
    ((((((0.0007745450142783414 * t + 0.022723844989269184) * t + 0.2417807251774506) * t +
      1.2704582524523684) *
      t +
      3.6478483247632045) *
      t +
      5.769497221460691) *
      t +
      4.630337846156546) *
      t +
    1.4234371107496835;
  const denominator =
    ((((((1.0507500716444169e-9 * t + 0.0005475938084995345) * t + 0.015198666563616457) * t +
      0.14810397642748008) *
      t +
      0.6897673349851) *
      t +
      1.6763848301838038) *
      t +
      2.053191626637759) *
      t +
    1;
  return numerator / denominator;
}

/** Newton on the log tail; d log tail / dx = -1 / Mills ratio. */
function polish(start: number, logTail: number): number {
  let x = start;
  for (let i = 0; i < 3; i++) x += (logNormalUpper(x) - logTail) * millsRatio(x);
  return x;
}
