/**
 * Cox model for times that are truly discrete: the exact conditional likelihood of tied events.
 *
 * At a time with d events among n at risk, L = prod r_event / e_d(r), r = e^eta, e_d the sum over all ways to choose d of
 * the n people; it is conditional logistic regression with one set per time. e_d and its derivatives grow by one person
 * at a time, e_j <- e_j + r e_(j-1) (Gail, Lubin & Rubinstein 1981 Biometrika 68:703), so a time costs O(n d p^2):
 * for hundreds of people, not for a register. Person rows only: no counts, weights or robust variance.
 */
import { standardErrors } from '../regression/design.ts';
import type { CoxFailure } from './cox.ts';
import { mirror, type PartialLikelihood } from './cox-likelihood.ts';
import { arrangeDesign, type CoxDesign, riskScores, rowRisks } from './cox-risk-sets.ts';
import { assertCoxRows, type CoxRows, orderRiskSets } from './cox-rows.ts';
import { independentColumns, maximiseLikelihood } from './maximum.ts';

export type ExactCoxRows = Omit<CoxRows, 'count' | 'weight'>;

export type ExactCoxFit =
  | {
      readonly status: 'estimated';
      readonly coefficient: Float64Array;
      readonly se: Float64Array;
      readonly covariance: Float64Array;
      readonly log_likelihood: number;
      readonly log_likelihood_null: number;
      readonly events: number;
      readonly iterations: number;
    }
  | CoxFailure;

/** Any aliased column is a failure here: leave it out. */
export function fitCoxExact(data: ExactCoxRows): ExactCoxFit {
  const rows: CoxRows = { ...data, count: undefined, weight: undefined };
  assertCoxRows(rows);
  const order = orderRiskSets(rows);
  if (order.events === 0) return { status: 'no-events' };
  const design = arrangeDesign(rows, order);
  const p = data.columns;
  const start = exactLikelihood(design, new Float64Array(p));
  const kept = independentColumns(start.information, design.range, order.events);
  if (kept.length < p)
    return {
      status: 'aliased',
      aliased: Array.from({ length: p }, (_, j) => j).filter((j) => !kept.includes(j)),
    };
  const found = maximiseLikelihood((beta) => exactLikelihood(design, beta), design.range, start);
  if (found.status !== 'maximum') return found;
  return {
    status: 'estimated',
    coefficient: found.beta,
    se: standardErrors(found.information_inverse, p),
    covariance: found.information_inverse,
    log_likelihood: found.at.log_likelihood,
    log_likelihood_null: found.null_at.log_likelihood,
    events: order.events,
    iterations: found.iterations,
  };
}

function exactLikelihood(design: CoxDesign, beta: Float64Array): PartialLikelihood {
  const { columns: p, order, events, pattern, x } = design;
  const risks = riskScores(design, beta);
  const risk = rowRisks(design, risks);
  const relative = risks.eta?.map((e) => e - risks.centre) ?? risk.map(Math.log);
  const score = new Float64Array(p);
  const information = new Float64Array(p * p);
  let log_likelihood = 0;
  for (let k = 0; k < order.event_times; k++) {
    const members: number[] = [];
    let d = 0;
    let sum = 0;
    for (let a = order.leave_from[k] as number; a < risk.length; a++) {
      if (order.stratum[order.leave[a] as number] !== order.stratum[k]) break;
      if ((order.enter[a] as number) > k) continue;
      members.push(a);
      sum += risk[a] as number;
      if (order.leave[a] !== k || events[a] === 0) continue;
      d++;
      log_likelihood += relative[a] as number;
      const own = (pattern[a] as number) * p;
      for (let j = 0; j < p; j++) score[j] = (score[j] as number) + (x[own + j] as number);
    }
    // Scaled so that e_d is near 1: unscaled it is of the size of (n choose d).
    const scale = d / (Math.E * sum);
    const { e, first, second } = symmetricSums(design, risk, members, d, scale);
    log_likelihood -= Math.log(e) - d * Math.log(scale);
    for (let j = 0; j < p; j++) {
      const mean = (first[j] as number) / e;
      score[j] = (score[j] as number) - mean;
      for (let l = 0; l <= j; l++) {
        const at = j * p + l;
        information[at] =
          (information[at] as number) + (second[at] as number) / e - (mean * (first[l] as number)) / e;
      }
    }
  }
  mirror(information, p);
  return { log_likelihood, score, information };
}

/** e_d of scale x risk over the members, with its gradient and (lower triangle of) second derivatives in beta. */
function symmetricSums(
  design: CoxDesign,
  risk: Float64Array,
  members: readonly number[],
  d: number,
  scale: number,
): { e: number; first: Float64Array; second: Float64Array } {
  const { columns: p, pattern, x } = design;
  const e = new Float64Array(d + 1);
  e[0] = 1;
  const first = new Float64Array((d + 1) * p);
  const second = new Float64Array((d + 1) * p * p);
  members.forEach((a, before) => {
    const r = (risk[a] as number) * scale;
    const own = (pattern[a] as number) * p;
    for (let m = Math.min(d, before + 1); m >= 1; m--) {
      const e1 = e[m - 1] as number;
      for (let j = 0; j < p; j++) {
        const xj = x[own + j] as number;
        const fj = first[(m - 1) * p + j] as number;
        for (let l = 0; l <= j; l++) {
          const at = (m * p + j) * p + l;
          const xl = x[own + l] as number;
          const fl = first[(m - 1) * p + l] as number;
          const below = second[((m - 1) * p + j) * p + l] as number;
          second[at] = (second[at] as number) + r * (below + xj * fl + xl * fj + xj * xl * e1);
        }
      }
      for (let j = 0; j < p; j++) {
        const at = m * p + j;
        first[at] = (first[at] as number) + r * ((first[at - p] as number) + (x[own + j] as number) * e1);
      }
      e[m] = (e[m] as number) + r * e1;
    }
  });
  return { e: e[d] as number, first: first.subarray(d * p), second: second.subarray(d * p * p) };
}
