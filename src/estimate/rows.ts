import type { ResultRow } from './tables.ts';

/** Where a number belongs: everything of a result row that is not the number itself. */
export interface Cell {
  readonly estimate_id: string;
  readonly design: string;
  readonly population: string;
  readonly stratum: string;
  readonly level: string;
  readonly phase?: string | null;
  readonly clock?: 'calendar' | 'at-liberty' | null;
  readonly persons: number;
  readonly events?: number | null;
  readonly person_years?: number | null;
  readonly variant: string;
}

/** What the mathematics said: a number, or the reason why there is none. */
export type Outcome =
  | {
      readonly status: 'estimated';
      readonly value: number;
      readonly ci_low?: number | undefined;
      readonly ci_high?: number | undefined;
      readonly std_error?: number | undefined;
      readonly p_value?: number | undefined;
      readonly note?: string | undefined;
    }
  | { readonly status: 'not-estimable'; readonly note: string };

export interface Measured {
  readonly measure: string;
  readonly method: string;
  readonly unit: string;
  readonly contrast?: string;
  readonly time?: number;
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}

/** A value that is no finite number is no estimate, whoever computed it. */
function checked(outcome: Outcome): Outcome {
  return outcome.status === 'estimated' && !Number.isFinite(outcome.value)
    ? { status: 'not-estimable', note: 'the estimate has no finite value' }
    : outcome;
}

export function resultRow(cell: Cell, measured: Measured, given: Outcome): ResultRow {
  const outcome = checked(given);
  const isEstimated = outcome.status === 'estimated';
  return {
    estimate_id: cell.estimate_id,
    design: cell.design,
    population: cell.population,
    stratum: cell.stratum,
    level: cell.level,
    phase: cell.phase ?? null,
    measure: measured.measure,
    value: isEstimated ? finite(outcome.value) : null,
    ci_low: isEstimated ? finite(outcome.ci_low) : null,
    ci_high: isEstimated ? finite(outcome.ci_high) : null,
    persons: cell.persons,
    events: cell.events ?? null,
    person_years: cell.person_years ?? null,
    method: measured.method,
    status: outcome.status,
    note: outcome.note ?? null,
    unit: measured.unit,
    clock: cell.clock ?? null,
    contrast: measured.contrast ?? null,
    time: measured.time ?? null,
    variant: cell.variant,
    std_error: isEstimated ? finite(outcome.std_error) : null,
    p_value: isEstimated ? finite(outcome.p_value) : null,
    null_value: null,
    null_low: null,
    null_high: null,
  };
}

export const DAYS_PER_YEAR = 365.25;

/** The note of an estimate without anybody to estimate in. */
export const NOBODY = 'nobody with time at risk in this population';

/** A method with its confidence level where that is not the usual 95 %, so that an interval is never taken for another. */
export function levelled(method: string, confidence: number): string {
  return confidence === 0.95 ? method : `${method}, ${Number((100 * confidence).toPrecision(6))} % interval`;
}
