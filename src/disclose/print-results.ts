import type { ResultRow } from '../estimate/tables.ts';
import { binsKey } from './closed-bins.ts';
import type { CurveRelease } from './curve-release.ts';
import type { ShownStep } from './curves.ts';
import { gapsOf, modelRelease } from './model-release.ts';
import type { Profile } from './profiles.ts';
import type { RowPlan } from './result-cells.ts';
import { MERGED, type StepRelease } from './step-release.ts';

/** The result rows with what is withheld left out. */

const TOO_FEW = 'too few degrees of freedom for an interval';
/** A comparison of before and after estimates at least two numbers. */
const PARAMETERS = 2;

/** The row without any number: what is left says where the gap is, not how large. */
export function suppress(row: ResultRow, note: string): ResultRow {
  return {
    ...row,
    value: null,
    ci_low: null,
    ci_high: null,
    persons: null,
    events: null,
    person_years: null,
    std_error: null,
    p_value: null,
    null_value: null,
    null_low: null,
    null_high: null,
    status: 'suppressed',
    note,
  };
}

export interface Printing {
  readonly plans: readonly RowPlan[];
  readonly withheld: Uint8Array;
  readonly curves: CurveRelease;
  readonly steps: StepRelease;
  readonly profile: Profile;
  readonly note: string;
}

export function printResults({ plans, withheld, curves, steps, profile, note }: Printing): ResultRow[] {
  const isShown = (units: readonly number[]): boolean => units.every((unit) => withheld[unit] === 0);
  const gaps = gapsOf(plans, isShown, curves, steps);
  const models = modelRelease(plans, isShown, gaps, profile);
  const wholes = new Map(
    plans
      .filter(({ row, kind }) => kind === 'cell' && row.stratum === 'all' && row.measure === 'persons')
      .map((plan) => [wholeKey(plan.row), plan]),
  );
  const drawn = new Map<string, ResultRow[]>();
  for (const { row } of plans) {
    if (row.measure !== 'survival') continue;
    const key = curveKey(row);
    const list = drawn.get(key) ?? [];
    drawn.set(key, list);
    list.push(row);
  }
  const printed = new Set<string>();
  return plans.flatMap((plan): ResultRow[] => {
    const { row, kind, table } = plan;
    if (kind === 'test') {
      if (gaps.calendar.has(table)) return [suppress(row, note)];
      const whole = wholes.get(wholeKey(row));
      const same = (units: readonly number[] | undefined, a: number | null, b: number | null | undefined) =>
        units !== undefined && isShown(units) && a === b ? a : null;
      return [
        {
          ...row,
          persons: same(whole?.persons, row.persons, whole?.row.persons),
          events: same(whole?.events, row.events, whole?.row.events),
          person_years: same(whole?.person_years, row.person_years, whole?.row.person_years),
        },
      ];
    }
    if (kind === 'model') return [models(row) ?? suppress(row, note)];
    if (kind === 'closed') {
      const key = binsKey(row);
      if (printed.has(key)) return [];
      printed.add(key);
      return [suppress({ ...row, level: null, time: null }, note)];
    }
    if (kind === 'point') return [steps.point(row) ?? suppress(row, note)];
    if (kind === 'steps') {
      const key = steps.key(row);
      if (printed.has(key)) return [];
      printed.add(key);
      return [...(steps.rows(row) ?? [suppress(row, note)])];
    }
    if (kind === 'curve') {
      const days = curves.steps(row);
      if (row.measure !== 'survival') return [mark(row, days, drawn.get(curveKey(row)) ?? [], curves, note)];
      const key = curveKey(row);
      if (days === undefined || printed.has(key)) return [];
      printed.add(key);
      return drawSteps(drawn.get(key) ?? [], days);
    }
    if (!isShown(plan.value))
      return [{ ...suppress(row, note), persons: isShown(plan.persons) ? row.persons : null }];
    const kept: ResultRow = {
      ...row,
      persons: isShown(plan.persons) ? row.persons : null,
      events: isShown(plan.events) ? row.events : null,
      person_years: isShown(plan.person_years) ? row.person_years : null,
    };
    if (row.measure === 'median' && curves.curve(row) !== undefined) {
      const days = curves.steps(row);
      return days === undefined
        ? [suppress(row, note)]
        : [medianOf(kept, drawSteps(drawn.get(curveKey(row)) ?? [], days))];
    }
    return [withoutInterval(kept, profile)];
  });
}

function wholeKey(row: ResultRow): string {
  return JSON.stringify([row.estimate_id, row.variant, row.population]);
}

function curveKey(row: ResultRow): string {
  return JSON.stringify([row.estimate_id, row.variant, row.population, row.stratum, row.level]);
}

/** Few degrees of freedom, or a number of persons that is withheld and could show in the interval's width. */
function withoutInterval(row: ResultRow, profile: Profile): ResultRow {
  if (profile.degrees_of_freedom === 0 || (row.std_error === null && row.p_value === null)) return row;
  if (row.persons !== null && row.persons - PARAMETERS >= profile.degrees_of_freedom) return row;
  return { ...row, ci_low: null, ci_high: null, std_error: null, p_value: null, note: TOO_FEW };
}

/** The estimate's own row of the last day up to `time`. */
function lastRow(rows: readonly ResultRow[], time: number): ResultRow | undefined {
  return rows.filter((row) => (row.time ?? 0) <= time).at(-1);
}

function drawSteps(rows: readonly ResultRow[], steps: readonly ShownStep[]): ResultRow[] {
  const ordered = [...rows].sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  return steps.flatMap(({ time, at_risk, events }) => {
    const row = lastRow(ordered, time);
    return row === undefined || events === 0 ? [] : [{ ...row, time, persons: at_risk, events }];
  });
}

/** A day of the table: itself where the curve is shown on it, else the curve as it was last shown. */
function mark(
  row: ResultRow,
  steps: readonly ShownStep[] | undefined,
  drawn: readonly ResultRow[],
  curves: CurveRelease,
  note: string,
): ResultRow {
  const curve = curves.curve(row);
  const time = row.time ?? 0;
  if (steps === undefined || curve === undefined) return suppress(row, note);
  const whole = { ...row, persons: curve.persons, events: null, person_years: null };
  if (time === 0 && row.measure === 'at_risk') return whole;
  if (steps.some((step) => step.time === time)) return whole;
  if (row.measure === 'at_risk') return suppress(row, note);
  const last = steps.filter((step) => step.time < time).at(-1);
  const from = last === undefined ? undefined : drawSteps(drawn, [last])[0];
  return from === undefined
    ? { ...whole, value: 1, ci_low: null, ci_high: null, std_error: null, status: 'estimated', note: MERGED }
    : {
        ...whole,
        value: from.value,
        ci_low: from.ci_low,
        ci_high: from.ci_high,
        status: 'estimated',
        note: MERGED,
      };
}

/** The first shown day at which no more than half remain. */
function medianOf(row: ResultRow, shown: readonly ResultRow[]): ResultRow {
  if (row.value === null) return row;
  const first = (pick: (step: ResultRow) => number | null): number | null =>
    shown.find((step) => (pick(step) ?? 1) <= 0.5)?.time ?? null;
  const value = first((step) => step.value);
  return value === null
    ? { ...row, value: null, ci_low: null, ci_high: null, status: 'not-estimable', note: MERGED }
    : {
        ...row,
        value,
        ci_low: first((step) => step.ci_low),
        ci_high: first((step) => step.ci_high),
        note: row.note ?? MERGED,
      };
}
