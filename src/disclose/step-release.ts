import type { ResultRow } from '../estimate/tables.ts';
import type { CurveRelease } from './curve-release.ts';
import { curveOfPoint } from './measures.ts';
import type { Profile } from './profiles.ts';
import { isSmall } from './protect.ts';
import type { RowPlan } from './result-cells.ts';

/**
 * Curves of cumulative events other than survival: mean cumulative functions, cumulative incidence, and any that a design
 * may bring. A step is shown when the events since the step shown before are none or at least `threshold` and so many
 * persons are still at risk; otherwise it waits for the next. All levels of a stratum step on the same days, which are
 * days of the whole; a subset on days of everyone, where the rule holds of those outside it too; the at-liberty clock on
 * days of the calendar, where it holds of what happened in custody; a cumulative incidence on days of the survival curve. Days at which tables report the curve come first. A
 * number at risk is printed where as many have left since the one printed before. Curves of variants are not shown.
 */

export const MERGED = 'as of the last day the curve is shown';

interface Step {
  readonly time: number;
  readonly at_risk: number;
  readonly events: number;
  /** Undefined at a day at which only the number at risk is reported. */
  readonly row: ResultRow | undefined;
}

/** One drawing of a curve: two measures or methods may draw the same events. */
interface Curve {
  readonly key: string;
  readonly first: ResultRow;
  readonly population: string;
  readonly stratum: string;
  readonly level: string;
  readonly clock: string;
  readonly method: string;
  readonly steps: readonly Step[];
  readonly marks: readonly number[];
  readonly isWithheld: boolean;
}

interface Standing {
  readonly at_risk: number;
  readonly events: number;
}

export interface StepRelease {
  /** The rows to print of the curve that the row belongs to; undefined where nothing of it may be shown. */
  readonly rows: (row: ResultRow) => readonly ResultRow[] | undefined;
  /** A day of the curve in a table, as far as the curve is shown. */
  readonly point: (row: ResultRow) => ResultRow | undefined;
  /** Of the rows of one curve, the same. */
  readonly key: (row: ResultRow) => string;
}

function placeOf(row: ResultRow): string {
  const { estimate_id, variant, population, stratum, level, phase, clock, contrast } = row;
  return JSON.stringify([estimate_id, variant, population, stratum, level, phase, clock, contrast]);
}

function keyOf(row: ResultRow): string {
  return JSON.stringify([placeOf(row), row.measure, row.method]);
}

/** Where the curve stands at a day: the last step so far, and those at risk at the next, who are fewer. */
function at({ steps }: Curve, time: number): Standing {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle]?.time ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  const last = steps[low - 1];
  const next = last?.time === time ? last : (steps[low] ?? last);
  return { at_risk: next?.at_risk ?? 0, events: last?.events ?? 0 };
}

/** What is looked at on each day: a curve, or the persons or events of one curve that are not in another. */
type Group = (time: number) => Standing;

/** The whole of which the curve is a part, in this respect and in no other. */
function wholesOf(part: Curve, curves: readonly Curve[], respect: Partial<Curve>): Curve[] {
  const { population, stratum, level, clock, method } = { ...part, ...respect };
  return curves.filter(
    (one) =>
      one.population === population &&
      one.stratum === stratum &&
      one.level === level &&
      one.clock === clock &&
      one.method === method,
  );
}

/** Of a subset's curve, the persons outside it, where there are any. */
function outside(part: Curve, curves: readonly Curve[]): Group[] {
  return wholesOf(part, curves, { population: 'all' })
    .map(
      (whole): Group =>
        (time) => {
          const [all, some] = [at(whole, time), at(part, time)];
          return { at_risk: all.at_risk - some.at_risk, events: all.events - some.events };
        },
    )
    .filter((group) => {
      const start = group(Number.NEGATIVE_INFINITY).at_risk;
      return start !== 0 || group(Number.POSITIVE_INFINITY).events !== 0;
    });
}

/** Of a curve at liberty, the events in custody. */
function inCustody(part: Curve, curves: readonly Curve[]): Group[] {
  return wholesOf(part, curves, { clock: CALENDAR }).map(
    (whole): Group =>
      (time) => ({
        at_risk: Number.POSITIVE_INFINITY,
        events: at(whole, time).events - at(part, time).events,
      }),
  );
}

const CALENDAR = 'calendar';
const AT_LIBERTY = 'at-liberty';

export function releaseSteps(
  plans: readonly RowPlan[],
  withheld: Uint8Array,
  profile: Profile,
  survival: CurveRelease,
): StepRelease {
  const grouped = new Map<string, { plan: RowPlan; steps: Step[] }>();
  const points = new Map<string, ResultRow[]>();
  for (const plan of plans) {
    const { row, kind } = plan;
    if (row.variant !== 'protocol') continue;
    if (kind === 'point') points.set(placeOf(row), [...(points.get(placeOf(row)) ?? []), row]);
    if (kind !== 'steps') continue;
    const one = grouped.get(keyOf(row)) ?? { plan, steps: [] };
    grouped.set(keyOf(row), one);
    one.steps.push({ time: row.time ?? 0, at_risk: row.persons ?? 0, events: row.events ?? 0, row });
  }
  const families = new Map<string, Curve[]>();
  for (const [key, { plan, steps }] of grouped) {
    const { row, curve, value } = plan;
    const family = families.get(curve) ?? [];
    families.set(curve, family);
    const own = points.get(placeOf(row)) ?? [];
    family.push({
      key,
      first: row,
      population: row.population ?? 'all',
      stratum: row.stratum ?? 'all',
      level: row.level ?? 'all',
      clock: row.clock ?? CALENDAR,
      method: `${row.measure} ${row.method}`,
      steps: withMarks(steps, own),
      marks: own.map(({ time }) => time ?? 0),
      isWithheld: value.some((unit) => withheld[unit] === 1),
    });
  }
  const shown = new Map<string, readonly ResultRow[]>();
  const counted = new Map<string, ReadonlyMap<number, number>>();
  for (const family of families.values()) releaseFamily(family, profile, survival, shown, counted);
  const curvesAt = new Map<string, string[]>();
  for (const [key, { plan }] of grouped) {
    const place = placeOf(plan.row);
    curvesAt.set(place, [...(curvesAt.get(place) ?? []), key]);
  }
  return {
    key: keyOf,
    rows: (row) => shown.get(keyOf(row)),
    point: (row) => {
      const measure = curveOfPoint(row);
      const time = row.time ?? 0;
      if (row.variant !== 'protocol') return undefined;
      if (measure === undefined) {
        const numbers = curvesAt.get(placeOf(row))?.map((key) => counted.get(key)?.get(time));
        return numbers?.includes(row.value ?? Number.NaN) === true
          ? { ...row, persons: null, events: null }
          : undefined;
      }
      const last = shown
        .get(keyOf({ ...row, measure }))
        ?.filter((step) => (step.time ?? 0) <= time)
        .at(-1);
      if (last === undefined) return undefined;
      const { value, ci_low, ci_high, std_error } = last;
      const note = value === row.value ? row.note : MERGED;
      return {
        ...row,
        value,
        ci_low,
        ci_high,
        std_error,
        persons: null,
        events: null,
        person_years: null,
        note,
      };
    },
  };
}

/** The steps of a curve, and the days at which its number at risk is reported. */
function withMarks(steps: readonly Step[], points: readonly ResultRow[]): Step[] {
  const days = new Set(steps.map(({ time }) => time));
  const ordered = [...steps].sort((a, b) => a.time - b.time);
  const marks = points.flatMap((row): Step[] => {
    const time = row.time ?? 0;
    if (curveOfPoint(row) !== undefined || row.value === null || days.has(time)) return [];
    const events = ordered.filter((step) => step.time <= time).at(-1)?.events ?? 0;
    return [{ time, at_risk: row.value, events, row: undefined }];
  });
  return [...ordered, ...marks].sort((a, b) => a.time - b.time);
}

/** Curves of the same events in different people: wholes before levels, everyone before subsets, the calendar first. */
function releaseFamily(
  curves: readonly Curve[],
  profile: Profile,
  survival: CurveRelease,
  shown: Map<string, readonly ResultRow[]>,
  counted: Map<string, ReadonlyMap<number, number>>,
): void {
  const days = new Map<string, ReadonlySet<number>>();
  type Place = readonly [population: string, stratum: string, clock: string];
  const tables = new Map<string, Place>(
    curves.map(({ population, stratum, clock }) => {
      const place: Place = [population, stratum, clock];
      return [JSON.stringify(place), place];
    }),
  );
  const rank = ([population, stratum, clock]: Place): number =>
    Number(population !== 'all') + Number(stratum !== 'all') + Number(clock === AT_LIBERTY);
  const ordered = [...tables].sort(([a, x], [b, y]) => rank(x) - rank(y) || (a < b ? -1 : 1));
  for (const [table, [population, stratum, clock]] of ordered) {
    const own = curves.filter(
      (one) => one.population === population && one.stratum === stratum && one.clock === clock,
    );
    // One level that is withheld could be had from the others.
    if (own.some(({ isWithheld }) => isWithheld)) continue;
    const outer: Place[] = [
      [population, 'all', clock],
      ['all', stratum, clock],
      [population, stratum, CALENDAR],
    ];
    const limits = outer
      .map((place) => JSON.stringify(place))
      .filter((place) => place !== table && tables.has(place))
      .map((place) => days.get(place) ?? new Set<number>());
    // The cumulative incidence of an event counts what its survival curve counts.
    for (const { first } of own)
      if (survival.curve(first) !== undefined)
        limits.push(new Set(survival.steps(first)?.map(({ time }) => time)));
    // Where there is a whole, its days are the candidates, whether or not something happens on them here.
    const times = [...(limits[0] ?? new Set(own.flatMap(({ steps }) => steps.map(({ time }) => time))))];
    const groups = [
      ...own.map(
        (curve): Group =>
          (time) =>
            at(curve, time),
      ),
      ...(population === 'all' ? [] : own.flatMap((curve) => outside(curve, curves))),
      ...(clock === AT_LIBERTY ? own.flatMap((curve) => inCustody(curve, curves)) : []),
    ];
    const chosen = chooseDays(
      groups,
      times.filter((time) => limits.every((limit) => limit.has(time))),
      new Set(own.flatMap(({ marks }) => marks)),
      profile,
    );
    days.set(table, new Set(chosen.days));
    for (const curve of own) {
      counted.set(curve.key, new Map([...chosen.counted].map((time) => [time, at(curve, time).at_risk])));
      const rows = chosen.days.flatMap((time) => {
        const step = curve.steps.filter((one) => one.time <= time && one.row !== undefined).at(-1);
        if (step?.row === undefined) return [];
        const persons = chosen.counted.has(time) ? at(curve, time).at_risk : null;
        return [{ ...step.row, time, persons, person_years: null }];
      });
      if (rows.length > 0) shown.set(curve.key, rows);
    }
  }
}

interface Day {
  readonly time: number;
  readonly at: readonly Standing[];
}

/** The days to show, and those of them on which the number at risk may be printed. */
function chooseDays(
  groups: readonly Group[],
  times: readonly number[],
  marks: ReadonlySet<number>,
  profile: Profile,
): { readonly days: number[]; readonly counted: ReadonlySet<number> } {
  const isOpen = (count: number): boolean => count === 0 || count >= profile.threshold;
  const standing = (time: number): Standing[] => groups.map((group) => group(time));
  const start = standing(Number.NEGATIVE_INFINITY).map(({ at_risk }) => ({ at_risk, events: 0 }));
  const end = standing(Number.POSITIVE_INFINITY);
  const isApart = (from: readonly Standing[], to: readonly Standing[]): boolean =>
    to.every(({ events }, i) => isOpen(events - (from[i]?.events ?? 0)));
  const all = [...times]
    .sort((a, b) => a - b)
    .map((time): Day => ({ time, at: standing(time) }))
    .filter((day) => day.at.every(({ at_risk }) => !isSmall(at_risk, profile)));
  /** Of these days in order, those that are far enough from the one before, from `from` on and so that `to` is. */
  const pick = (days: readonly Day[], from: readonly Standing[], to: readonly Standing[]): Day[] => {
    const picked: Day[] = [];
    for (const day of days) if (isApart(picked.at(-1)?.at ?? from, day.at)) picked.push(day);
    while (picked.length > 0 && !isApart(picked.at(-1)?.at ?? from, to)) picked.pop();
    return picked;
  };
  const anchors = pick(
    all.filter(({ time }) => marks.has(time)),
    start,
    end,
  );
  const chosen: Day[] = [];
  for (let i = 0; i <= anchors.length; i += 1) {
    const [from, to] = [anchors[i - 1], anchors[i]];
    const between = all.filter(
      ({ time }) =>
        time > (from?.time ?? Number.NEGATIVE_INFINITY) && time < (to?.time ?? Number.POSITIVE_INFINITY),
    );
    chosen.push(...pick(between, from?.at ?? start, to?.at ?? end), ...(to === undefined ? [] : [to]));
  }
  const counted = new Set<number>();
  let before: readonly Standing[] = start;
  for (const { time, at: here } of anchors.length > 0 ? anchors : chosen) {
    const isFar = here.every(({ at_risk }, i) => {
      const gone = (before[i]?.at_risk ?? 0) - at_risk;
      return Number.isNaN(gone) || isOpen(gone);
    });
    if (!isFar) continue;
    counted.add(time);
    before = here;
  }
  return { days: chosen.map(({ time }) => time), counted };
}
