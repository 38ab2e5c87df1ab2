import { type ConditionalEstimate, fitConditionalPoisson } from '../stats/regression/conditional-poisson.ts';
import type { FitFailure } from '../stats/regression/estimate.ts';
import { personStarts } from '../stats/regression/person-rows.ts';
import { jointWaldTest, waldInterval } from '../stats/regression/wald.ts';
import type { Outcome } from './rows.ts';

/**
 * The conditional Poisson model of the designs that compare persons with themselves: rows (person, days, events) with
 * terms that vary within the person; anything fixed in the person cancels.
 *
 * A level without events has no finite estimate: its log ratio runs to minus infinity, and in that limit its rows take
 * no part in the likelihood of the others. So its rows are left out and it is told as what it is, instead of the whole
 * fit being lost.
 */

export interface PersonTime {
  /** One number a person; rows of a person are contiguous. */
  readonly person: ArrayLike<number>;
  readonly days: ArrayLike<number>;
  readonly events: ArrayLike<number>;
}

/** A column of the model. */
export interface Term {
  readonly label: string;
  readonly x: Float64Array;
}

/** A division of the rows into levels, one of them the reference. */
export interface Levels {
  readonly terms: readonly Term[];
  /** 1 where the row takes part: levels without events do not. */
  readonly keeps: Uint8Array;
  /** Levels with time and without events. */
  readonly without_events: readonly string[];
  readonly reference_events: number;
}

/** Indicators of levels against the reference; `of` is the level of each row as a position in `names`. */
export function levelTerms(
  time: PersonTime,
  of: ArrayLike<number>,
  names: readonly string[],
  isReference: (level: number) => boolean,
): Levels {
  const rows = time.days.length;
  const events = new Float64Array(names.length);
  const days = new Float64Array(names.length);
  for (let r = 0; r < rows; r++) {
    const level = of[r] ?? 0;
    events[level] = (events[level] ?? 0) + (time.events[r] ?? 0);
    days[level] = (days[level] ?? 0) + (time.days[r] ?? 0);
  }
  const isEmpty = (level: number): boolean => events[level] === 0 && !isReference(level);
  const keeps = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) keeps[r] = isEmpty(of[r] ?? 0) ? 0 : 1;
  const terms: Term[] = [];
  const without: string[] = [];
  let reference_events = 0;
  names.forEach((label, level) => {
    if (isReference(level)) {
      reference_events += events[level] ?? 0;
      return;
    }
    if (isEmpty(level)) {
      if ((days[level] ?? 0) > 0) without.push(label);
      return;
    }
    const x = new Float64Array(rows);
    for (let r = 0; r < rows; r++) if (of[r] === level) x[r] = 1;
    terms.push({ label, x });
  });
  return { terms, keeps, without_events: without, reference_events };
}

export interface WithinFit {
  readonly status: 'estimated';
  readonly fit: ConditionalEstimate;
  readonly terms: readonly Term[];
}

export type WithinOutcome = WithinFit | { readonly status: 'not-estimable'; readonly note: string };

function listed(labels: readonly string[]): string {
  return labels.length > 3
    ? `${labels.slice(0, 3).join(', ')} and ${labels.length - 3} more`
    : labels.join(', ');
}

function failureNote(failure: FitFailure, terms: readonly Term[]): string {
  const named = (columns: readonly number[]): string =>
    listed(columns.map((column) => terms[column]?.label ?? 'a term'));
  switch (failure.status) {
    case 'separated':
      return `separated: no finite estimate of ${named(failure.columns)}`;
    case 'aliased':
      return 'aliased: the terms do not change within persons with events';
    case 'not-converged':
      return 'not converged';
    case 'no-events':
      return 'no events';
    default:
      return 'no answer: events and time do not fit together';
  }
}

/** Fits rows with `keeps` and time; `terms` may be left empty of columns: then there is nothing to estimate. */
export function fitWithinPersons(time: PersonTime, terms: readonly Term[], keeps: Uint8Array): WithinOutcome {
  if (terms.length === 0)
    return { status: 'not-estimable', note: 'nothing to compare: no other level has events' };
  const kept: number[] = [];
  for (let r = 0; r < time.days.length; r++) if (keeps[r] === 1 && (time.days[r] ?? 0) > 0) kept.push(r);
  const columns = terms.length;
  const x = new Float64Array(kept.length * columns);
  kept.forEach((row, i) => {
    terms.forEach((term, k) => {
      x[i * columns + k] = term.x[row] ?? 0;
    });
  });
  const take = (values: ArrayLike<number>): Float64Array =>
    Float64Array.from(kept, (row) => values[row] ?? 0);
  const fit = fitConditionalPoisson({
    design: { rows: kept.length, columns, x },
    start: personStarts(take(time.person)),
    events: take(time.events),
    exposure: take(time.days),
  });
  if (fit.status === 'estimated') return { status: 'estimated', fit, terms };
  if (fit.status === 'no-informative-persons')
    return {
      status: 'not-estimable',
      note:
        fit.persons_without_events === fit.persons
          ? 'no events'
          : 'nobody with events has time in two levels',
    };
  return { status: 'not-estimable', note: failureNote(fit, terms) };
}

export type Variance = 'robust' | 'model';

export const METHOD: Readonly<Record<Variance, string>> = {
  robust: 'conditional Poisson, robust by person',
  model: 'conditional Poisson, model-based',
};

/** Scores of as many persons as there are terms add up to a covariance that is too small, in the end to none at all. */
function isRobust({ fit }: WithinFit): boolean {
  return fit.persons_informative > fit.rank;
}

const TOO_FEW = 'no robust interval: no more persons with events than terms';

/** A term's log ratio and its ratio, as outcomes of two rows. */
export function termOutcomes(
  within: WithinFit,
  label: string,
  variance: Variance,
  confidence: number,
): { readonly ratio: Outcome; readonly coefficient: Outcome } {
  const column = within.terms.findIndex((term) => term.label === label);
  const none = (note: string) => ({
    ratio: { status: 'not-estimable', note } as const,
    coefficient: { status: 'not-estimable', note } as const,
  });
  const estimate = within.fit.coefficient[column];
  if (estimate === undefined) return none('no events');
  if (!Number.isFinite(estimate)) return none('aliased: it cannot be told apart from the other terms');
  const ratio = Math.exp(estimate);
  if (!Number.isFinite(ratio) || ratio === 0) return none('beyond what a number can hold');
  const hasInterval = variance === 'model' || isRobust(within);
  if (!hasInterval) {
    const outcome = { status: 'estimated', note: TOO_FEW } as const;
    return { ratio: { ...outcome, value: ratio }, coefficient: { ...outcome, value: estimate } };
  }
  const se = (variance === 'robust' ? within.fit.robust_se : within.fit.se)[column] ?? Number.NaN;
  if (!(se > 0) || !Number.isFinite(se)) return none('no standard error');
  const wald = waldInterval(estimate, se, { level: confidence });
  const rest = { std_error: se, p_value: wald.p };
  return {
    ratio: {
      status: 'estimated',
      value: ratio,
      ci_low: Math.exp(wald.lower),
      ci_high: Math.exp(wald.upper),
      ...rest,
    },
    coefficient: { status: 'estimated', value: estimate, ci_low: wald.lower, ci_high: wald.upper, ...rest },
  };
}

/** Joint Wald test that the log ratios of these terms are all zero. */
export function jointTest(
  within: WithinFit,
  labels: readonly string[],
  variance: Variance,
): { readonly outcome: Outcome; readonly degrees_of_freedom: number } {
  const columns = labels
    .map((label) => within.terms.findIndex((term) => term.label === label))
    .filter((column) => column >= 0 && Number.isFinite(within.fit.coefficient[column] ?? Number.NaN));
  const degrees_of_freedom = columns.length;
  const none = (note: string) => ({
    outcome: { status: 'not-estimable', note } as const,
    degrees_of_freedom,
  });
  if (degrees_of_freedom === 0) return none('nothing to test: no term has events');
  if (variance === 'robust' && !isRobust(within)) return none('no more persons with events than terms');
  const test = jointWaldTest(
    within.fit.coefficient,
    variance === 'robust' ? within.fit.robust_covariance : within.fit.covariance,
    columns,
  );
  return test.status === 'tested'
    ? {
        outcome: { status: 'estimated', value: test.statistic, p_value: test.p },
        degrees_of_freedom,
      }
    : none('the covariance of the terms is singular');
}
