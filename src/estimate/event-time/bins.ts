import { type Sql, sql } from '../../engine/index.ts';
import type { EstimateOf, Length } from '../../protocol/tables.ts';

/**
 * Days around an event, in bins. Bin k holds the days d with floor(d / width) = k, so that day 0 starts bin 0. A month is
 * 487 / 16 days: a twelfth of 365.25, cut at whole days, the same for everybody.
 */

export interface Width {
  /** days / per: the width of a bin in days. */
  readonly days: number;
  readonly per: number;
  /** What a bin is called. */
  readonly unit: string;
}

export type BinWidth = NonNullable<EstimateOf<'event-time'>['bins']>;

const MONTH: Width = { days: 487, per: 16, unit: 'month' };

export function widthOf(bins: BinWidth): Width {
  if (bins === 'month') return MONTH;
  if (bins === 'week') return { days: 7, per: 1, unit: 'week' };
  if (bins === 'day') return { days: 1, per: 1, unit: 'day' };
  return { days: bins.days, per: 1, unit: `${bins.days} days` };
}

export const isSameWidth = (a: Width, b: Width): boolean => a.days === b.days && a.per === b.per;

/** The days [from, to) of a window. So many months end where the bins of months do. */
export function windowDays(window: { readonly before: Length; readonly after: Length }): {
  readonly from: number;
  readonly to: number;
} {
  const { before, after } = window;
  return {
    from: 'days' in before ? -before.days : firstDayOf(-before.months, MONTH),
    to: 'days' in after ? after.days : firstDayOf(after.months, MONTH),
  };
}

export function firstDayOf(bin: number, { days, per }: Width): number {
  return Math.ceil((bin * days) / per);
}

export function binOfDay(day: number, { days, per }: Width): number {
  return Math.floor((day * per) / days);
}

/** The bins that the days [from, to) touch. */
export function binsBetween(from: number, to: number, width: Width): readonly number[] {
  const first = binOfDay(from, width);
  return Array.from({ length: binOfDay(to - 1, width) - first + 1 }, (_, i) => first + i);
}

export function binOfDaySql(day: Sql, { days, per }: Width): Sql {
  return sql`CAST(floor(CAST((${day}) * ${per} AS DOUBLE) / ${days}) AS INTEGER)`;
}

export function firstDaySql(bin: Sql, { days, per }: Width): Sql {
  return sql`CAST(ceil(CAST((${bin}) * ${days} AS DOUBLE) / ${per}) AS INTEGER)`;
}
