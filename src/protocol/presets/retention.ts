import { daysBetween, shiftDay } from '../days.ts';
import type { Length, RetentionBand, Study } from '../tables.ts';
import type { Preset } from './preset.ts';

/** How long the entry journey lasted, in bands of days from entry. */

export const RETENTION_PRESETS = {
  'nta-2012': {
    name: 'nta-2012',
    version: '1',
    text: 'Days from entry to the end of the journey: under 3 months is below 91 days, 3-6 months from 91, 6-12 months from 183, 12 months and more from 365, and the whole window from the fewest days that the later window can have. Bands that begin after the window has ended are left out.',
    source:
      'Bands of National Treatment Agency 2012, The impact of drug treatment on reconviction; the days are ours, the report names months.',
    standing: 'provisional',
  },
  none: {
    name: 'none',
    version: '1',
    text: 'No bands of retention.',
    source: 'The protocol.',
    standing: 'verified',
  },
} as const satisfies Readonly<Record<string, Preset>>;

const known = new Map<number, number>();

/** The fewest days a length can have: 24 months are 730 or 731 days, 1 month is 28 to 31. */
export function fewestDays(length: Length): number {
  if ('days' in length) return length.days;
  const before = known.get(length.months);
  if (before !== undefined) return before;
  let fewest = Number.POSITIVE_INFINITY;
  // Eight years from 2096 hold the century year without a leap day, so every case is among them.
  for (let start = '2096-01-01'; start < '2104-01-01'; start = shiftDay(start, { days: 1 }, 1)) {
    fewest = Math.min(fewest, daysBetween(start, shiftDay(start, length, 1)));
  }
  known.set(length.months, fewest);
  return fewest;
}

/** The later window in days, or undefined where it has no fixed end. */
export function afterDays(after: Study['time_at_risk']['after']): number | undefined {
  if (after === undefined) return undefined;
  if ('until' in after) return after.at_most === undefined ? undefined : fewestDays(after.at_most);
  return fewestDays(after);
}

/** The bands of nta-2012 for a later window of so many days; without a fixed end the last band is open. */
export function nta2012(window_days: number | undefined): readonly RetentionBand[] {
  const end = window_days ?? Number.POSITIVE_INFINITY;
  const is24Months = end === fewestDays({ months: 24 });
  const last = is24Months
    ? '12-24 months'
    : window_days === undefined
      ? '12 months and more'
      : '12 months to the end of the window';
  const inside = [
    { label: 'under 3 months', from_days: 0, to_days: 91 },
    { label: '3-6 months', from_days: 91, to_days: 183 },
    { label: '6-12 months', from_days: 183, to_days: 365 },
    { label: last, from_days: 365, to_days: Number.POSITIVE_INFINITY },
  ].filter((band) => band.from_days < end);
  const bands = inside.map(({ label, from_days, to_days }): RetentionBand => {
    const to = Math.min(to_days, end);
    return Number.isFinite(to) ? { label, from_days, to_days: to } : { label, from_days };
  });
  return window_days === undefined ? bands : [...bands, { label: 'the whole window', from_days: end }];
}
