import type { ResultRow } from '../estimate/tables.ts';
import type { CurveRelease } from './curve-release.ts';
import { tellsNoPersons } from './measures.ts';
import type { Profile } from './profiles.ts';
import { isSmall } from './protect.ts';
import type { RowPlan } from './result-cells.ts';
import type { StepRelease } from './step-release.ts';

/**
 * Numbers of which nothing is known but the table they were fitted to: ratios, coefficients, hazards, medians, tests of
 * one level. A model of a table with a gap could be used to fill the gap, so it is shown only where every cell of its
 * table is. Where its table has no cells, those of the same stratum in any other table stand in for them.
 */

/** Tables in which something is withheld. */
export interface Gaps {
  /** On the calendar clock, or on none. */
  readonly calendar: ReadonlySet<string>;
  readonly any: ReadonlySet<string>;
  /** Tables with cells, whether withheld or not. */
  readonly withCells: ReadonlySet<string>;
  /** Of all estimates: by population and stratum. */
  readonly strata: ReadonlySet<string>;
}

function stratumKey(row: ResultRow): string {
  return JSON.stringify([row.population, row.stratum]);
}

export function gapsOf(
  plans: readonly RowPlan[],
  isShown: (units: readonly number[]) => boolean,
  curves: CurveRelease,
  steps: StepRelease,
): Gaps {
  const calendar = new Set<string>();
  const any = new Set<string>();
  const withCells = new Set<string>();
  const strata = new Set<string>();
  for (const { row, kind, table, value, persons } of plans) {
    if (kind === 'test' || kind === 'model' || kind === 'point' || kind === 'closed') continue;
    withCells.add(table);
    const isWhole =
      kind === 'cell'
        ? // A bin that hides how many are at risk is a bin that is shown.
          isShown(tellsNoPersons(row) ? value : [...value, ...persons])
        : kind === 'curve'
          ? curves.steps(row) !== undefined
          : // Curves of variants are never shown; that is no gap.
            row.variant !== 'protocol' || steps.rows(row) !== undefined;
    if (isWhole) continue;
    any.add(table);
    // The tests compare calendar counts: a gap on the at-liberty clock tells nothing about them.
    if (row.clock !== 'at-liberty') calendar.add(table);
    strata.add(stratumKey(row));
  }
  return { calendar, any, withCells, strata };
}

/** Rows of the same measure and method of a table: the numbers a fit must at least have estimated, with an intercept. */
function parametersOf(plans: readonly RowPlan[]): Map<string, number> {
  const counts = new Map<string, number>();
  const most = new Map<string, number>();
  for (const { row, kind, table } of plans) {
    if (kind !== 'model') continue;
    const key = JSON.stringify([table, row.measure, row.method, row.clock]);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    most.set(table, Math.max(most.get(table) ?? 0, count));
  }
  return new Map([...most].map(([table, count]) => [table, count + 1]));
}

/** The row as it may be printed, or undefined. */
export function modelRelease(
  plans: readonly RowPlan[],
  isShown: (units: readonly number[]) => boolean,
  gaps: Gaps,
  profile: Profile,
): (row: ResultRow) => ResultRow | undefined {
  const parameters = parametersOf(plans);
  const tableOf = new Map(plans.map(({ row, table }) => [row, table]));
  const printed = new Map<string, Set<string>>();
  const within = (row: ResultRow): string => JSON.stringify([row.estimate_id, row.variant, row.population]);
  for (const { row, kind, ...units } of plans) {
    if (kind !== 'cell') continue;
    const known = printed.get(within(row)) ?? new Set<string>();
    printed.set(within(row), known);
    for (const column of COLUMNS)
      if (row[column] !== null && isShown(units[column])) known.add(`${column} ${row[column]}`);
  }
  return (row) => {
    const table = tableOf.get(row) ?? '';
    const own = row.clock === 'calendar' ? gaps.calendar : gaps.any;
    const isOpen = gaps.withCells.has(table) ? !own.has(table) : !gaps.strata.has(stratumKey(row));
    const isSmallFit = [row.persons, row.events].some((count) => count !== null && isSmall(count, profile));
    const freedom = (row.persons ?? 0) - (parameters.get(table) ?? 1);
    const isStrict = profile.degrees_of_freedom > 0;
    if (!isOpen || isSmallFit || (isStrict && freedom < profile.degrees_of_freedom)) return undefined;
    const counts = printed.get(within(row));
    const same = (column: (typeof COLUMNS)[number]): number | null =>
      counts?.has(`${column} ${row[column]}`) === true ? row[column] : null;
    // A count under another name is a count.
    if (row.method === COUNT && (same('persons') === null || row.value !== row.persons)) return undefined;
    return { ...row, persons: same('persons'), events: same('events'), person_years: same('person_years') };
  };
}

const COUNT = 'count';

/** Counts of a fit are printed only where a cell of the same estimate prints the very same. */
const COLUMNS = ['persons', 'events', 'person_years'] as const;
