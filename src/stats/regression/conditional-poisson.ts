/**
 * Conditional Poisson regression: within-person comparison of rates, the model of the self-controlled case series.
 *
 * Given the person's number of events n_i, they fall on the rows of the person as a multinomial with
 * p_it = t_it exp(x_it'beta) / sum_s t_is exp(x_is'beta), so that anything fixed in the person cancels:
 *   l = sum_i sum_t y_it log p_it;  score sum_i sum_t x_it (y_it - n_i p_it);  information sum_i n_i Var_p(x).
 * Farrington (1995), Biometrics 51:228; Whitaker, Farrington, Spiessens and Musonda (2006), Stat. Med. 25:1768.
 *
 * Persons without events carry no information: dropped and counted. So do persons whose covariates do not change; they are
 * counted too, but their constant stays in the log-likelihood, which keeps nested models comparable.
 * Rows of persons with the same covariates and exposures may be added up beforehand; then the robust covariance is not valid.
 * Robust covariance: sum over persons (or over `cluster`) of s_i s_i' between inverse informations, no small-sample factor.
 */
import { sandwich } from '../linalg/matrix.ts';
import { sweepColumns } from './aliasing.ts';
import {
  type Design,
  keepColumns,
  mirrorLower,
  spreadMatrix,
  standardErrors,
  weightedCross,
} from './design.ts';
import { assembleEstimate, type Estimate, type FitFailure } from './estimate.ts';
import { type Evaluation, maximiseByNewton, type NewtonOptions } from './newton.ts';
import { assertPersonRows, type PersonRows } from './person-rows.ts';
import { findSeparation } from './separation.ts';

export interface ConditionalCounts {
  readonly persons: number;
  readonly persons_without_events: number;
  /** With events, but with covariates that do not change over the rows that have exposure. */
  readonly persons_without_contrast: number;
  readonly persons_informative: number;
  /** Events of the informative persons. */
  readonly events_informative: number;
}

export interface ConditionalEstimate extends Estimate, ConditionalCounts {
  readonly robust_covariance: Float64Array;
  readonly robust_se: Float64Array;
  /** Units summed over in the robust covariance. */
  readonly clusters: number;
  /** n_i p_it per row; 0 for persons without events. */
  readonly fitted: Float64Array;
  /** Pearson chi-square / (rows - persons - rank) over persons with events: 1 when events recur independently. */
  readonly dispersion: number;
}

export type ConditionalFit =
  | ConditionalEstimate
  | FitFailure
  | ({ readonly status: 'no-informative-persons' } & ConditionalCounts);

const QUICK = 12;

/** `cluster`: optional unit of each person for the robust covariance (pairs, areas), 0 .. clusters - 1. */
export function fitConditionalPoisson(
  data: PersonRows,
  options: NewtonOptions & { readonly cluster?: Int32Array; readonly clusters?: number } = {},
): ConditionalFit {
  assertPersonRows(data);
  const { design, start, events, exposure } = data;
  const { columns } = design;
  const survey = surveyPersons(data);
  if (survey.orphaned > 0) return { status: 'events-without-exposure', cells: survey.orphaned };
  const { counts, total } = survey;
  if (counts.persons_informative === 0) return { status: 'no-informative-persons', ...counts };

  const fitted = new Float64Array(design.rows);
  const rank = sweepColumns(
    within(design, start, exposure, total, new Float64Array(columns), fitted, null, null).information,
    columns,
    { lengths: uncentredLengths(design, fitted) },
  );
  if (rank.kept.length === 0) return { status: 'aliased', aliased: [...rank.aliased] };
  const kept = keepColumns(design, rank.kept);
  const evaluate = (beta: Float64Array): Evaluation =>
    within(kept, start, exposure, total, beta, fitted, events, null);
  const result = maximiseByNewton(new Float64Array(kept.columns), evaluate, options);
  if (result.status === 'not-converged' || result.iterations > QUICK) {
    const { differences, side } = personDifferences(kept, data, total);
    const separation = findSeparation(differences, side);
    if (separation) {
      const named = separation.columns.map((k) => rank.kept[k] as number);
      return { status: 'separated', columns: named, cells: separation.rows };
    }
  }
  if (result.status === 'not-converged') return result;

  const persons = start.length - 1;
  const cluster = options.cluster ?? Int32Array.from({ length: persons }, (_, i) => i);
  const clusters = options.clusters ?? persons;
  const scores = new Float64Array(clusters * kept.columns);
  within(kept, start, exposure, total, result.parameter, fitted, events, { cluster, scores });
  const meat = weightedCross(
    { rows: clusters, columns: kept.columns, x: scores },
    new Float64Array(clusters).fill(1),
  );
  const robust = spreadMatrix(sandwich(result.covariance, meat, kept.columns), rank.kept, columns);
  return {
    ...assembleEstimate(result, rank, columns),
    ...counts,
    robust_covariance: robust,
    robust_se: standardErrors(robust, columns),
    clusters: options.cluster ? clusters : counts.persons_informative,
    fitted,
    dispersion: pearsonDispersion(data, total, fitted, kept.columns),
  };
}

/** Log-likelihood, score and information at beta; fills `fitted`; adds person scores to `into` when asked. */
function within(
  design: Design,
  start: Int32Array,
  exposure: Float64Array,
  total: Float64Array,
  beta: Float64Array,
  fitted: Float64Array,
  events: Float64Array | null,
  into: { readonly cluster: Int32Array; readonly scores: Float64Array } | null,
): Evaluation {
  const { columns: k, x } = design;
  const score = new Float64Array(k);
  const information = new Float64Array(k * k);
  const mean = new Float64Array(k);
  const d = new Float64Array(k);
  let logLikelihood = 0;
  for (let i = 0; i + 1 < start.length; i++) {
    const n = total[i] as number;
    const from = start[i] as number;
    const to = start[i + 1] as number;
    if (n === 0) continue;
    let largest = Number.NEGATIVE_INFINITY;
    for (let r = from; r < to; r++) {
      if (exposure[r] === 0) continue;
      let eta = Math.log(exposure[r] as number);
      for (let a = 0; a < k; a++) eta += (x[r * k + a] as number) * (beta[a] as number);
      fitted[r] = eta;
      largest = Math.max(largest, eta);
    }
    let sum = 0;
    for (let r = from; r < to; r++) {
      if (exposure[r] !== 0) sum += Math.exp((fitted[r] as number) - largest);
    }
    const logSum = largest + Math.log(sum);
    mean.fill(0);
    for (let r = from; r < to; r++) {
      if (exposure[r] === 0) continue;
      const logP = (fitted[r] as number) - logSum;
      const y = events ? (events[r] as number) : 0;
      if (y > 0) logLikelihood += y * logP;
      const p = Math.exp(logP);
      fitted[r] = n * p;
      for (let a = 0; a < k; a++) mean[a] = (mean[a] as number) + p * (x[r * k + a] as number);
    }
    for (let r = from; r < to; r++) {
      if (exposure[r] === 0) continue;
      const expected = fitted[r] as number;
      const residual = (events ? (events[r] as number) : 0) - expected;
      for (let a = 0; a < k; a++) d[a] = (x[r * k + a] as number) - (mean[a] as number);
      for (let a = 0; a < k; a++) {
        const da = d[a] as number;
        if (da === 0) continue;
        // Centring the score changes nothing (residuals of a person add up to zero) and keeps digits.
        score[a] = (score[a] as number) + da * residual;
        if (into) {
          const at = (into.cluster[i] as number) * k + a;
          into.scores[at] = (into.scores[at] as number) + da * residual;
        }
        for (let b = 0; b <= a; b++) {
          information[a * k + b] = (information[a * k + b] as number) + expected * da * (d[b] as number);
        }
      }
    }
  }
  mirrorLower(information, k);
  return { log_likelihood: logLikelihood, score, information };
}

function surveyPersons(data: PersonRows): {
  counts: ConditionalCounts;
  total: Float64Array;
  orphaned: number;
} {
  const { design, start, events, exposure } = data;
  const { columns, x } = design;
  const persons = start.length - 1;
  const total = new Float64Array(persons);
  let orphaned = 0;
  let withoutEvents = 0;
  let withoutContrast = 0;
  let informativeEvents = 0;
  for (let i = 0; i < persons; i++) {
    let n = 0;
    let first = -1;
    let changes = false;
    for (let r = start[i] as number; r < (start[i + 1] as number); r++) {
      if (exposure[r] === 0) {
        if ((events[r] as number) > 0) orphaned++;
        continue;
      }
      n += events[r] as number;
      if (first < 0) first = r;
      else if (!changes) {
        for (let a = 0; a < columns; a++) if (x[r * columns + a] !== x[first * columns + a]) changes = true;
      }
    }
    total[i] = n;
    if (n === 0) withoutEvents++;
    else if (!changes) withoutContrast++;
    else informativeEvents += n;
  }
  return {
    total,
    orphaned,
    counts: {
      persons,
      persons_without_events: withoutEvents,
      persons_without_contrast: withoutContrast,
      persons_informative: persons - withoutEvents - withoutContrast,
      events_informative: informativeEvents,
    },
  };
}

function uncentredLengths(design: Design, fitted: Float64Array): Float64Array {
  const { rows, columns, x } = design;
  const out = new Float64Array(columns);
  for (let r = 0; r < rows; r++) {
    const w = fitted[r] as number;
    if (w === 0) continue;
    for (let a = 0; a < columns; a++) out[a] = (out[a] as number) + w * (x[r * columns + a] as number) ** 2;
  }
  return out;
}

/** x_s - x_t for t a row with events of the same person: the rows whose sign decides whether a maximum exists. */
function personDifferences(
  design: Design,
  data: PersonRows,
  total: Float64Array,
): { differences: Design; side: Float64Array } {
  const { start, events, exposure } = data;
  const { columns: k, x } = design;
  const out: number[] = [];
  const side: number[] = [];
  for (let i = 0; i + 1 < start.length; i++) {
    if (total[i] === 0) continue;
    const rows: number[] = [];
    for (let r = start[i] as number; r < (start[i + 1] as number); r++)
      if ((exposure[r] as number) > 0) rows.push(r);
    const base = rows.find((r) => (events[r] as number) > 0);
    if (base === undefined) continue;
    for (const r of rows) {
      if (r === base) continue;
      for (let a = 0; a < k; a++) out.push((x[r * k + a] as number) - (x[base * k + a] as number));
      side.push((events[r] as number) > 0 ? 0 : -1);
    }
  }
  return {
    differences: { rows: side.length, columns: k, x: Float64Array.from(out) },
    side: Float64Array.from(side),
  };
}

function pearsonDispersion(
  data: PersonRows,
  total: Float64Array,
  fitted: Float64Array,
  rank: number,
): number {
  const { start, events, exposure } = data;
  let pearson = 0;
  let df = -rank;
  for (let i = 0; i + 1 < start.length; i++) {
    if (total[i] === 0) continue;
    df--;
    for (let r = start[i] as number; r < (start[i + 1] as number); r++) {
      if (exposure[r] === 0) continue;
      df++;
      pearson += ((events[r] as number) - (fitted[r] as number)) ** 2 / (fitted[r] as number);
    }
  }
  return df > 0 ? pearson / df : Number.NaN;
}
