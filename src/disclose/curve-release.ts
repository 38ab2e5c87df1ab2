import type { ResultRow } from '../estimate/tables.ts';
import {
  addsUp,
  type Curve,
  curveOf,
  type ShownStep,
  shownDays,
  shownSteps,
  together,
  without,
} from './curves.ts';
import type { Profile } from './profiles.ts';
import type { RowPlan } from './result-cells.ts';

/** Which days of which curves are shown, over all populations, strata and levels of a study. */

export interface CurvePlace {
  readonly population: string;
  readonly stratum: string;
  readonly level: string;
}

export interface CurveRelease {
  /** The steps of a curve, or undefined where nothing of it may be shown. */
  readonly steps: (row: ResultRow) => readonly ShownStep[] | undefined;
  readonly curve: (row: ResultRow) => Curve | undefined;
  /** Levels whose curves are not shown, though their counts could be: their units are to be withheld too. */
  readonly withhold: readonly number[];
}

interface Entry extends CurvePlace {
  readonly curve: Curve;
  readonly units: readonly number[];
}

function placeKey({ population, stratum, level }: CurvePlace): string {
  return JSON.stringify([population, stratum, level]);
}

/** The curves of the protocol's own analysis. Those of variants differ by a few persons from it and are not shown. */
function entriesOf(plans: readonly RowPlan[], of: string): Map<string, Entry> {
  const rows = new Map<string, { place: CurvePlace; rows: ResultRow[]; units: Set<number> }>();
  const totals = new Map<string, { persons?: number; events?: number }>();
  const first = new Map<string, string | null>();
  for (const { row, kind, value, curve } of plans) {
    if (row.design !== 'survival' || row.variant !== 'protocol' || curve !== of) continue;
    if (kind !== 'curve' && (kind !== 'cell' || row.phase !== null || row.contrast !== null)) continue;
    const place = {
      population: row.population ?? 'all',
      stratum: row.stratum ?? 'all',
      level: row.level ?? 'all',
    };
    const key = placeKey(place);
    if (kind !== 'curve') {
      const total = totals.get(key) ?? {};
      totals.set(key, total);
      if (row.measure === 'persons' && row.value !== null) total.persons = row.value;
      if (row.measure === 'events' && row.value !== null) total.events = row.value;
      continue;
    }
    const entry = rows.get(key) ?? { place, rows: [], units: new Set<number>() };
    rows.set(key, entry);
    for (const unit of value) entry.units.add(unit);
    // Several estimates may draw the same curve: its days are the same, the days of their tables need not be.
    const drawn = first.get(key) ?? row.estimate_id;
    first.set(key, drawn);
    if (row.measure === 'at_risk' || row.estimate_id === drawn) entry.rows.push(row);
  }
  return new Map(
    [...rows].map(([key, entry]) => {
      const { persons = 0, events = 0 } = totals.get(key) ?? {};
      return [key, { ...entry.place, curve: curveOf(entry.rows, persons, events), units: [...entry.units] }];
    }),
  );
}

/** Survival curves with the same end are one system of curves; those with another end have days of their own. */
export function releaseCurves(
  plans: readonly RowPlan[],
  withheld: Uint8Array,
  profile: Profile,
): CurveRelease {
  const kinds = new Map(
    plans.flatMap(({ row, kind, curve }) => (kind === 'curve' ? [[row.estimate_id, curve]] : [])),
  );
  const releases = new Map(
    [...new Set(kinds.values())].map((of) => [of, releaseKind(entriesOf(plans, of), withheld, profile)]),
  );
  const find = (row: ResultRow): CurveRelease | undefined => releases.get(kinds.get(row.estimate_id) ?? '');
  return {
    curve: (row) => find(row)?.curve(row),
    steps: (row) => find(row)?.steps(row),
    withhold: [...releases.values()].flatMap(({ withhold }) => withhold),
  };
}

function releaseKind(
  entries: ReadonlyMap<string, Entry>,
  withheld: Uint8Array,
  profile: Profile,
): CurveRelease {
  const isWithheld = ({ units }: Entry): boolean => units.some((unit) => withheld[unit] === 1);
  const list = [...entries.values()];
  const find = (population: string, stratum: string, level: string): Entry | undefined =>
    entries.get(placeKey({ population, stratum, level }));
  const strata = [...new Set(list.map(({ stratum }) => stratum))]
    .filter((stratum) => stratum !== 'all')
    .sort();
  const populations = [...new Set(list.map(({ population }) => population))].sort(
    (a, b) => Number(b === 'all') - Number(a === 'all') || (a < b ? -1 : 1),
  );
  const days = new Map<string, readonly number[]>();
  const daysKey = (population: string, stratum: string): string => JSON.stringify([population, stratum]);
  const unshown = unshownLevels(strata, list, isWithheld);

  for (const population of populations) {
    const whole = find(population, 'all', 'all');
    const everyone = population === 'all' ? undefined : find('all', 'all', 'all');
    if (whole === undefined || isWithheld(whole)) continue;
    const allowed = everyone === undefined ? undefined : days.get(daysKey('all', 'all'));
    if (population !== 'all' && everyone !== undefined && allowed === undefined) continue;
    const rest = everyone === undefined ? [] : [without(everyone.curve, whole.curve)];
    const limit = (times: readonly number[], within: readonly number[] | undefined): readonly number[] =>
      within === undefined ? times : times.filter((time) => within.includes(time));
    const own = shownDays(
      [whole.curve, ...rest],
      limit(everyone?.curve.marks ?? whole.curve.marks, allowed),
      limit(allowed ?? whole.curve.days, allowed),
      profile,
    );
    days.set(daysKey(population, 'all'), own);
    for (const stratum of strata) {
      const levels = list.filter((entry) => entry.population === population && entry.stratum === stratum);
      const hidden = unshown.get(stratum) ?? new Set();
      const shown = levels.filter(({ level }) => !hidden.has(level));
      const others = levels.filter(({ level }) => hidden.has(level)).map(({ curve }) => curve);
      const groups = [...shown.map(({ curve }) => curve), ...(others.length === 0 ? [] : [together(others)])];
      if (shown.length === 0 || groups.length === 0) continue;
      const outer = population === 'all' ? undefined : days.get(daysKey('all', stratum));
      const beyond = shown.flatMap(({ level, curve }) => {
        const all = population === 'all' ? undefined : find('all', stratum, level);
        return all === undefined ? [] : [without(all.curve, curve)];
      });
      const allOthers = [...hidden].flatMap((level) => find('all', stratum, level)?.curve ?? []);
      if (population !== 'all' && others.length > 0)
        beyond.push(without(together(allOthers), together(others)));
      const times = limit(own, outer).filter((time) => addsUp(whole.curve, groups, time));
      const isMark = new Set(whole.curve.marks);
      days.set(
        daysKey(population, stratum),
        shownDays(
          [...groups, ...beyond],
          times.filter((time) => isMark.has(time)),
          times,
          profile,
        ),
      );
    }
  }
  const lookUp = (row: ResultRow): Entry | undefined =>
    row.variant === 'protocol'
      ? find(row.population ?? 'all', row.stratum ?? 'all', row.level ?? 'all')
      : undefined;
  return {
    curve: (row) => lookUp(row)?.curve,
    steps: (row) => {
      const entry = lookUp(row);
      if (entry === undefined || isWithheld(entry) || unshown.get(entry.stratum)?.has(entry.level))
        return undefined;
      const own = days.get(daysKey(entry.population, entry.stratum));
      return own === undefined ? undefined : shownSteps(entry.curve, own);
    },
    withhold: list
      .filter(({ stratum, level }) => unshown.get(stratum)?.has(level))
      .flatMap(({ units }) => units),
  };
}

/** Levels withheld in one population are shown in none; one alone could be had by subtraction, so the smallest joins it. */
function unshownLevels(
  strata: readonly string[],
  entries: readonly Entry[],
  isWithheld: (entry: Entry) => boolean,
): Map<string, Set<string>> {
  return new Map(
    strata.map((stratum) => {
      const own = entries.filter((entry) => entry.stratum === stratum);
      const hidden = new Set(own.filter(isWithheld).map(({ level }) => level));
      if (hidden.size === 1) {
        const next = own
          .filter(({ level, population }) => population === 'all' && !hidden.has(level))
          .sort((a, b) => a.curve.persons - b.curve.persons || (a.level < b.level ? -1 : 1))[0];
        if (next !== undefined) hidden.add(next.level);
      }
      return [stratum, hidden];
    }),
  );
}
