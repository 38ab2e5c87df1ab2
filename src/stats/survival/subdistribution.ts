/**
 * Weighted risk sets of the Fine-Gray model: likelihood and influence in time linear in the rows.
 *
 * The risk set at t holds those still under observation, and those who had another cause at T < t with weight
 * G(t-) / G(T-). The second sum is G(t-) times a running sum of e^eta / G(T-), so that no row is ever split at censoring
 * times. The contract, the convention on ties and the sources are those of fine-gray.ts.
 */
import { mirror, type PartialLikelihood } from './cox-likelihood.ts';
import { countBefore, countUpTo, orderByKey, rankTimes } from './time-order.ts';

/** One row per person, right-censored; `cause` 0 is censored, otherwise the number of the cause. */
export interface FineGrayRows {
  readonly rows: number;
  readonly columns: number;
  /** Row-major, rows x columns. */
  readonly x: Float64Array;
  readonly time: Float64Array;
  readonly cause: ArrayLike<number>;
}

/** Rows ordered by time, and the weights of those with another cause. */
export interface Subdistribution {
  readonly p: number;
  readonly n: number;
  /** In order of time; columns less their means. */
  readonly x: Float64Array;
  readonly range: Float64Array;
  readonly time: Float64Array;
  /** 1 the cause, 2 another, 0 censored. */
  readonly kind: Uint8Array;
  /** Event times of the cause, their number of events, and G just before each. */
  readonly at: Float64Array;
  readonly events: Float64Array;
  readonly follow: Float64Array;
  /** 1 / G(T-) for rows with another cause, else 0. */
  readonly weight: Float64Array;
  /** Number of event times <= the row's time. */
  readonly upTo: Int32Array;
}

export function arrangeSubdistribution(data: FineGrayRows, cause: number): Subdistribution {
  const { rows: n, columns: p } = data;
  if (data.x.length !== n * p || data.time.length !== n || data.cause.length !== n)
    throw new RangeError('Fine-Gray rows: lengths differ');
  const { distinct, rank } = rankTimes(data.time);
  const order = orderByKey(rank, distinct.length);
  const mean = new Float64Array(p);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < p; j++) {
      const v = data.x[i * p + j] as number;
      if (!Number.isFinite(v)) throw new RangeError('Fine-Gray rows: an entry of x is not finite');
      mean[j] = (mean[j] as number) + v / n;
    }
  const x = new Float64Array(n * p);
  const range = new Float64Array(p);
  const low = new Float64Array(p).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(p).fill(Number.NEGATIVE_INFINITY);
  order.forEach((i, a) => {
    for (let j = 0; j < p; j++) {
      const v = (data.x[i * p + j] as number) - (mean[j] as number);
      x[a * p + j] = v;
      if (v < (low[j] as number)) low[j] = v;
      if (v > (high[j] as number)) high[j] = v;
    }
  });
  for (let j = 0; j < p; j++) range[j] = (high[j] as number) - (low[j] as number);
  const time = Float64Array.from(order, (i) => data.time[i] as number);
  const kind = Uint8Array.from(order, (i) =>
    data.cause[i] === cause ? 1 : (data.cause[i] as number) > 0 ? 2 : 0,
  );
  const before = censoringBefore(distinct, time, kind);
  const counts = new Float64Array(distinct.length);
  for (let a = 0; a < n; a++)
    if (kind[a] === 1) {
      const k = countBefore(distinct, time[a] as number);
      counts[k] = (counts[k] as number) + 1;
    }
  const own = Array.from(distinct.keys()).filter((k) => (counts[k] as number) > 0);
  const at = Float64Array.from(own, (k) => distinct[k] as number);
  return {
    p,
    n,
    x,
    range,
    time,
    kind,
    at,
    events: Float64Array.from(own, (k) => counts[k] as number),
    follow: Float64Array.from(own, (k) => before[k] as number),
    weight: Float64Array.from({ length: n }, (_, a) =>
      kind[a] === 2 ? 1 / (before[countBefore(distinct, time[a] as number)] as number) : 0,
    ),
    upTo: Int32Array.from(time, (t) => countUpTo(at, t)),
  };
}

/** G(t-) at each distinct time; people with an event at t are no longer at risk of censoring at t. */
function censoringBefore(distinct: Float64Array, time: Float64Array, kind: Uint8Array): Float64Array {
  const before = new Float64Array(distinct.length);
  let g = 1;
  let present = time.length;
  let a = 0;
  for (let k = 0; k < distinct.length; k++) {
    before[k] = g;
    let events = 0;
    let censored = 0;
    for (; a < time.length && time[a] === distinct[k]; a++) {
      if (kind[a] === 0) censored++;
      else events++;
    }
    present -= events;
    if (censored > 0) g *= (present - censored) / present;
    present -= censored;
  }
  return before;
}

/** S0 and S1 of the weighted risk set at each event time, with e^(eta - centre) as risk. */
function riskSums(arranged: Subdistribution, risk: Float64Array): { s0: Float64Array; s1: Float64Array } {
  const { p, n, x, at, follow, weight, upTo, time } = arranged;
  const K = at.length;
  const s0 = new Float64Array(K);
  const s1 = new Float64Array(K * p);
  const sum = new Float64Array(p + 1);
  const add = (a: number, w: number): void => {
    sum[p] = (sum[p] as number) + w;
    for (let j = 0; j < p; j++) sum[j] = (sum[j] as number) + w * (x[a * p + j] as number);
  };
  const store = (k: number, factor: number): void => {
    s0[k] = (s0[k] as number) + factor * (sum[p] as number);
    for (let j = 0; j < p; j++) s1[k * p + j] = (s1[k * p + j] as number) + factor * (sum[j] as number);
  };
  // Those who had another cause before the event time, forwards; those still under observation, backwards.
  let a = 0;
  for (let k = 0; k < K; k++) {
    for (; a < n && (time[a] as number) < (at[k] as number); a++)
      if (weight[a] !== 0) add(a, (risk[a] as number) * (weight[a] as number));
    store(k, follow[k] as number);
  }
  sum.fill(0);
  a = n - 1;
  for (let k = K - 1; k >= 0; k--) {
    for (; a >= 0 && (upTo[a] as number) > k; a--) add(a, risk[a] as number);
    store(k, 1);
  }
  return { s0, s1 };
}

export function subdistributionLikelihood(arranged: Subdistribution, beta: Float64Array): PartialLikelihood {
  const { p, n, x, kind, events, follow, weight, upTo } = arranged;
  const K = events.length;
  const { risk, eta, centre } = risks(arranged, beta);
  const { s0, s1 } = riskSums(arranged, risk);
  const score = new Float64Array(p);
  const information = new Float64Array(p * p);
  let log_likelihood = 0;
  for (let a = 0; a < n; a++) {
    if (kind[a] !== 1) continue;
    log_likelihood += (eta[a] as number) - centre;
    for (let j = 0; j < p; j++) score[j] = (score[j] as number) + (x[a * p + j] as number);
  }
  const hazard = new Float64Array(K + 1);
  const later = new Float64Array(K + 1);
  for (let k = 0; k < K; k++) {
    const d = events[k] as number;
    const one = 1 / (s0[k] as number);
    log_likelihood -= d * Math.log(s0[k] as number);
    hazard[k + 1] = (hazard[k] as number) + d * one;
    for (let j = 0; j < p; j++) {
      const mj = (s1[k * p + j] as number) * one;
      score[j] = (score[j] as number) - d * mj;
      for (let l = 0; l <= j; l++) {
        const at = j * p + l;
        information[at] = (information[at] as number) - d * mj * (s1[k * p + l] as number) * one;
      }
    }
  }
  for (let k = K - 1; k >= 0; k--)
    later[k] = (later[k + 1] as number) + ((follow[k] as number) * (events[k] as number)) / (s0[k] as number);
  for (let a = 0; a < n; a++) {
    const k = upTo[a] as number;
    const w = (risk[a] as number) * ((hazard[k] as number) + (weight[a] as number) * (later[k] as number));
    for (let j = 0; j < p; j++)
      for (let l = 0; l <= j; l++) {
        const at = j * p + l;
        information[at] =
          (information[at] as number) + w * (x[a * p + j] as number) * (x[a * p + l] as number);
      }
  }
  mirror(information, p);
  return { log_likelihood, score, information };
}

function risks(
  arranged: Subdistribution,
  beta: Float64Array,
): { risk: Float64Array; eta: Float64Array; centre: number } {
  const { p, n, x } = arranged;
  const eta = new Float64Array(n);
  let centre = Number.NEGATIVE_INFINITY;
  for (let a = 0; a < n; a++) {
    let sum = 0;
    for (let j = 0; j < p; j++) sum += (x[a * p + j] as number) * (beta[j] as number);
    eta[a] = sum;
    if (sum > centre) centre = sum;
  }
  return { eta, centre, risk: eta.map((v) => Math.exp(v - centre)) };
}

/** Influence of each row on the score: n x p. */
export function influences(
  arranged: Subdistribution,
  beta: Float64Array,
  variance: 'estimated-weights' | 'fixed-weights',
): Float64Array {
  const { p, n, x, kind, events, follow, weight, upTo } = arranged;
  const K = events.length;
  const { risk } = risks(arranged, beta);
  const { s0, s1 } = riskSums(arranged, risk);
  // Columns 0 .. p - 1: sums of the mean covariate times the hazard; column p: of the hazard.
  const size = p + 1;
  const hazard = new Float64Array((K + 1) * size);
  const later = new Float64Array((K + 1) * size);
  const increment = (k: number, c: number) => {
    const h = (events[k] as number) / (s0[k] as number);
    return c === p ? h : (h * (s1[k * p + c] as number)) / (s0[k] as number);
  };
  for (let k = 0; k < K; k++)
    for (let c = 0; c < size; c++)
      hazard[(k + 1) * size + c] = (hazard[k * size + c] as number) + increment(k, c);
  for (let k = K - 1; k >= 0; k--)
    for (let c = 0; c < size; c++)
      later[k * size + c] = (later[(k + 1) * size + c] as number) + (follow[k] as number) * increment(k, c);
  const influence = new Float64Array(n * p);
  for (let a = 0; a < n; a++) {
    const k = upTo[a] as number;
    const r = risk[a] as number;
    const w = r * (weight[a] as number);
    for (let j = 0; j < p; j++) {
      const v = x[a * p + j] as number;
      let sum = -r * (v * (hazard[k * size + p] as number) - (hazard[k * size + j] as number));
      if (w !== 0) sum -= w * (v * (later[k * size + p] as number) - (later[k * size + j] as number));
      if (kind[a] === 1) sum += v - (s1[(k - 1) * p + j] as number) / (s0[k - 1] as number);
      influence[a * p + j] = sum;
    }
  }
  if (variance === 'estimated-weights') addCensoringInfluence(arranged, risk, later, influence);
  return influence;
}

/**
 * Adds the part of estimating G: sum over censoring times u of q(u) / Y(u) dM_c, with
 * q(u) = sum over people with another cause before u of their weighted residual after u, and Y(u) those at risk of censoring.
 */
function addCensoringInfluence(
  arranged: Subdistribution,
  risk: Float64Array,
  later: Float64Array,
  influence: Float64Array,
): void {
  const { p, n, x, time, kind, weight, at } = arranged;
  const size = p + 1;
  const sum = new Float64Array(size);
  const drift = new Float64Array(p);
  const q = new Float64Array(p);
  let present = n;
  for (let a = 0; a < n; ) {
    const t = time[a] as number;
    let b = a;
    let censored = 0;
    for (; b < n && time[b] === t; b++) {
      if (kind[b] === 0) censored++;
      else present--;
      if (kind[b] !== 2) continue;
      // Another cause at t comes before the censorings at t, which weigh it down.
      const w = (risk[b] as number) * (weight[b] as number);
      sum[p] = (sum[p] as number) + w;
      for (let j = 0; j < p; j++) sum[j] = (sum[j] as number) + w * (x[b * p + j] as number);
    }
    if (censored > 0) {
      const k = countUpTo(at, t);
      for (let j = 0; j < p; j++) {
        const left =
          (sum[j] as number) * (later[k * size + p] as number) -
          (sum[p] as number) * (later[k * size + j] as number);
        q[j] = left / present;
        drift[j] = (drift[j] as number) + ((q[j] as number) * censored) / present;
      }
    }
    for (let i = a; i < b; i++) {
      const isCensored = kind[i] === 0;
      for (let j = 0; j < p; j++) {
        // An event at t leaves before the censorings at t.
        const met =
          isCensored || censored === 0
            ? (drift[j] as number)
            : (drift[j] as number) - ((q[j] as number) * censored) / present;
        influence[i * p + j] = (influence[i * p + j] as number) - met + (isCensored ? (q[j] as number) : 0);
      }
    }
    present -= censored;
    a = b;
  }
}
