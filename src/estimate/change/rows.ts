import type { Row } from '../../engine/index.ts';
import { clopperPearsonInterval } from '../../stats/rates/proportion.ts';
import { normalQuantile } from '../../stats/special/normal.ts';
import { type Cell, DAYS_PER_YEAR, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import type { changeMoment, changePattern, leaverMoment, Variable } from './counts.ts';
import {
  bootstrapChange,
  changePercent,
  changePerPerson,
  changePerTime,
  equalChange,
  logRatio,
  type Moments,
} from './fit.ts';

/** From counts to the rows of a `change` estimate. */

export interface ChangeContext {
  readonly estimate_id: string;
  readonly population: string;
  readonly variant: string;
  readonly confidence: number;
  readonly clocks: readonly ('calendar' | 'at-liberty')[];
  readonly bootstrap: { readonly replicates: number; readonly seed: number };
}

type MomentRow = Row<typeof changeMoment>;

const CONTRAST = 'after / before';
const DIFFERENCE = 'after - before';
const ROBUST = 'cluster-robust, one cluster a person';

function momentsOf(row: MomentRow, clock: 'calendar' | 'at-liberty'): Moments {
  const names: readonly Variable[] =
    clock === 'calendar' ? ['b', 'a', 'tb', 'ta'] : ['fb', 'fa', 'ftb', 'fta'];
  const values = row as Readonly<Record<string, number | string | null>>;
  const number = (key: string): number => Number(values[key] ?? 0);
  const second = new Float64Array(16);
  names.forEach((x, i) => {
    names.forEach((y, j) => {
      second[i * 4 + j] = number(i <= j ? `${x}_${y}` : `${y}_${x}`);
    });
  });
  return { n: row.persons ?? 0, first: Float64Array.from(names, number), second };
}

function levelRows(
  row: MomentRow,
  patterns: readonly Row<typeof changePattern>[],
  context: ChangeContext,
): ResultRow[] {
  const calendar = momentsOf(row, 'calendar');
  const [b = 0, a = 0, tb = 0, ta = 0] = calendar.first;
  const cell: Cell = {
    estimate_id: context.estimate_id,
    design: 'change',
    population: context.population,
    stratum: row.stratum ?? 'all',
    level: row.level ?? 'all',
    persons: calendar.n,
    events: b + a,
    person_years: (tb + ta) / DAYS_PER_YEAR,
    variant: context.variant,
  };
  const rows: ResultRow[] = [
    resultRow(
      cell,
      { measure: 'persons', method: 'count', unit: 'number' },
      { status: 'estimated', value: calendar.n },
    ),
  ];
  for (const clock of ['calendar', 'at-liberty'] as const) {
    if (clock === 'at-liberty' && !context.clocks.includes('at-liberty')) continue;
    const moments = clock === 'calendar' ? calendar : momentsOf(row, clock);
    const [before = 0, after = 0, daysBefore = 0, daysAfter = 0] = moments.first;
    for (const [phase, events, days] of [
      ['before entry', before, daysBefore],
      ['after entry', after, daysAfter],
    ] as const) {
      const side: Cell = { ...cell, phase, clock, events, person_years: days / DAYS_PER_YEAR };
      rows.push(
        resultRow(
          side,
          { measure: 'events', method: 'count', unit: 'number' },
          { status: 'estimated', value: events },
        ),
        resultRow(
          side,
          { measure: 'person_years', method: 'sum', unit: 'years' },
          { status: 'estimated', value: days / DAYS_PER_YEAR },
        ),
      );
    }
    const both: Cell = {
      ...cell,
      clock,
      events: before + after,
      person_years: (daysBefore + daysAfter) / DAYS_PER_YEAR,
    };
    if (context.clocks.includes(clock)) {
      rows.push(
        resultRow(
          both,
          { measure: 'change_percent', method: ROBUST, unit: 'percent', contrast: `rate ${CONTRAST}` },
          changePercent(moments, 'rates', context.confidence),
        ),
        resultRow(
          both,
          {
            measure: 'change_per_100_person_years',
            method: ROBUST,
            unit: 'events per 100 person-years',
            contrast: `rate ${DIFFERENCE}`,
          },
          changePerTime(moments, DAYS_PER_YEAR, context.confidence),
        ),
      );
    }
  }
  rows.push(
    resultRow(
      cell,
      { measure: 'change_percent', method: ROBUST, unit: 'percent', contrast: `events ${CONTRAST}` },
      changePercent(calendar, 'counts', context.confidence),
    ),
    resultRow(
      cell,
      {
        measure: 'change_per_person',
        method: ROBUST,
        unit: 'events per person',
        contrast: `events ${DIFFERENCE}`,
      },
      changePerPerson(calendar, context.confidence),
    ),
  );
  const own = patterns.map((pattern) => ({
    before: pattern.before ?? 0,
    after: pattern.after ?? 0,
    persons: pattern.persons ?? 0,
  }));
  const boot = bootstrapChange(own, { ...context.bootstrap, confidence: context.confidence });
  const method = `person bootstrap, percentile, ${context.bootstrap.replicates} replicates`;
  const percent: Outcome =
    b <= 0
      ? { status: 'not-estimable', note: 'no event before: a percentage has no base' }
      : boot.percent === undefined
        ? { status: 'not-estimable', note: 'too many replicates have no event before' }
        : {
            status: 'estimated',
            value: 100 * (a / b - 1),
            ci_low: boot.percent[0],
            ci_high: boot.percent[1],
            ...(boot.without_base > 0
              ? { note: 'some replicates have no event before and are left out' }
              : {}),
          };
  rows.push(
    resultRow(
      cell,
      { measure: 'change_percent', method, unit: 'percent', contrast: `events ${CONTRAST}` },
      percent,
    ),
    resultRow(
      cell,
      { measure: 'change_per_person', method, unit: 'events per person', contrast: `events ${DIFFERENCE}` },
      {
        status: 'estimated',
        value: (a - b) / calendar.n,
        ci_low: boot.per_person[0],
        ci_high: boot.per_person[1],
      },
    ),
  );
  return rows;
}

/** One test a stratum: is the proportionate change the same in all its levels? */
function jointTests(rows: readonly MomentRow[], context: ChangeContext): ResultRow[] {
  const strata = [...new Set(rows.map((row) => row.stratum ?? 'all'))]
    .filter((stratum) => stratum !== 'all')
    .sort();
  return strata.map((stratum) => {
    const levels = rows.filter((row) => row.stratum === stratum);
    const ratios = levels.flatMap((row) => logRatio(momentsOf(row, 'calendar'), 'counts') ?? []);
    const test = equalChange(ratios);
    const cell: Cell = {
      estimate_id: context.estimate_id,
      design: 'change',
      population: context.population,
      stratum,
      level: 'all levels',
      persons: levels.reduce((sum, row) => sum + (row.persons ?? 0), 0),
      variant: context.variant,
    };
    const left = levels.length - ratios.length;
    return resultRow(
      cell,
      {
        measure: 'equal_change_test',
        method: `Wald chi-square, ${test.degrees_of_freedom ?? 0} d.f.`,
        unit: 'chi-square',
        contrast: `events ${CONTRAST}`,
      },
      left > 0 && test.status === 'estimated'
        ? { ...test, note: `${left} levels without events on a side are left out` }
        : test,
    );
  });
}

/** Of those who left: the share of later events that fall after leaving, and who came back. */
function leaverRows(row: Row<typeof leaverMoment>, context: ChangeContext): ResultRow[] {
  const n = row.persons ?? 0;
  const events = row.events ?? 0;
  const later = row.events_after_leaving ?? 0;
  const returned = row.returned ?? 0;
  const cell: Cell = {
    estimate_id: context.estimate_id,
    design: 'change',
    population: context.population,
    stratum: row.exit_group === 'all' ? 'leavers' : 'leavers by exit_group',
    level: row.exit_group ?? 'unknown',
    phase: 'after entry',
    persons: n,
    events,
    variant: context.variant,
  };
  const share = later / events;
  const square = (row.ll ?? 0) - 2 * share * (row.el ?? 0) + share * share * (row.ee ?? 0);
  const std_error = Math.sqrt((n / (n - 1)) * Math.max(0, square)) / events;
  const half = normalQuantile(0.5 + context.confidence / 2) * std_error;
  const back = clopperPearsonInterval(returned, n, context.confidence);
  return [
    resultRow(
      cell,
      { measure: 'persons', method: 'count', unit: 'number' },
      { status: 'estimated', value: n },
    ),
    resultRow(
      cell,
      { measure: 'events', method: 'count', unit: 'number' },
      { status: 'estimated', value: events },
    ),
    resultRow(
      cell,
      {
        measure: 'share_after_leaving',
        method: ROBUST,
        unit: 'percent',
        contrast: 'events after leaving / events after entry',
      },
      events > 0 && n > 1
        ? {
            status: 'estimated',
            value: 100 * share,
            ci_low: Math.max(0, 100 * (share - half)),
            ci_high: Math.min(100, 100 * (share + half)),
            std_error: 100 * std_error,
          }
        : { status: 'not-estimable', note: 'no event after entry' },
    ),
    resultRow(
      { ...cell, events: returned },
      {
        measure: 're_entry',
        method: 'exact binomial (Clopper-Pearson)',
        unit: 'percent',
        contrast: 'returned / left',
      },
      {
        status: 'estimated',
        value: (100 * returned) / n,
        ci_low: 100 * back.lower,
        ci_high: 100 * back.upper,
        note: 'events of this row are persons who came back within the window',
      },
    ),
  ];
}

export function fitChange(
  moments: readonly MomentRow[],
  patterns: readonly Row<typeof changePattern>[],
  leavers: readonly Row<typeof leaverMoment>[],
  context: ChangeContext,
): ResultRow[] {
  const groups = new Map<string, Row<typeof changePattern>[]>();
  for (const pattern of patterns) {
    const key = JSON.stringify([pattern.stratum, pattern.level]);
    const group = groups.get(key) ?? [];
    group.push(pattern);
    groups.set(key, group);
  }
  return [
    ...moments.flatMap((row) =>
      levelRows(row, groups.get(JSON.stringify([row.stratum, row.level])) ?? [], context),
    ),
    ...jointTests(moments, context),
    ...leavers.flatMap((row) => leaverRows(row, context)),
  ];
}
