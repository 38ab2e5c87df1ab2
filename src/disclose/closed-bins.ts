import type { ResultRow } from '../estimate/tables.ts';
import { isBin } from './measures.ts';
import type { Profile } from './profiles.ts';
import { isSmall } from './protect.ts';

/**
 * Curves in bins that are shown whole or not at all, with all levels of the stratum: those in very many bins some of
 * which are small, and those at liberty that differ from the calendar by few events in some bin. Bin by bin too much
 * would go to be of use, and the calendar's curve remains.
 */

const MOST_BINS = 100;
const AT_LIBERTY = 'at-liberty';

/** Curves of the same events, drawn in whatever way. */
export function curveName(row: ResultRow): string {
  return [row.phase, row.contrast, 'so far'].filter((one) => one !== null).join(', ');
}

/** The bins of the curves of one stratum. */
export function binsKey(row: ResultRow): string {
  const { estimate_id, variant, population, stratum } = row;
  return JSON.stringify([estimate_id, variant, population, stratum, curveName(row), row.clock]);
}

function binKey({
  estimate_id,
  variant,
  population,
  stratum,
  level,
  phase,
  contrast,
  time,
}: ResultRow): string {
  return JSON.stringify([estimate_id, variant, population, stratum, level, phase, contrast, time]);
}

/** Whether the row is a bin of a curve that is not shown. */
export function closedBins(results: readonly ResultRow[], profile: Profile): (row: ResultRow) => boolean {
  const bins = results.filter(isBin);
  const calendar = new Map(bins.filter(({ clock }) => clock !== AT_LIBERTY).map((row) => [binKey(row), row]));
  const curves = new Map<string, { times: Set<number>; hasSmall: boolean; isNear: boolean }>();
  for (const row of bins) {
    const one = curves.get(binsKey(row)) ?? { times: new Set<number>(), hasSmall: false, isNear: false };
    curves.set(binsKey(row), one);
    one.times.add(row.time ?? 0);
    one.hasSmall ||= [row.persons, row.events].some((count) => count !== null && isSmall(count, profile));
    const twin = row.clock === AT_LIBERTY ? calendar.get(binKey(row)) : undefined;
    if (twin === undefined) continue;
    const inCustody = (twin.events ?? 0) - (row.events ?? 0);
    one.isNear ||= inCustody > 0 && inCustody < profile.threshold;
  }
  return (row) => {
    const own = isBin(row) ? curves.get(binsKey(row)) : undefined;
    return own !== undefined && (own.isNear || (own.hasSmall && own.times.size > MOST_BINS));
  };
}
