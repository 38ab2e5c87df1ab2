/**
 * One linear pass over the risk sets of a Cox model.
 *
 * Event times are visited from last to first within each stratum: rows are added when their interval ends and taken out
 * when it begins, so that one pass costs O(rows p) whatever the number of event times. The sums are emptied whenever
 * nobody is left and at every stratum; if taking out large terms has left a small remainder (the sum fell to 1e-7 of
 * its largest value) they are rebuilt from the rows at risk, because the remainder has then lost too many digits.
 *
 * Ties (Efron 1977 JASA 72:557). With m tied events of total weight mw and D the sums over the events, the j-th of them
 * (j = 0 .. m-1, f = j/m) meets the risk set S - f D; Breslow takes f = 0 throughout. Everything the fit needs from the
 * m steps is in six scalars, so that an event time with ten thousand ties costs ten thousand divisions, not matrices:
 * sum c, sum f c, sum c^2, sum f c^2, sum f^2 c^2 and sum log(S0 - f D0), where c = S0 / (S0 - f D0), each times w.
 * Visitors see S1 and D1 divided by S0 (means over the risk set), so that nothing over- or underflows where risks are extreme.
 */
import type { CoxRows, RiskOrder } from './cox-rows.ts';

export type Ties = 'efron' | 'breslow';

/** Rows in the order of the walk, columns shifted by `shift` so that sums of squares keep their digits. */
export interface CoxDesign {
  readonly columns: number;
  readonly order: RiskOrder;
  readonly x: Float64Array;
  /** Subtracted from each column: its mean where the mean is large against the spread, otherwise 0 (zeros stay free). */
  readonly shift: Float64Array;
  /** max - min of each column over the rows kept. */
  readonly range: Float64Array;
  /** count x weight, events x weight, events, and weight, per row kept. */
  readonly people: Float64Array;
  readonly event_weight: Float64Array;
  readonly events: Float64Array;
  readonly weight: Float64Array;
  readonly offset: Float64Array | undefined;
}

/** What the visitor sees at one event time. Arrays are reused: copy what must stay. */
export interface RiskSet {
  /** Number of the event time. */
  k: number;
  /** S0, for risks relative to the centre of `riskScores`. */
  s0: number;
  /** S1 / S0 and D1 / S0. */
  readonly s1: Float64Array;
  readonly d1: Float64Array;
  /** Number of tied events and their total weight. */
  ties: number;
  tied_weight: number;
  log_sum: number;
  /** w sum c; w sum f c; w sum c^2; w sum f c^2; w sum f^2 c^2, with c relative to 1 / S0. */
  c: number;
  fc: number;
  cc: number;
  fcc: number;
  ffcc: number;
}

export function arrangeDesign(data: CoxRows, order: RiskOrder): CoxDesign {
  const { columns: p, x: raw, count, offset } = data;
  const { source } = order;
  const n = source.length;
  const x = new Float64Array(n * p);
  const mean = new Float64Array(p);
  const square = new Float64Array(p);
  const low = new Float64Array(p).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(p).fill(Number.NEGATIVE_INFINITY);
  for (let a = 0; a < n; a++) {
    const from = (source[a] as number) * p;
    const to = a * p;
    for (let j = 0; j < p; j++) {
      const v = raw[from + j] as number;
      x[to + j] = v;
      mean[j] = (mean[j] as number) + v;
      square[j] = (square[j] as number) + v * v;
      if (v < (low[j] as number)) low[j] = v;
      if (v > (high[j] as number)) high[j] = v;
    }
  }
  const shift = mean.map((sum, j) => (sum * sum > 0.9 * n * (square[j] as number) ? sum / n : 0));
  for (let j = 0; j < p; j++) {
    const by = shift[j] as number;
    if (by !== 0) for (let at = j; at < n * p; at += p) x[at] = (x[at] as number) - by;
  }
  const people = new Float64Array(n);
  const event_weight = new Float64Array(n);
  const events = new Float64Array(n);
  const weight = new Float64Array(n);
  for (let a = 0; a < n; a++) {
    const i = source[a] as number;
    const w = data.weight ? (data.weight[i] as number) : 1;
    weight[a] = w;
    people[a] = w * (count ? (count[i] as number) : 1);
    events[a] = data.event[i] as number;
    event_weight[a] = w * (events[a] as number);
  }
  const shifted = offset ? Float64Array.from(source, (i) => offset[i] as number) : undefined;
  return {
    columns: p,
    order,
    x,
    shift,
    range: high.map((h, j) => (n > 0 ? h - (low[j] as number) : 0)),
    people,
    event_weight,
    events,
    weight,
    offset: shifted,
  };
}

/** people x exp(linear predictor - centre) per row kept; `centre` (the largest linear predictor) keeps exp from overflowing. */
export function riskScores(
  design: CoxDesign,
  beta: Float64Array,
): { risk: Float64Array; eta: Float64Array; centre: number } {
  const { columns: p, x, people, offset } = design;
  const n = people.length;
  const eta = new Float64Array(n);
  let centre = Number.NEGATIVE_INFINITY;
  for (let a = 0; a < n; a++) {
    let sum = offset ? (offset[a] as number) : 0;
    const base = a * p;
    for (let j = 0; j < p; j++) sum += (x[base + j] as number) * (beta[j] as number);
    eta[a] = sum;
    if (sum > centre) centre = sum;
  }
  if (!Number.isFinite(centre)) centre = 0;
  const risk = new Float64Array(n);
  for (let a = 0; a < n; a++) risk[a] = (people[a] as number) * Math.exp((eta[a] as number) - centre);
  return { risk, eta, centre };
}

const REBUILD_BELOW = 1e-7;

/** Visits every event time, last to first inside each stratum, strata last to first. */
export function walkRiskSets(
  design: CoxDesign,
  risk: Float64Array,
  ties: Ties,
  visit: (set: RiskSet) => void,
): void {
  const { columns: p, x, order, people, events, event_weight } = design;
  const { event_times, last, source, leave_from, entering, enter_from, enter, leave } = order;
  const s1 = new Float64Array(p);
  const d1 = new Float64Array(p);
  const set: RiskSet = {
    k: 0,
    s0: 0,
    s1: new Float64Array(p),
    d1: new Float64Array(p),
    ties: 0,
    tied_weight: 0,
    log_sum: 0,
    c: 0,
    fc: 0,
    cc: 0,
    fcc: 0,
    ffcc: 0,
  };
  let s0 = 0;
  let largest = 0;
  let present = 0;
  for (let k = event_times - 1; k >= 0; k--) {
    if (last[k] || present === 0) {
      s0 = 0;
      largest = 0;
      present = 0;
      s1.fill(0);
    }
    const from = leave_from[k] as number;
    const to = leave_from[k + 1] as number;
    let d0 = 0;
    let m = 0;
    let mw = 0;
    d1.fill(0);
    for (let a = from; a < to; a++) {
      const w = risk[a] as number;
      s0 += w;
      addRow(x, a, p, w, s1);
      const d = events[a] as number;
      if (d === 0) continue;
      // The share of the row's people who have the event carries the same share of its risk.
      const dw = (w * (event_weight[a] as number)) / (people[a] as number);
      d0 += dw;
      m += d;
      mw += event_weight[a] as number;
      addRow(x, a, p, dw, d1);
    }
    present += to - from;
    if (s0 > largest) largest = s0;
    else if (s0 < largest * REBUILD_BELOW) {
      s0 = 0;
      s1.fill(0);
      for (let a = from; a < source.length; a++) {
        if (order.stratum[leave[a] as number] !== order.stratum[k]) break;
        if ((enter[a] as number) > k) continue;
        s0 += risk[a] as number;
        addRow(x, a, p, risk[a] as number, s1);
      }
      largest = s0;
    }
    set.k = k;
    set.s0 = s0;
    set.ties = m;
    set.tied_weight = mw;
    for (let j = 0; j < p; j++) {
      set.s1[j] = (s1[j] as number) / s0;
      set.d1[j] = (d1[j] as number) / s0;
    }
    tieSums(set, d0 / s0, ties);
    visit(set);
    const end = enter_from[k + 1] as number;
    for (let e = enter_from[k] as number; e < end; e++) {
      const a = entering[e] as number;
      const w = risk[a] as number;
      s0 -= w;
      addRow(x, a, p, -w, s1);
      present--;
    }
  }
}

function addRow(x: Float64Array, a: number, p: number, w: number, into: Float64Array): void {
  const base = a * p;
  for (let j = 0; j < p; j++) into[j] = (into[j] as number) + w * (x[base + j] as number);
}

/** `share`: D0 / S0. */
function tieSums(set: RiskSet, share: number, ties: Ties): void {
  const { ties: m, tied_weight } = set;
  const log_s0 = Math.log(set.s0);
  set.log_sum = tied_weight * log_s0;
  set.c = tied_weight;
  set.cc = tied_weight;
  set.fc = 0;
  set.fcc = 0;
  set.ffcc = 0;
  if (ties === 'breslow' || m <= 1) return;
  let logs = 0;
  let c = 0;
  let fc = 0;
  let cc = 0;
  let fcc = 0;
  let ffcc = 0;
  for (let j = 0; j < m; j++) {
    const f = j / m;
    const left = 1 - f * share;
    const one = 1 / left;
    logs += Math.log(left);
    c += one;
    fc += f * one;
    cc += one * one;
    fcc += f * one * one;
    ffcc += f * f * one * one;
  }
  const w = tied_weight / m;
  set.log_sum += w * logs;
  set.c = w * c;
  set.fc = w * fc;
  set.cc = w * cc;
  set.fcc = w * fcc;
  set.ffcc = w * ffcc;
}
