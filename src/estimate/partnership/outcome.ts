import type { FitFailure } from '../../stats/regression/estimate.ts';
import { waldInterval } from '../../stats/regression/wald.ts';
import type { Outcome } from '../rows.ts';

/** What a fit said: a ratio with its interval, or the way in which it failed, in words. */

export function failureWords(failure: FitFailure): string {
  switch (failure.status) {
    case 'no-events':
      return 'no events';
    case 'only-events':
      return 'everybody is in one arm';
    case 'no-exposure':
      return 'no time at risk';
    case 'events-without-exposure':
      return 'events without time at risk';
    case 'aliased':
      return 'aliased: the arms cannot be told apart from what they are adjusted for';
    case 'separated':
      return 'separated: a group without events, or without people of both arms, has no finite ratio';
    case 'not-converged':
      return 'not converged';
  }
}

export function failed(note: string): Outcome {
  return { status: 'not-estimable', note };
}

export interface Uncertain {
  readonly estimate: number;
  readonly se: number;
  /** Degrees of freedom of t; left out: normal. */
  readonly df?: number;
}

/** exp of an estimate on the log scale; `std_error` stays that of the logarithm. */
export function ratio(log: Uncertain, level: number, note?: string): Outcome {
  const wald = waldInterval(log.estimate, log.se, { level, ...(log.df === undefined ? {} : { df: log.df }) });
  const value = Math.exp(log.estimate);
  if (!(Number.isFinite(value) && value > 0)) return failed('no finite ratio');
  if (!(log.se > 0 && Number.isFinite(log.se) && Number.isFinite(wald.lower)))
    return { status: 'estimated', value, note: 'no interval: the variance cannot be estimated' };
  return {
    status: 'estimated',
    value,
    ci_low: Math.exp(wald.lower),
    ci_high: Math.exp(wald.upper),
    std_error: log.se,
    p_value: wald.p,
    note,
  };
}

/** An estimate on its own scale. */
export function plain({ estimate, se, df }: Uncertain, level: number): Outcome {
  if (!Number.isFinite(estimate)) return failed('not finite');
  const wald = waldInterval(estimate, se, { level, ...(df === undefined ? {} : { df }) });
  return se > 0 && Number.isFinite(wald.lower)
    ? {
        status: 'estimated',
        value: estimate,
        ci_low: wald.lower,
        ci_high: wald.upper,
        std_error: se,
        p_value: wald.p,
      }
    : { status: 'estimated', value: estimate, note: 'no interval: the variance cannot be estimated' };
}

/** A number without an interval. */
export function single(value: number, missing: string, note?: string): Outcome {
  return Number.isFinite(value) ? { status: 'estimated', value, note } : failed(missing);
}
