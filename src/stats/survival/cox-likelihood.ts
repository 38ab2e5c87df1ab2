/**
 * Log partial likelihood of a Cox model, its score and its information at given coefficients.
 *
 * log L = sum_events w eta - sum_times w sum_j log(S0 - f_j D0)
 * score = sum_events w x - sum_times (c S1 - fc D1)
 * information = sum_times c S2 - fc D2 - [cc S1 S1' - fcc (S1 D1' + D1 S1') + ffcc D1 D1']
 * with the tie sums of cox-risk-sets.ts. Sources: Cox 1972 JRSS B 34:187; Efron 1977 JASA 72:557.
 */
import { type CoxDesign, type RiskSet, riskScores, type Ties, walkRiskSets } from './cox-risk-sets.ts';

export interface PartialLikelihood {
  readonly log_likelihood: number;
  readonly score: Float64Array;
  /** p x p, symmetric. */
  readonly information: Float64Array;
}

export function partialLikelihood(design: CoxDesign, beta: Float64Array, ties: Ties): PartialLikelihood {
  const { columns: p, x, event_weight } = design;
  const { risk, eta, centre } = riskScores(design, beta);
  const score = new Float64Array(p);
  let log_likelihood = 0;
  for (let a = 0; a < event_weight.length; a++) {
    const w = event_weight[a] as number;
    if (w === 0) continue;
    log_likelihood += w * ((eta[a] as number) - centre);
    for (let j = 0; j < p; j++) score[j] = (score[j] as number) + w * (x[a * p + j] as number);
  }
  const information = new Float64Array(p * p);
  walkRiskSets(design, risk, ties, true, (set) => {
    log_likelihood -= set.log_sum;
    for (let j = 0; j < p; j++)
      score[j] = (score[j] as number) - set.c * (set.s1[j] as number) + set.fc * (set.d1[j] as number);
    addInformation(set, p, 1, information);
  });
  mirror(information, p);
  return { log_likelihood, score, information };
}

/** Adds `factor` times the information of one event time to the lower triangle of `into`. */
export function addInformation(set: RiskSet, p: number, factor: number, into: Float64Array): void {
  const { s1, s2, d1, d2, c, fc, cc, fcc, ffcc } = set;
  const tied = fc !== 0;
  for (let j = 0; j < p; j++) {
    const sj = s1[j] as number;
    const dj = d1[j] as number;
    for (let l = 0; l <= j; l++) {
      const at = j * p + l;
      const sl = s1[l] as number;
      let v = c * (s2[at] as number) - cc * sj * sl;
      if (tied) {
        const dl = d1[l] as number;
        v += fcc * (sj * dl + dj * sl) - ffcc * dj * dl - fc * (d2[at] as number);
      }
      into[at] = (into[at] as number) + factor * v;
    }
  }
}

/** Copies the lower triangle to the upper. */
export function mirror(a: Float64Array, p: number): void {
  for (let j = 0; j < p; j++) for (let l = 0; l < j; l++) a[l * p + j] = a[j * p + l] as number;
}
