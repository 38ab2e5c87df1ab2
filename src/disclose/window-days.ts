import type { Length, Study } from '../protocol/tables.ts';

/** The fewest and the most days a window can have: calendar months differ in length. */
export interface WindowDays {
  readonly least: number;
  readonly most: number;
}

const DAY = 86_400_000;
/** Starts within four years, so that every position of a leap day occurs. */
const STARTS = 1461;

function daysOf(length: Length): WindowDays {
  if ('days' in length) return { least: length.days, most: length.days };
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let start = 0; start < STARTS; start += 1) {
    const from = new Date(Date.UTC(2001, 0, 1 + start));
    const last = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + length.months + 1, 0));
    const day = Math.min(from.getUTCDate(), last.getUTCDate());
    const to = Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), day);
    const days = Math.round((to - from.getTime()) / DAY);
    least = Math.min(least, days);
    most = Math.max(most, days);
  }
  return { least, most };
}

/** By window, and under '' for both together; undefined where a window has no fixed length. */
export function windowDays(time: Study['time_at_risk']): Readonly<Record<string, WindowDays>> | undefined {
  const { before, after } = time;
  const later = after === undefined ? undefined : 'until' in after ? after.at_most : after;
  if (before === undefined || later === undefined) return undefined;
  const first = daysOf(before);
  const second = daysOf(later);
  return {
    'before entry': first,
    'after entry': second,
    '': { least: first.least, most: first.most + second.most },
  };
}
