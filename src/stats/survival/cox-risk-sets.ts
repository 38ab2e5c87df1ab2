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
import { crossVector, keepColumns } from '../regression/design.ts';
import { findPatterns } from '../regression/patterns.ts';
import type { CoxRows, RiskOrder } from './cox-rows.ts';

export type Ties = 'efron' | 'breslow';

/**
 * Rows in the order of the walk. Their covariates are rows of `x`, columns shifted by `shift` so that sums of squares keep their
 * digits: row a has those at pattern[a]. Where many rows share few event times (`arrangeDesign`) rows alike share them
 * (`findPatterns`) and `moves` holds who comes and goes; otherwise each row has its own and `moves` is null.
 */
export interface CoxDesign {
  readonly columns: number;
  readonly order: RiskOrder;
  readonly patterns: number;
  readonly pattern: Int32Array;
  /** patterns x columns. */
  readonly x: Float64Array;
  readonly moves: Moves | null;
  /** sum over rows of event weight x covariates: the part of the score that does not move. */
  readonly event_sum: Float64Array;
  /** Total weight of events. */
  readonly event_total: number;
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

/**
 * People entering and leaving the walk by covariate pattern: pattern g has moves from[g] .. from[g + 1] - 1, and `people` (negative
 * where they go) join the risk set at event time number `at`. `deaths` are the weights of events in the same form. Sums over the
 * risk sets are then sums over a table of event times, which stays in the processor's cache whatever the number of rows.
 */
export interface Moves {
  readonly from: Int32Array;
  readonly at: Int32Array;
  readonly people: Float64Array;
  readonly deaths: Pick<Moves, 'from' | 'at' | 'people'>;
  /** Number of events and their weight, per event time. */
  readonly events: Float64Array;
  readonly event_weight: Float64Array;
}

/** exp(linear predictor - centre) per pattern; with `row` times the people of each row where the rows are walked. */
export interface Risks {
  readonly pattern: Float64Array;
  readonly row: Float64Array | null;
  readonly centre: number;
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
  // Few event times for many rows, and no offset (which differs between rows alike).
  const grouped = n >= LARGE && order.event_times * 8 <= n && !offset;
  const found = grouped ? findPatterns(data) : null;
  const patterns = found === null ? n : found.design.rows;
  const pattern = new Int32Array(n);
  for (let a = 0; a < n; a++) pattern[a] = found === null ? a : (found.of[source[a] as number] as number);
  const x = found === null ? new Float64Array(n * p) : found.design.x;
  const repeats = new Float64Array(patterns);
  for (let a = 0; a < n; a++) {
    const to = pattern[a] as number;
    repeats[to] = (repeats[to] as number) + 1;
    if (found !== null) continue;
    const from = (source[a] as number) * p;
    for (let j = 0; j < p; j++) x[a * p + j] = raw[from + j] as number;
  }
  const mean = new Float64Array(p);
  const square = new Float64Array(p);
  const low = new Float64Array(p).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(p).fill(Number.NEGATIVE_INFINITY);
  for (let g = 0; g < patterns; g++) {
    const times = repeats[g] as number;
    if (times === 0) continue;
    for (let j = 0; j < p; j++) {
      const v = x[g * p + j] as number;
      mean[j] = (mean[j] as number) + times * v;
      square[j] = (square[j] as number) + times * v * v;
      if (v < (low[j] as number)) low[j] = v;
      if (v > (high[j] as number)) high[j] = v;
    }
  }
  const shift = mean.map((sum, j) => (sum * sum > 0.9 * n * (square[j] as number) ? sum / n : 0));
  for (let j = 0; j < p; j++) {
    const by = shift[j] as number;
    if (by !== 0) for (let at = j; at < x.length; at += p) x[at] = (x[at] as number) - by;
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
  const event_of = new Float64Array(patterns);
  for (let a = 0; a < n; a++) {
    const g = pattern[a] as number;
    event_of[g] = (event_of[g] as number) + (event_weight[a] as number);
  }
  const event_sum = crossVector({ rows: patterns, columns: p, x }, event_of);
  return {
    columns: p,
    order,
    patterns,
    pattern,
    x,
    moves: grouped ? listMoves(order, pattern, patterns, people, events, event_weight) : null,
    event_sum,
    event_total: event_weight.reduce((sum, w) => sum + w, 0),
    shift,
    range: high.map((h, j) => (n > 0 ? h - (low[j] as number) : 0)),
    people,
    event_weight,
    events,
    weight,
    offset: shifted,
  };
}

/** Rows from which on sums over a table of event times are used. */
const LARGE = 20_000;

function listMoves(
  order: RiskOrder,
  pattern: Int32Array,
  patterns: number,
  people: Float64Array,
  events: Float64Array,
  event_weight: Float64Array,
): Moves {
  const { event_times: K, enter, leave, first } = order;
  const n = people.length;
  const leaving = new Int32Array(patterns + 1);
  const dying = new Int32Array(patterns + 1);
  for (let a = 0; a < n; a++) {
    const g = (pattern[a] as number) + 1;
    leaving[g] = (leaving[g] as number) + (first[enter[a] as number] ? 1 : 2);
    if (events[a] !== 0) dying[g] = (dying[g] as number) + 1;
  }
  for (let g = 0; g < patterns; g++) {
    leaving[g + 1] = (leaving[g + 1] as number) + (leaving[g] as number);
    dying[g + 1] = (dying[g + 1] as number) + (dying[g] as number);
  }
  const size = leaving[patterns] as number;
  const at = new Int32Array(size);
  const moving = new Float64Array(size);
  const deaths = {
    from: dying,
    at: new Int32Array(dying[patterns] as number),
    people: new Float64Array(dying[patterns] as number),
  };
  const next = leaving.slice();
  const next_death = dying.slice();
  const by_time = { events: new Float64Array(K), event_weight: new Float64Array(K) };
  for (let a = 0; a < n; a++) {
    const g = pattern[a] as number;
    const to = leave[a] as number;
    const start = enter[a] as number;
    let slot = next[g] as number;
    at[slot] = to;
    moving[slot++] = people[a] as number;
    if (!first[start]) {
      // Whoever comes in at an event time is gone at the one before it.
      at[slot] = start - 1;
      moving[slot++] = -(people[a] as number);
    }
    next[g] = slot;
    if (events[a] === 0) continue;
    const death = next_death[g] as number;
    deaths.at[death] = to;
    deaths.people[death] = event_weight[a] as number;
    next_death[g] = death + 1;
    by_time.events[to] = (by_time.events[to] as number) + (events[a] as number);
    by_time.event_weight[to] = (by_time.event_weight[to] as number) + (event_weight[a] as number);
  }
  return { from: leaving, at, people: moving, deaths, ...by_time };
}

/** Sums over patterns of relative risk x people x (1, covariates), by event time: event_times x (p + 1). */
function sumMoves(
  { patterns, columns: p, x }: CoxDesign,
  { from, at, people }: Pick<Moves, 'from' | 'at' | 'people'>,
  relative: Float64Array,
  event_times: number,
): Float64Array {
  const width = p + 1;
  const sums = new Float64Array(event_times * width);
  const own = new Float64Array(width);
  for (let g = 0; g < patterns; g++) {
    const end = from[g + 1] as number;
    let m = from[g] as number;
    if (m === end) continue;
    const e = relative[g] as number;
    own[0] = e;
    for (let j = 0; j < p; j++) own[j + 1] = e * (x[g * p + j] as number);
    for (; m < end; m++) {
      const base = (at[m] as number) * width;
      const w = people[m] as number;
      for (let j = 0; j < width; j++) sums[base + j] = (sums[base + j] as number) + w * (own[j] as number);
    }
  }
  return sums;
}

/** The same rows with some of their columns. */
export function restrictDesign(design: CoxDesign, kept: Int32Array): CoxDesign {
  const { columns, patterns, x } = design;
  const pick = (values: Float64Array): Float64Array => Float64Array.from(kept, (j) => values[j] as number);
  return {
    ...design,
    columns: kept.length,
    x: keepColumns({ rows: patterns, columns, x }, kept).x,
    shift: pick(design.shift),
    range: pick(design.range),
    event_sum: pick(design.event_sum),
  };
}

/** Risks at given coefficients; `centre` (the largest linear predictor) keeps exp from overflowing. */
export function riskScores(design: CoxDesign, beta: Float64Array): Risks & { eta: Float64Array | null } {
  const { columns: p, patterns, pattern, x, people, offset, moves } = design;
  const n = people.length;
  const linear = new Float64Array(patterns);
  let centre = Number.NEGATIVE_INFINITY;
  for (let g = 0; g < patterns; g++) {
    let sum = 0;
    const base = g * p;
    for (let j = 0; j < p; j++) sum += (x[base + j] as number) * (beta[j] as number);
    linear[g] = sum;
    if (sum > centre) centre = sum;
  }
  if (moves) {
    if (!Number.isFinite(centre)) centre = 0;
    for (let g = 0; g < patterns; g++) linear[g] = Math.exp((linear[g] as number) - centre);
    return { pattern: linear, row: null, centre, eta: null };
  }
  const eta = new Float64Array(n);
  centre = Number.NEGATIVE_INFINITY;
  for (let a = 0; a < n; a++) {
    const sum = (offset ? (offset[a] as number) : 0) + (linear[pattern[a] as number] as number);
    eta[a] = sum;
    if (sum > centre) centre = sum;
  }
  if (!Number.isFinite(centre)) centre = 0;
  const row = new Float64Array(n);
  for (let a = 0; a < n; a++) row[a] = (people[a] as number) * Math.exp((eta[a] as number) - centre);
  return { pattern: linear, row, centre, eta };
}

/** people x relative risk of each row. */
export function rowRisks(design: CoxDesign, risks: Risks): Float64Array {
  if (risks.row) return risks.row;
  const { people, pattern } = design;
  const row = new Float64Array(people.length);
  for (let a = 0; a < row.length; a++)
    row[a] = (people[a] as number) * (risks.pattern[pattern[a] as number] as number);
  return row;
}

/** Everyone at the same risk. */
export function equalRisks(design: CoxDesign): Risks {
  return { pattern: new Float64Array(design.patterns).fill(1), row: design.people, centre: 0 };
}

const REBUILD_BELOW = 1e-7;

/** Visits every event time, last to first inside each stratum, strata last to first. */
export function walkRiskSets(
  design: CoxDesign,
  risks: Risks,
  ties: Ties,
  visit: (set: RiskSet) => void,
): void {
  const { columns: p, x, pattern, order, people, events, event_weight, moves } = design;
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
  const joining = moves && sumMoves(design, moves, risks.pattern, event_times);
  const dying = moves && sumMoves(design, moves.deaths, risks.pattern, event_times);
  const risk = risks.row ?? new Float64Array(0);
  const riskOf = (a: number): number =>
    risks.row ? (risk[a] as number) : (people[a] as number) * (risks.pattern[pattern[a] as number] as number);
  let s0 = 0;
  let largest = 0;
  let present = 0;
  for (let k = event_times - 1; k >= 0; k--) {
    if (last[k] || (present === 0 && !moves)) {
      s0 = 0;
      largest = 0;
      present = 0;
      s1.fill(0);
    }
    const from = leave_from[k] as number;
    let d0 = 0;
    let m = 0;
    let mw = 0;
    if (moves && joining && dying) {
      const base = k * (p + 1);
      s0 += joining[base] as number;
      d0 = dying[base] as number;
      m = moves.events[k] as number;
      mw = moves.event_weight[k] as number;
      for (let j = 0; j < p; j++) {
        s1[j] = (s1[j] as number) + (joining[base + 1 + j] as number);
        d1[j] = dying[base + 1 + j] as number;
      }
    } else {
      const to = leave_from[k + 1] as number;
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
    }
    if (s0 > largest) largest = s0;
    else if (s0 < largest * REBUILD_BELOW) {
      s0 = 0;
      s1.fill(0);
      for (let a = from; a < source.length; a++) {
        if (order.stratum[leave[a] as number] !== order.stratum[k]) break;
        if ((enter[a] as number) > k) continue;
        const w = riskOf(a);
        s0 += w;
        addRow(x, pattern[a] as number, p, w, s1);
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
    // Those who come in at k are taken out with the moves of k - 1.
    if (moves) continue;
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

function addRow(x: Float64Array, row: number, p: number, w: number, into: Float64Array): void {
  const base = row * p;
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
