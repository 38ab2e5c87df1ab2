import { PRE_EXPOSURE } from './exposure.ts';

/**
 * Levels of exposure in which too few cases or events are to be told. As with the levels of strata they go together;
 * while they are too few even so, the level with the fewest events that has a name takes them in and says so. A gap in
 * the counts of a table takes every ratio of it along: better one level less.
 */

export interface LevelCount {
  readonly exposure: string;
  /** Cases with time in the level. */
  readonly cases: ReadonlySet<number>;
  readonly events: number;
}

const TOGETHER = 'rare levels together';
export const AND_RARE = ' and rare levels';

/** What each level is called. The reference keeps its name whatever it holds. */
export function shownExposures(
  counts: readonly LevelCount[],
  reference: string,
  from: { readonly cases: number; readonly events: number },
): ReadonlyMap<string, string> {
  const isRare = ({ cases, events }: Omit<LevelCount, 'exposure'>): boolean =>
    cases.size < from.cases || events < from.events;
  const others = counts.filter(({ exposure, cases }) => exposure !== reference && cases.size > 0);
  const rare = others.filter(isRare);
  const shown = new Map(counts.map(({ exposure }) => [exposure, exposure]));
  if (rare.length === 0) return shown;
  const pooled = {
    cases: new Set(rare.flatMap(({ cases }) => [...cases])),
    events: rare.reduce((sum, { events }) => sum + events, 0),
  };
  const [smallest] = others
    .filter((count) => !isRare(count) && count.exposure !== PRE_EXPOSURE)
    .sort((a, b) => a.events - b.events || (a.exposure < b.exposure ? -1 : 1));
  const isAlone = !isRare(pooled) || smallest === undefined;
  const name = isAlone ? TOGETHER : `${smallest.exposure}${AND_RARE}`;
  for (const { exposure } of rare) shown.set(exposure, name);
  if (!isAlone) shown.set(smallest.exposure, name);
  return shown;
}
