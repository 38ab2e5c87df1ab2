/**
 * Mean cumulative function of repeated events: the expected number of events per person up to t, with a variance that
 * does not assume that events are independent, and with death as the end of offending where it is given.
 *
 * mean(t) = sum_{u <= t} S(u-) dN(u) / Y(u); S is the Kaplan-Meier curve of the terminal event, 1 when there is none.
 * Without terminal event this is the Nelson-Aalen sum (Lawless & Nadeau 1995), otherwise the estimate of Cook & Lawless
 * 1997 and Ghosh & Lin 2000: events per person who started, the dead counting as having no more; censoring death instead
 * would answer for a world without death and overstate.
 *
 * Variance: sum over people of squared influence. Person i contributes, at each time at risk,
 *   dP = S(u-) (dN_i - dN/Y) / Y + mean(u) dW,   dW = (dD_i - dD/Y) / (Y - dD),   influence(t) = P - mean(t) W,
 * the infinitesimal jackknife; without deaths it is the robust variance of Lawless & Nadeau. People at risk without
 * event all move by the same amount, so running sums of p, w, p^2, pw, w^2 give the whole curve in one linear pass.
 *
 * Interval on the log scale, mean exp(+- z se / mean). At a tied time events come before deaths, deaths before censorings.
 * Sources: Lawless & Nadeau 1995 Technometrics 37:158; Cook & Lawless 1997 Stat Med 16:911; Ghosh & Lin 2000
 * Biometrics 56:554.
 */
import { normalQuantile } from '../special/normal.ts';
import { countUpTo, orderByKey, rankTimes } from './time-order.ts';

/** Intervals (start, stop] at risk, disjoint within a person; `event` events happen at `stop`. */
export interface RecurrentRows {
  /** 0 .. persons - 1. A person belongs to one group. */
  readonly person: Int32Array;
  readonly start?: Float64Array | undefined;
  readonly stop: Float64Array;
  readonly event: ArrayLike<number>;
  /** 1 when the terminal event (death) happens at `stop`; absent: no terminal event. */
  readonly terminal?: ArrayLike<number> | undefined;
  readonly group?: Int32Array | undefined;
}

/** One point per time with an event or a terminal event. */
export interface MeanCumulativeFunction {
  readonly conf_level: number;
  readonly persons: number;
  readonly time: Float64Array;
  readonly at_risk: Float64Array;
  readonly events: Float64Array;
  readonly mean: Float64Array;
  readonly se: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** One curve per group. Throws when start is not before stop. */
export function estimateMeanCumulativeFunction(
  rows: RecurrentRows,
  options: { readonly groups?: number | undefined; readonly conf_level?: number | undefined } = {},
): MeanCumulativeFunction[] {
  const groups = options.groups ?? 1;
  const { group } = rows;
  const members: number[][] = Array.from({ length: groups }, () => []);
  for (let i = 0; i < rows.stop.length; i++) members[group ? (group[i] as number) : 0]?.push(i);
  return members.map((own) => meanFunction(rows, own, options.conf_level ?? 0.95));
}

/** Mean, standard error and limits at chosen times (0 and NaN limits before the first event; NaN after the last interval). */
export function meanAt(
  curve: MeanCumulativeFunction,
  at: ArrayLike<number>,
): Pick<MeanCumulativeFunction, 'mean' | 'se' | 'lower' | 'upper'> {
  const index = Array.from(at, (t) => countUpTo(curve.time, t) - 1);
  const pick = (column: Float64Array, before: number) =>
    Float64Array.from(index, (k) => (k < 0 ? before : (column[k] as number)));
  return {
    mean: pick(curve.mean, 0),
    se: pick(curve.se, 0),
    lower: pick(curve.lower, Number.NaN),
    upper: pick(curve.upper, Number.NaN),
  };
}

/** Counts per time: events do not end time at risk; terminal events and censorings do; entries begin it. */
export interface RecurrentCounts {
  readonly time: Float64Array;
  readonly events: Float64Array;
  readonly terminal: Float64Array;
  readonly censored: Float64Array;
  readonly entries?: Float64Array | undefined;
}

/** The same mean from counts alone (one group). Its variance needs the rows: who has the events is not in the counts. */
export function meanFromCounts(
  counts: RecurrentCounts,
): Pick<MeanCumulativeFunction, 'time' | 'at_risk' | 'events' | 'mean'> {
  const { distinct, rank } = rankTimes(counts.time);
  const K = distinct.length;
  const sum = (column: Float64Array | undefined) => {
    const total = new Float64Array(K);
    if (column)
      for (let i = 0; i < rank.length; i++)
        total[rank[i] as number] = (total[rank[i] as number] as number) + (column[i] as number);
    return total;
  };
  const events = sum(counts.events);
  const terminal = sum(counts.terminal);
  const censored = sum(counts.censored);
  const entries = sum(counts.entries);
  const total = (column: Float64Array) => column.reduce((a, b) => a + b, 0);
  let present = total(terminal) + total(censored) - total(entries);
  let survival = 1;
  let value = 0;
  const at_risk = new Float64Array(K);
  const mean = new Float64Array(K);
  for (let k = 0; k < K; k++) {
    at_risk[k] = present;
    if ((events[k] as number) > 0) value += (survival * (events[k] as number)) / present;
    if ((terminal[k] as number) > 0) survival *= (present - (terminal[k] as number)) / present;
    mean[k] = value;
    present += (entries[k] as number) - (terminal[k] as number) - (censored[k] as number);
  }
  return { time: distinct, at_risk, events, mean };
}

/** Sums over people at risk of p, w and their products, where influence parts are p - P and w - W. */
interface Running {
  n: number;
  p: number;
  w: number;
  pp: number;
  pw: number;
  ww: number;
}

function meanFunction(
  rows: RecurrentRows,
  own: readonly number[],
  conf_level: number,
): MeanCumulativeFunction {
  const { start, stop, event, terminal, person } = rows;
  const n = own.length;
  const ends = Float64Array.from(own, (i) => stop[i] as number);
  const begins = start && Float64Array.from(own, (i) => start[i] as number);
  const { distinct, rank } = rankTimes(begins ? concat(ends, begins) : ends);
  const K = distinct.length;
  const byEnd = orderByKey(rank.slice(0, n), K);
  const byStart = begins ? orderByKey(rank.slice(n), K) : new Int32Array(0);
  let highest = -1;
  for (const i of own) if ((person[i] as number) > highest) highest = person[i] as number;
  // Of a person at risk: p and w; of one who is not: the influence parts themselves.
  const partP = new Float64Array(highest + 1);
  const partW = new Float64Array(highest + 1);
  const seen = new Uint8Array(highest + 1);
  for (const i of own) {
    seen[person[i] as number] = 1;
    if (start && !((start[i] as number) < (stop[i] as number)))
      throw new Error('recurrent rows: start is not before stop');
  }
  const z = normalQuantile(0.5 + conf_level / 2);
  const inside: Running = { n: begins ? 0 : n, p: 0, w: 0, pp: 0, pw: 0, ww: 0 };
  const outside: Running = { n: 0, p: 0, w: 0, pp: 0, pw: 0, ww: 0 };
  const out = {
    time: [] as number[],
    at_risk: [] as number[],
    events: [] as number[],
    mean: [] as number[],
    se: [] as number[],
  };
  let P = 0;
  let W = 0;
  let survival = 1;
  let mean = 0;
  let end = 0;
  let begin = 0;
  for (let k = 0; k < K; k++) {
    const t = distinct[k] as number;
    const from = end;
    let d = 0;
    let deaths = 0;
    while (end < n && rank[byEnd[end] as number] === k) {
      const i = own[byEnd[end++] as number] as number;
      d += event[i] as number;
      if (terminal) deaths += terminal[i] as number;
    }
    const Y = inside.n;
    if (d > 0 || deaths > 0) {
      mean += (survival * d) / Y;
      P += (survival * d) / (Y * Y);
      // When everyone left dies nothing happens afterwards that the deaths could change.
      const left = Y - deaths;
      const death = deaths > 0 && left > 0;
      if (death) {
        P += (mean * deaths) / (Y * left);
        W += deaths / (Y * left);
      }
      for (let e = from; e < end; e++) {
        const i = own[byEnd[e] as number] as number;
        const own_d = event[i] as number;
        const dies = death && terminal ? (terminal[i] as number) : 0;
        if (own_d === 0 && dies === 0) continue;
        const who = person[i] as number;
        change(inside, partP[who] as number, partW[who] as number, -1);
        partP[who] = (partP[who] as number) + (survival * own_d) / Y + (dies ? mean / left : 0);
        partW[who] = (partW[who] as number) + (dies ? 1 / left : 0);
        change(inside, partP[who] as number, partW[who] as number, 1);
      }
      if (deaths > 0) survival *= left / Y;
      out.time.push(t);
      out.at_risk.push(Y);
      out.events.push(d);
      out.mean.push(mean);
      out.se.push(Math.sqrt(Math.max(0, squaredInfluence(inside, outside, P, W, mean))));
    }
    for (let e = from; e < end; e++) {
      const who = person[own[byEnd[e] as number] as number] as number;
      change(inside, partP[who] as number, partW[who] as number, -1);
      partP[who] = (partP[who] as number) - P;
      partW[who] = (partW[who] as number) - W;
      change(outside, partP[who] as number, partW[who] as number, 1);
    }
    while (begin < byStart.length && rank[n + (byStart[begin] as number)] === k) {
      const who = person[own[byStart[begin++] as number] as number] as number;
      change(outside, partP[who] as number, partW[who] as number, -1);
      partP[who] = (partP[who] as number) + P;
      partW[who] = (partW[who] as number) + W;
      change(inside, partP[who] as number, partW[who] as number, 1);
    }
  }
  const means = Float64Array.from(out.mean);
  const se = Float64Array.from(out.se);
  const limit = (sign: number) =>
    means.map((m, k) => (m > 0 ? m * Math.exp((sign * z * (se[k] as number)) / m) : Number.NaN));
  return {
    conf_level,
    persons: seen.reduce((a, b) => a + b, 0),
    time: Float64Array.from(out.time),
    at_risk: Float64Array.from(out.at_risk),
    events: Float64Array.from(out.events),
    mean: means,
    se,
    lower: limit(-1),
    upper: limit(1),
  };
}

function concat(a: Float64Array, b: Float64Array): Float64Array {
  const joined = new Float64Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function change(sums: Running, p: number, w: number, sign: number): void {
  sums.n += sign;
  sums.p += sign * p;
  sums.w += sign * w;
  sums.pp += sign * p * p;
  sums.pw += sign * p * w;
  sums.ww += sign * w * w;
}

/** Sum over everyone of (P_i - mean W_i)^2. */
function squaredInfluence(inside: Running, outside: Running, P: number, W: number, mean: number): number {
  const { n, p, w, pp, pw, ww } = inside;
  const PP = pp - 2 * P * p + n * P * P + outside.pp;
  const PW = pw - P * w - W * p + n * P * W + outside.pw;
  const WW = ww - 2 * W * w + n * W * W + outside.ww;
  return PP - 2 * mean * PW + mean * mean * WW;
}
