/**
 * Seeded random numbers: the generator is a value made from a seed and handed to whoever draws; nothing is global.
 *
 * Generator: xoshiro128** 1.1 (Blackman and Vigna 2021, Scrambled linear pseudorandom number generators, ACM TOMS 47:36), period 2^128 - 1,
 * in exact 32-bit integer arithmetic, so that every engine gives the same stream. Its state is filled from the seed by
 * splitmix32, the 32-bit finaliser of MurmurHash3 on a Weyl sequence. Not for cryptography.
 *
 * Samplers are exact: each draws from the stated distribution up to double rounding, at any mean. A parameter outside the domain gives NaN.
 */
import { logBinomial } from './special/binomial.ts';
import { logPoisson } from './special/poisson.ts';

export interface Generator {
  /** The next 32 random bits as an integer in [0, 2^32). */
  next: () => number;
}

/** A generator for a seed, any safe integer (a fraction is cut off). Equal seeds give equal streams. */
export function seededGenerator(seed: number): Generator {
  const whole = Math.trunc(Math.abs(seed));
  let state = 0;
  for (const word of [whole % WORD, Math.floor(whole / WORD), seed < 0 ? 1 : 0])
    state = finalise((state ^ word) + WEYL);
  const fill = (): number => {
    state = (state + WEYL) >>> 0;
    return finalise(state);
  };
  return xoshiro128(fill(), fill(), fill(), fill());
}

const WORD = 0x100000000;
/** 2^32 divided by the golden ratio, odd. */
const WEYL = 0x9e3779b9;

/** The finaliser of MurmurHash3 (32 bit), a bijection of 32-bit words. */
function finalise(word: number): number {
  let z = word | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

/** xoshiro128** from its four state words (not all zero). */
export function xoshiro128(a: number, b: number, c: number, d: number): Generator {
  let s0 = a | 0;
  let s1 = b | 0;
  let s2 = c | 0;
  let s3 = d | 0;
  if ((s0 | s1 | s2 | s3) === 0) s3 = 1;
  return {
    next: () => {
      const scrambled = Math.imul(s1, 5);
      const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
      const t = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= t;
      s3 = (s3 << 11) | (s3 >>> 21);
      return result;
    },
  };
}

/** A generator for an independent part of a run (a replicate, a stratum): its seed is drawn from the parent, which moves on. */
export function spawn(random: Generator): Generator {
  return xoshiro128(random.next(), random.next(), random.next(), random.next());
}

/** Uniform on the open interval (0, 1): the midpoints of 2^52 cells, so neither 0 nor 1 is ever drawn. */
export function uniform(random: Generator): number {
  const high = random.next() >>> 6;
  const low = random.next() >>> 6;
  return (high * 0x4000000 + low + 0.5) / 0x10000000000000;
}

/** Uniform integer in [0, n), 1 <= n <= 2^32, without modulo bias. */
export function uniformInteger(random: Generator, n: number): number {
  if (!(Number.isInteger(n) && n >= 1 && n <= 0x100000000)) return Number.NaN;
  const limit = 0x100000000 - (0x100000000 % n);
  for (;;) {
    const bits = random.next();
    if (bits < limit) return bits % n;
  }
}

/** Standard normal by Marsaglia's polar method (the second variate is not kept: a sampler has no state of its own). */
export function standardNormal(random: Generator): number {
  for (;;) {
    const u = 2 * uniform(random) - 1;
    const v = 2 * uniform(random) - 1;
    const s = u * u + v * v;
    if (s < 1 && s > 0) return u * Math.sqrt((-2 * Math.log(s)) / s);
  }
}

/** Exponential with the given rate. */
export function exponential(random: Generator, rate = 1): number {
  return rate > 0 ? -Math.log(uniform(random)) / rate : Number.NaN;
}

/** Gamma with the given shape and scale (Marsaglia and Tsang 2000; for shape < 1, shape + 1 times a power of a uniform). */
export function gamma(random: Generator, shape: number, scale = 1): number {
  if (!(shape > 0 && scale > 0)) return Number.NaN;
  if (shape < 1) return gamma(random, shape + 1, scale) * uniform(random) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = standardNormal(random);
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(uniform(random)) < 0.5 * z * z + d - d * v + d * Math.log(v)) return scale * d * v;
  }
}

/** Poisson with the given mean: products of uniforms below 10, otherwise transformed rejection (Hormann 1993, algorithm PTRS). */
export function poisson(random: Generator, mean: number): number {
  if (!(mean >= 0 && mean < Number.MAX_SAFE_INTEGER)) return Number.NaN;
  if (mean < 10) {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = uniform(random); product > limit; product *= uniform(random)) count++;
    return count;
  }
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform(random) - 0.5;
    const v = uniform(random);
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= logPoisson(k, mean)) return k;
  }
}

/** Binomial: inversion by sequential search when n min(p, 1 - p) < 10, otherwise transformed rejection (Hormann 1993, algorithm BTRS). */
export function binomial(random: Generator, n: number, p: number): number {
  if (!(Number.isInteger(n) && n >= 0 && p >= 0 && p <= 1)) return Number.NaN;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  if (n === 0 || p === 0) return 0;
  return n * p < 10 ? binomialByGaps(random, n, p) : binomialByRejection(random, n, p);
}

/** Successes counted by the geometric gaps between them (Devroye 1986, Non-uniform random variate generation, p. 525). */
function binomialByGaps(random: Generator, n: number, p: number): number {
  const logFailure = Math.log1p(-p);
  let count = 0;
  let trials = 0;
  for (;;) {
    trials += Math.floor(Math.log(uniform(random)) / logFailure) + 1;
    if (trials > n) return count;
    count++;
  }
}

function binomialByRejection(random: Generator, n: number, p: number): number {
  const q = 1 - p;
  const sd = Math.sqrt(n * p * q);
  const b = 1.15 + 2.53 * sd;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const vr = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * sd;
  const mode = Math.floor((n + 1) * p);
  const logAtMode = logBinomial(mode, n, p, q);
  for (;;) {
    const u = uniform(random) - 0.5;
    const v = uniform(random);
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + centre);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || k > n) continue;
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= logBinomial(k, n, p, q) - logAtMode) return k;
  }
}

/** Negative binomial with mean mu and shape theta (variance mu + mu^2 / theta): Poisson with a gamma mean. */
export function negativeBinomial(random: Generator, mu: number, theta: number): number {
  if (!(mu >= 0 && theta > 0)) return Number.NaN;
  if (mu === 0) return 0;
  if (theta === Number.POSITIVE_INFINITY) return poisson(random, mu);
  return poisson(random, gamma(random, theta, mu / theta));
}

/** Multinomial counts of n draws over cells with the given weights (>= 0, not all 0), by conditional binomials. */
export function multinomial(random: Generator, n: number, weights: ArrayLike<number>): Float64Array {
  const counts = new Float64Array(weights.length);
  // Cumulative from the right, so that the last cell with weight takes all that is left.
  const tail = new Float64Array(weights.length + 1);
  for (let j = weights.length - 1; j >= 0; j--) tail[j] = (tail[j + 1] as number) + (weights[j] as number);
  if (!((tail[0] as number) > 0)) return counts.fill(Number.NaN);
  let rest = n;
  for (let j = 0; j < weights.length && rest > 0; j++) {
    const here = weights[j] as number;
    if (here === 0) continue;
    const share = Math.min(1, here / (tail[j] as number));
    counts[j] = binomial(random, rest, share);
    rest -= counts[j] as number;
  }
  return counts;
}

/** Fisher-Yates shuffle in place; every order is equally likely. Returns its argument. */
export function shuffle<T extends Int32Array | Float64Array>(random: Generator, items: T): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = uniformInteger(random, i + 1);
    const held = items[i] as number;
    items[i] = items[j] as number;
    items[j] = held;
  }
  return items;
}
