/**
 * Log partial likelihood of a Cox model, its score and its information at given coefficients.
 *
 * log L = sum_events w eta - sum_times log_sum
 * score = sum_events w x - sum_times (c S1 - fc D1) / S0
 * information = sum_times (c S2 - fc D2) / S0 - sum_times [cc S1 S1' - fcc (S1 D1' + D1 S1') + ffcc D1 D1'] / S0^2
 * with the tie sums of cox-risk-sets.ts. The second moments are never kept per risk set: exchanging the order of
 * summation, sum_times c S2 / S0 = sum_rows e^eta x x' (C(leave) - C(enter-)) with C the running sum of c / S0, one cross-product
 * over the rows. Sources: Cox 1972 JRSS B 34:187; Efron 1977 JASA 72:557.
 */
import { weightedCross } from '../regression/design.ts';
import {
  type CoxDesign,
  type RiskSet,
  type Risks,
  riskScores,
  rowRisks,
  type Ties,
  walkRiskSets,
} from './cox-risk-sets.ts';

export interface PartialLikelihood {
  readonly log_likelihood: number;
  readonly score: Float64Array;
  /** p x p, symmetric. */
  readonly information: Float64Array;
}

export function partialLikelihood(design: CoxDesign, beta: Float64Array, ties: Ties): PartialLikelihood {
  const { columns: p, event_weight, event_sum, order } = design;
  const risks = riskScores(design, beta);
  const score = event_sum.slice();
  let log_likelihood = 0;
  if (risks.eta) {
    for (let a = 0; a < event_weight.length; a++) {
      const w = event_weight[a] as number;
      if (w !== 0) log_likelihood += w * ((risks.eta[a] as number) - risks.centre);
    }
  } else {
    for (let j = 0; j < p; j++) log_likelihood += (event_sum[j] as number) * (beta[j] as number);
    log_likelihood -= design.event_total * risks.centre;
  }
  const information = new Float64Array(p * p);
  const c = new Float64Array(order.event_times);
  const fc = new Float64Array(order.event_times);
  walkRiskSets(design, risks, ties, (set) => {
    log_likelihood -= set.log_sum;
    c[set.k] = set.c / set.s0;
    fc[set.k] = set.fc / set.s0;
    for (let j = 0; j < p; j++)
      score[j] = (score[j] as number) - set.c * (set.s1[j] as number) + set.fc * (set.d1[j] as number);
    addMeans(set, p, -1, information);
  });
  addSquares(design, risks, c, fc, information);
  mirror(information, p);
  return { log_likelihood, score, information };
}

/** Adds factor x [cc S1 S1' - fcc (S1 D1' + D1 S1') + ffcc D1 D1'] / S0^2 of one event time to the lower triangle of `into`. */
export function addMeans(set: RiskSet, p: number, factor: number, into: Float64Array): void {
  const { s1, d1, fc, cc, fcc, ffcc } = set;
  for (let j = 0; j < p; j++) {
    const sj = factor * (s1[j] as number);
    const dj = factor * (d1[j] as number);
    for (let l = 0; l <= j; l++) {
      const sl = s1[l] as number;
      let v = cc * sj * sl;
      if (fc !== 0) {
        const dl = d1[l] as number;
        v += ffcc * dj * dl - fcc * (sj * dl + dj * sl);
      }
      into[j * p + l] = (into[j * p + l] as number) + v;
    }
  }
}

/**
 * Adds sum_times (c S2 - fc D2) / S0 to the lower triangle of `into`, for any multipliers c / S0 and fc / S0 of the event times
 * (the proportional hazards test needs them multiplied by a function of time). `c` is turned into its running sum.
 */
export function addSquares(
  design: CoxDesign,
  risks: Risks,
  c: Float64Array,
  fc: Float64Array,
  into: Float64Array,
): void {
  const { columns: p, patterns, x, order } = design;
  for (let k = 1; k < c.length; k++) if (!order.first[k]) c[k] = (c[k] as number) + (c[k - 1] as number);
  const weight = new Float64Array(patterns);
  if (design.moves) {
    const { from, at, people, deaths } = design.moves;
    for (let g = 0; g < patterns; g++) {
      let h = 0;
      for (let m = from[g] as number; m < (from[g + 1] as number); m++)
        h += (people[m] as number) * (c[at[m] as number] as number);
      for (let m = deaths.from[g] as number; m < (deaths.from[g + 1] as number); m++)
        h -= (deaths.people[m] as number) * (fc[deaths.at[m] as number] as number);
      weight[g] = h * (risks.pattern[g] as number);
    }
  } else {
    // Each row has its own pattern here.
    const { people, event_weight } = design;
    const risk = rowRisks(design, risks);
    for (let a = 0; a < risk.length; a++) {
      const to = order.leave[a] as number;
      const start = order.enter[a] as number;
      let h = (c[to] as number) - (order.first[start] ? 0 : (c[start - 1] as number));
      const w = event_weight[a] as number;
      if (w !== 0) h -= ((fc[to] as number) * w) / (people[a] as number);
      weight[a] = h * (risk[a] as number);
    }
  }
  const squares = weightedCross({ rows: patterns, columns: p, x }, weight);
  for (let j = 0; j < p; j++)
    for (let l = 0; l <= j; l++)
      into[j * p + l] = (into[j * p + l] as number) + (squares[j * p + l] as number);
}

/** Copies the lower triangle to the upper. */
export function mirror(a: Float64Array, p: number): void {
  for (let j = 0; j < p; j++) for (let l = 0; l < j; l++) a[l * p + j] = a[j * p + l] as number;
}
