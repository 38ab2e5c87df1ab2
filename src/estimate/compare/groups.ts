import { type AdjustmentTerm, adjustmentMatrix } from '../adjustment.ts';
import { LEFTOVERS } from '../population.ts';
import { DAYS_PER_YEAR } from '../rows.ts';

/** The rows of a comparison as a regression reads them: levels, columns, units. */

/** Rows of the engine, ordered by cluster and person. */
export type RowData = Readonly<Record<string, Float64Array | readonly (string | boolean | null)[]>>;

export interface LevelSums {
  readonly level: string;
  readonly persons: number;
  readonly clusters: number;
  readonly events: number;
  readonly years: number;
}

export interface Groups {
  /** Every level that anybody with time at risk has, by name. */
  readonly levels: readonly LevelSums[];
  readonly persons: number;
  readonly events: number;
  readonly years: number;
  /** Per row with time at risk and nothing missing: the level's place in `levels`. */
  readonly level: Int32Array;
  readonly row_events: Float64Array;
  readonly row_years: Float64Array;
  /** The cluster of each row: 0 .. clusters - 1, rising. */
  readonly cluster: Int32Array;
  readonly clusters: number;
  /** Row-major columns of the terms, numbers centred; no intercept. */
  readonly x: Float64Array;
  readonly columns: number;
  readonly names: readonly string[];
  /** Whether persons lack a term and are left out. */
  readonly is_incomplete: boolean;
}

export function groupsOf(
  data: RowData,
  asked: { readonly level: string; readonly days: string; readonly events: string },
  terms: readonly AdjustmentTerm[],
): Groups {
  const text = (column: string): readonly unknown[] => (data[column] ?? []) as readonly unknown[];
  const number = (column: string): ArrayLike<number> => (data[column] ?? []) as ArrayLike<number>;
  const [levelOf, personOf, clusterOf] = [text(asked.level), text('person_id'), text('cluster')];
  const [daysOf, eventsOf] = [number(asked.days), number(asked.events)];
  const matrix = adjustmentMatrix(terms, data);
  const used: number[] = [];
  let isIncomplete = false;
  for (let i = 0; i < daysOf.length; i += 1) {
    if (!((daysOf[i] ?? 0) > 0)) continue;
    if (terms.length > 0 && matrix.complete[i] !== 1) isIncomplete = true;
    else used.push(i);
  }
  const names = [...new Set(used.map((i) => String(levelOf[i])))].sort();
  const place = new Map(names.map((name, k) => [name, k]));
  const level = Int32Array.from(used, (i) => place.get(String(levelOf[i])) ?? 0);
  const row_events = Float64Array.from(used, (i) => eventsOf[i] ?? 0);
  const row_years = Float64Array.from(used, (i) => (daysOf[i] ?? 0) / DAYS_PER_YEAR);
  const cluster = new Int32Array(used.length);
  const sums = names.map((name) => ({ level: name, persons: 0, clusters: 0, events: 0, years: 0 }));
  const lastCluster = new Int32Array(names.length).fill(-1);
  let clusters = 0;
  let persons = 0;
  used.forEach((i, at) => {
    const before = used[at - 1];
    if (before === undefined || clusterOf[before] !== clusterOf[i]) clusters += 1;
    cluster[at] = clusters - 1;
    const own = sums[level[at] ?? 0];
    if (own === undefined) return;
    own.events += row_events[at] ?? 0;
    own.years += row_years[at] ?? 0;
    if (before === undefined || personOf[before] !== personOf[i]) {
      own.persons += 1;
      persons += 1;
    }
    if (lastCluster[level[at] ?? 0] !== clusters - 1) own.clusters += 1;
    lastCluster[level[at] ?? 0] = clusters - 1;
  });
  const columns = matrix.columns;
  const x = new Float64Array(used.length * columns);
  const centre = new Float64Array(columns);
  // A number far from zero, such as a year, is nearly the intercept: centred, it is not.
  const isNumber = matrix.names.map((name) =>
    terms.some((term) => term.kind === 'number' && term.label === name),
  );
  used.forEach((i, at) => {
    for (let j = 0; j < columns; j += 1) {
      const value = matrix.x[i * columns + j] ?? 0;
      x[at * columns + j] = value;
      if (isNumber[j] === true) centre[j] = (centre[j] ?? 0) + value / used.length;
    }
  });
  for (let at = 0; at < used.length; at += 1)
    for (let j = 0; j < columns; j += 1) x[at * columns + j] = (x[at * columns + j] ?? 0) - (centre[j] ?? 0);
  const total = (of: (sum: LevelSums) => number): number => sums.reduce((sum, own) => sum + of(own), 0);
  return {
    levels: sums,
    persons,
    events: total((own) => own.events),
    years: total((own) => own.years),
    level,
    row_events,
    row_years,
    cluster,
    clusters,
    x,
    columns,
    names: matrix.names,
    is_incomplete: isIncomplete,
  };
}

/** The level that the others are compared with: that asked for where anybody has it, else the largest
 * with a name of its own, of equals the first. */
export function referenceOf(
  groups: Groups,
  asked: string | undefined,
): { readonly level: string; readonly isAsked: boolean } {
  const named = groups.levels.find(({ level }) => level === asked);
  if (named !== undefined) return { level: named.level, isAsked: true };
  const ownNames = groups.levels.filter(({ level }) => !LEFTOVERS.has(level));
  const largest = (ownNames.length > 0 ? ownNames : groups.levels).reduce<LevelSums | undefined>(
    (best, own) => (best === undefined || own.persons > best.persons ? own : best),
    undefined,
  );
  return { level: largest?.level ?? '', isAsked: asked === undefined };
}

/** Why a level cannot be in a model; undefined where it can. */
export function hindrance(own: LevelSums): string | undefined {
  if (own.events === 0) return 'no events at this level';
  return own.clusters < 2 ? 'one person or cluster at this level: its error cannot be seen' : undefined;
}
