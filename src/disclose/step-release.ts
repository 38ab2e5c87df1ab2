import type { ResultRow } from '../estimate/tables.ts';
import type { Profile } from './profiles.ts';
import { isSmall } from './protect.ts';
import type { RowPlan } from './result-cells.ts';

/**
 * Curves of cumulative events other than survival: mean cumulative functions, cumulative incidence, and any that a design
 * may bring. A step is shown when the events since the step shown before are none or at least `threshold` and so many
 * persons are still at risk, in every level of the stratum at once, and in the persons outside a subset; otherwise it
 * waits for the next. The levels are shown at the same days as each other, and only at days of the whole. A number at risk
 * is printed where as many have left since the one printed before. Curves of variants are not shown.
 */

interface Step {
  readonly time: number;
  readonly at_risk: number;
  readonly events: number;
  readonly row: ResultRow;
}

interface Curve {
  readonly key: string;
  readonly population: string;
  readonly stratum: string;
  readonly level: string;
  readonly method: string;
  readonly steps: readonly Step[];
  readonly isWithheld: boolean;
}

interface Standing {
  readonly at_risk: number;
  readonly events: number;
}

export interface StepRelease {
  /** The rows to print of the curve that the row belongs to; undefined where nothing of it may be shown. */
  readonly rows: (row: ResultRow) => readonly ResultRow[] | undefined;
  /** Of the rows of one curve, the same. */
  readonly key: (row: ResultRow) => string;
}

function keyOf(row: ResultRow): string {
  const { estimate_id, variant, population, stratum, level, measure, phase, clock, contrast, method } = row;
  return JSON.stringify([
    estimate_id,
    variant,
    population,
    stratum,
    level,
    measure,
    phase,
    clock,
    contrast,
    method,
  ]);
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

/** What is looked at on each day: a curve, or the persons of one curve who are not in another. */
type Group = (time: number) => Standing;

/** Of a subset's curve, the persons outside it, where there are any. */
function restOf(part: Curve, curves: readonly Curve[]): Group[] {
  return curves
    .filter((one) => one.population === 'all' && one.stratum === part.stratum)
    .filter((one) => one.level === part.level && one.method === part.method)
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

export function releaseSteps(plans: readonly RowPlan[], withheld: Uint8Array, profile: Profile): StepRelease {
  const families = new Map<string, Curve[]>();
  const grouped = new Map<string, { plan: RowPlan; steps: Step[] }>();
  for (const plan of plans) {
    const { row, kind } = plan;
    if (kind !== 'steps' || row.variant !== 'protocol') continue;
    const one = grouped.get(keyOf(row)) ?? { plan, steps: [] };
    grouped.set(keyOf(row), one);
    one.steps.push({ time: row.time ?? 0, at_risk: row.persons ?? 0, events: row.events ?? 0, row });
  }
  for (const [key, { plan, steps }] of grouped) {
    const family = families.get(plan.curve) ?? [];
    families.set(plan.curve, family);
    family.push({
      key,
      population: plan.row.population ?? 'all',
      stratum: plan.row.stratum ?? 'all',
      level: plan.row.level ?? 'all',
      method: plan.row.method ?? '',
      steps: steps.sort((a, b) => a.time - b.time),
      isWithheld: plan.value.some((unit) => withheld[unit] === 1),
    });
  }
  const shown = new Map<string, readonly ResultRow[]>();
  for (const family of families.values()) releaseFamily(family, profile, shown);
  return { key: keyOf, rows: (row) => shown.get(keyOf(row)) };
}

/** Curves of the same events in different people: wholes before levels, everyone before subsets. */
function releaseFamily(
  curves: readonly Curve[],
  profile: Profile,
  shown: Map<string, readonly ResultRow[]>,
): void {
  const days = new Map<string, readonly number[]>();
  const tables = [...new Set(curves.map(({ population, stratum }) => JSON.stringify([population, stratum])))];
  const rank = (table: string): number => {
    const [population, stratum] = JSON.parse(table) as [string, string];
    return Number(population !== 'all') * 2 + Number(stratum !== 'all');
  };
  for (const table of tables.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))) {
    const [population, stratum] = JSON.parse(table) as [string, string];
    const own = curves.filter((one) => one.population === population && one.stratum === stratum);
    // One level that is withheld could be had from the others.
    if (own.some(({ isWithheld }) => isWithheld)) continue;
    const limits = [
      ...(stratum === 'all' ? [] : [JSON.stringify([population, 'all'])]),
      ...(population === 'all' ? [] : [JSON.stringify(['all', stratum])]),
    ]
      .filter((outer) => tables.includes(outer))
      .map((outer) => new Set(days.get(outer)));
    // Where there is a whole, its days are the candidates, whether or not something happens on them here.
    const times = [...(limits[0] ?? new Set(own.flatMap(({ steps }) => steps.map(({ time }) => time))))];
    const groups = [
      ...own.map(
        (curve): Group =>
          (time) =>
            at(curve, time),
      ),
      ...(population === 'all' ? [] : own.flatMap((curve) => restOf(curve, curves))),
    ];
    const chosen = chooseDays(
      groups,
      times.filter((time) => limits.every((limit) => limit.has(time))),
      profile,
    );
    days.set(table, chosen.days);
    for (const curve of own) {
      const rows = chosen.days.flatMap((time) => {
        const step = curve.steps.filter((one) => one.time <= time).at(-1);
        if (step === undefined) return [];
        const persons = chosen.counted.has(time) ? at(curve, time).at_risk : null;
        return [{ ...step.row, time, persons, person_years: null }];
      });
      if (rows.length > 0) shown.set(curve.key, rows);
    }
  }
}

/** The days to show, and those of them on which the number at risk may be printed. */
function chooseDays(
  groups: readonly Group[],
  times: readonly number[],
  profile: Profile,
): { readonly days: number[]; readonly counted: ReadonlySet<number> } {
  const isOpen = (count: number): boolean => count === 0 || count >= profile.threshold;
  const standing = (time: number): Standing[] => groups.map((group) => group(time));
  const start = standing(Number.NEGATIVE_INFINITY).map(({ at_risk }) => ({ at_risk, events: 0 }));
  const end = standing(Number.POSITIVE_INFINITY);
  const chosen: { time: number; at: Standing[] }[] = [];
  for (const time of [...times].sort((a, b) => a - b)) {
    const here = standing(time);
    const last = chosen.at(-1)?.at ?? start;
    const may = here.every(
      ({ at_risk, events }, i) => !isSmall(at_risk, profile) && isOpen(events - (last[i]?.events ?? 0)),
    );
    if (may) chosen.push({ time, at: here });
  }
  const reaches = (from: readonly Standing[]): boolean =>
    end.every(({ events }, i) => isOpen(events - (from[i]?.events ?? 0)));
  while (chosen.length > 0 && !reaches(chosen.at(-1)?.at ?? start)) chosen.pop();
  const counted = new Set<number>();
  let before: readonly Standing[] = start;
  for (const { time, at: here } of chosen) {
    if (!here.every(({ at_risk }, i) => isOpen((before[i]?.at_risk ?? 0) - at_risk))) continue;
    counted.add(time);
    before = here;
  }
  return { days: chosen.map(({ time }) => time), counted };
}
