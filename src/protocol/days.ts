/** Days of the calendar as text, YYYY-MM-DD: ISO text sorts as the days do. */

/** A date shifted by a length; months clip to the end of the month, as in every stage. */
export function shiftDay(
  date: string,
  length: { readonly days: number } | { readonly months: number },
  direction: 1 | -1,
): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  if ('days' in length) return isoDay(Date.UTC(year, month - 1, day + direction * length.days));
  const months = month - 1 + direction * length.months;
  const lastDay = new Date(Date.UTC(year, months + 1, 0)).getUTCDate();
  return isoDay(Date.UTC(year, months, Math.min(day, lastDay)));
}

/** Days from one date to another. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
