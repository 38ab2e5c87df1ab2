import { addDays, addMonths, type Sql, sql } from '../engine/index.ts';
import type { Length, Protocol } from '../protocol/tables.ts';

/** What the protocol says about time at risk, with its defaults filled in. */
export interface Windows {
  readonly before: Length | undefined;
  readonly after: Length | undefined;
  /** The later window has no fixed length: it ends with the journey or with the data, `after` at most. */
  readonly until: 'journey-end' | 'end-of-data' | undefined;
  readonly has_after: boolean;
  readonly ends_at_death: boolean;
  readonly ends_at_emigration: boolean;
  readonly ends_with_data: boolean;
  readonly removes_custody: boolean;
}

export function windowsOf(protocol: Protocol): Windows {
  const { before, after, end_at, remove } = protocol.study.time_at_risk;
  const ends = end_at ?? ['death', 'emigration', 'end-of-data'];
  const until = after !== undefined && 'until' in after ? after.until : undefined;
  return {
    before,
    after: after === undefined ? undefined : 'until' in after ? after.at_most : after,
    until,
    has_after: after !== undefined,
    ends_at_death: ends.includes('death'),
    ends_at_emigration: ends.includes('emigration'),
    ends_with_data: ends.includes('end-of-data'),
    removes_custody: (remove ?? ['custody']).includes('custody'),
  };
}

/** `date` moved by a length; calendar months clip to the month's end (31 August - 6 months = 28 or 29 February). */
export function move(date: Sql, length: Length, direction: 1 | -1): Sql {
  return 'days' in length
    ? sql`${addDays(date, direction * length.days)}`
    : sql`${addMonths(date, direction * length.months)}`;
}

/** `24 months`, for labels. */
export function lengthText(length: Length): string {
  return 'days' in length ? `${length.days} days` : `${length.months} months`;
}

export const NEVER = sql`DATE '9999-12-31'`;
