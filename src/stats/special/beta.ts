/**
 * Regularised incomplete beta function I_x(a, b), both tails, logarithms and quantiles.
 *
 * Continued fraction of Didonato and Morris (1992, ACM TOMS 18:360) by the modified Lentz method, no iteration cap
 * (about sqrt(max(a, b)) terms near the mean); its factor x^a (1 - x)^b / B(a, b) in Loader's (2000) saddle-point form, so that large a and b lose no digits. Quantiles by Newton on the logarithm of the
 * smaller tail as a function of logit x, which is concave, so that the iteration cannot escape. The complement y = 1 - x can be
 * passed where it is known better than 1 - x.
 */
import { devianceTerm, digamma, stirlingError, trigamma } from './gamma.ts';
import { normalQuantile } from './normal.ts';

/** Larger a + b give NaN: doubles then hardly separate consecutive counts. */
const LARGEST_SUM = 1e15;

/** log of x^a y^b / B(a, b), y = 1 - x, all positive. */
function logFactor(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  return (
    stirlingError(n) -
    stirlingError(a) -
    stirlingError(b) -
    devianceTerm(a, n * x) -
    devianceTerm(b, n * y) +
    0.5 * (Math.log(a) + Math.log(b / n) - Math.log(2 * Math.PI))
  );
}

/**
 * I_x(a, b) / (x^a y^b / B(a, b)) = 1 / (beta_0 + alpha_1 / (beta_1 + alpha_2 / (beta_2 + ...))), for x up to the mean a / (a + b).
 * lambda = a - (a + b) x = a y - b x is formed from both x and y, which is what keeps the digits when x is near 1.
 */
function fraction(a: number, b: number, x: number, y: number): number {
  const tiny = 1e-300;
  const lambda = a * y - b * x;
  let value = (a * (lambda + 1)) / (a + 1);
  if (value === 0) value = tiny;
  let c = value;
  let d = 0;
  let calm = 0;
  for (let n = 1; ; n++) {
    const step = a + 2 * n - 1;
    const mixed = n * (b - n) * x;
    const alpha = ((a + n - 1) / step) * ((a + b + n - 1) / step) * (mixed * x);
    const beta = n + mixed / step + ((a + n) * (lambda + 1 + n * (1 + y))) / (step + 2);
    d = beta + alpha * d;
    d = 1 / (d === 0 ? tiny : d);
    c = beta + alpha / c;
    if (c === 0) c = tiny;
    const change = c * d;
    value *= change;
    calm = Math.abs(change - 1) <= 2.3e-16 ? calm + 1 : 0;
    if (calm === 3 || Number.isNaN(value)) return 1 / value;
  }
}

/** Log of the tail that the continued fraction gives directly, and which one it is. */
function directTail(a: number, b: number, x: number, y: number): { log: number; isLower: boolean } {
  const isLower = b * x <= a * y;
  const value = isLower ? fraction(a, b, x, y) : fraction(b, a, y, x);
  return { log: logFactor(a, b, x, y) + Math.log(value), isLower };
}

function isOutside(x: number, a: number, b: number): boolean {
  return !(a > 0 && b > 0 && x >= 0 && x <= 1 && a + b <= LARGEST_SUM);
}

/** I_x(a, b): probability that a beta(a, b) variable is at most x. */
export function regularisedBeta(x: number, a: number, b: number, y = 1 - x): number {
  if (isOutside(x, a, b)) return Number.NaN;
  if (x === 0) return 0;
  if (y === 0) return 1;
  const tail = directTail(a, b, x, y);
  return tail.isLower ? Math.exp(tail.log) : -Math.expm1(tail.log);
}

/** 1 - I_x(a, b), accurate when it is small. */
export function regularisedBetaUpper(x: number, a: number, b: number, y = 1 - x): number {
  return regularisedBeta(y, b, a, x);
}

/** log I_x(a, b), also where it underflows. */
export function logRegularisedBeta(x: number, a: number, b: number, y = 1 - x): number {
  if (isOutside(x, a, b)) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (y === 0) return 0;
  const tail = directTail(a, b, x, y);
  return tail.isLower ? Math.min(tail.log, 0) : Math.log1p(-Math.exp(tail.log));
}

/** x with I_x(a, b) = p. */
export function betaQuantile(p: number, a: number, b: number): number {
  return betaQuantilePair(p, a, b).x;
}

/** x with 1 - I_x(a, b) = q: the upper-tail quantile, accurate for tiny q. */
export function betaQuantileUpper(q: number, a: number, b: number): number {
  return betaQuantilePair(q, b, a).y;
}

/** x with I_x(a, b) = p, together with y = 1 - x to full relative accuracy. */
export function betaQuantilePair(p: number, a: number, b: number): { x: number; y: number } {
  if (!(p >= 0 && p <= 1 && a > 0 && b > 0 && a + b <= LARGEST_SUM)) return { x: Number.NaN, y: Number.NaN };
  if (p === 0) return { x: 0, y: 1 };
  if (p === 1) return { x: 1, y: 0 };
  const u = p <= 0.5 ? logitOfLowerTail(Math.log(p), a, b) : -logitOfLowerTail(Math.log1p(-p), b, a);
  return { x: 1 / (1 + Math.exp(-u)), y: 1 / (1 + Math.exp(u)) };
}

/** Solves log I_x(a, b) = logTail for u = logit x, logTail <= log(1/2). */
function logitOfLowerTail(logTail: number, a: number, b: number): number {
  const spread = Math.sqrt(trigamma(a) + trigamma(b));
  let u = digamma(a) - digamma(b) + spread * normalQuantile(Math.exp(Math.max(logTail, -700)));
  let previous = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 400; i++) {
    // Below -700 x = e^u is not representable, and log I_x is linear there: extrapolate from the edge.
    const at = Math.max(u, -700);
    const x = 1 / (1 + Math.exp(-at));
    const y = 1 / (1 + Math.exp(at));
    const edge = logRegularisedBeta(x, a, b, y);
    const logValue = edge + a * (u - at);
    // d log I / du = x^a y^b / B / I.
    const slope = u < -700 ? a : Math.exp(logFactor(a, b, x, y) - edge);
    const step = (logTail - logValue) / slope;
    const magnitude = Math.abs(step);
    const scale = Math.max(1e-16, 1e-16 * Math.abs(u));
    if (magnitude <= scale || (magnitude < 1e-9 && magnitude >= previous)) break;
    previous = magnitude;
    u += step;
    if (magnitude < 1e-9) break;
  }
  return u;
}
