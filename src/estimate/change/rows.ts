import type { Row } from '../../engine/index.ts';
import { clopperPearsonInterval } from '../../stats/rates/proportion.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, DAYS_PER_YEAR, levelled, NOBODY, type Outcome, resultRow } from '../rows.ts';
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
  shareOfEvents,
} from './fit.ts';

/** From counts to the rows of a `change` estimate. */

export interface ChangeContext extends EstimateContext {
  readonly clocks: readonly ('calendar' | 'at-liberty')[];
  readonly bootstrap: { readonly replicates: number; readonly seed: number };
}

type MomentRow = Row<typeof changeMoment>;

const CONTRAST = 'after / before';
const DIFFERENCE = 'after - before';
const ROBUST = 'cluster-robust, one cluster a person';

/** Counts compare like with like only where the windows are of one length; leap days do not matter. */
const SAME_LENGTH = 0.01;
const OTHER_LENGTH = 'time before and after differ: see the change in rates';

function withNote(outcome: Outcome, note: string | undefined): Outcome {
  if (note === undefined || outcome.status !== 'estimated') return outcome;
  return { ...outcome, note: outcome.note === undefined ? note : `${outcome.note}; ${note}` };
}

function bootstrapOutcome(value: number, [low, high]: readonly [number, number], left_out: boolean): Outcome {
  if (Number.isNaN(low)) return { status: 'not-estimable', note: 'too many replicates have no event before' };
  if (low === high) return { status: 'estimated', value, note: 'all replicates are alike: no interval' };
  return {
    status: 'estimated',
    value,
    ci_low: low,
    ci_high: high,
    ...(left_out ? { note: 'some replicates have no event before and are left out' } : {}),
  };
}

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
  const robust = levelled(ROBUST, context.confidence);
  const caution = Math.abs(ta - tb) > SAME_LENGTH * Math.max(ta, tb) ? OTHER_LENGTH : undefined;
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
          { measure: 'change_percent', method: robust, unit: 'percent', contrast: `rate ${CONTRAST}` },
          changePercent(moments, 'rates', context.confidence),
        ),
        resultRow(
          both,
          {
            measure: 'change_per_100_person_years',
            method: robust,
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
      { measure: 'change_percent', method: robust, unit: 'percent', contrast: `events ${CONTRAST}` },
      withNote(changePercent(calendar, 'counts', context.confidence), caution),
    ),
    resultRow(
      cell,
      {
        measure: 'change_per_person',
        method: robust,
        unit: 'events per person',
        contrast: `events ${DIFFERENCE}`,
      },
      withNote(changePerPerson(calendar, context.confidence), caution),
    ),
  );
  const own = patterns.map((pattern) => ({
    before: pattern.before ?? 0,
    after: pattern.after ?? 0,
    persons: pattern.persons ?? 0,
  }));
  const boot = bootstrapChange(own, { ...context.bootstrap, confidence: context.confidence });
  const method = levelled(
    `person bootstrap, percentile, ${context.bootstrap.replicates} replicates`,
    context.confidence,
  );
  const percent: Outcome =
    b <= 0
      ? { status: 'not-estimable', note: 'no event before: a percentage has no base' }
      : bootstrapOutcome(100 * (a / b - 1), boot.percent, boot.without_base > 0);
  rows.push(
    resultRow(
      cell,
      { measure: 'change_percent', method, unit: 'percent', contrast: `events ${CONTRAST}` },
      withNote(percent, caution),
    ),
    resultRow(
      cell,
      { measure: 'change_per_person', method, unit: 'events per person', contrast: `events ${DIFFERENCE}` },
      withNote(bootstrapOutcome((a - b) / calendar.n, boot.per_person, false), caution),
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
    const test = equalChange(levels.map((row) => logRatio(momentsOf(row, 'calendar'), 'counts')));
    const cell: Cell = {
      estimate_id: context.estimate_id,
      design: 'change',
      population: context.population,
      stratum,
      level: 'all levels',
      persons: levels.reduce((sum, row) => sum + (row.persons ?? 0), 0),
      variant: context.variant,
    };
    const freedom = test.degrees_of_freedom === undefined ? '' : `, ${test.degrees_of_freedom} d.f.`;
    return resultRow(
      cell,
      {
        measure: 'equal_change_test',
        method: `Wald chi-square${freedom}`,
        unit: 'chi-square',
        contrast: `events ${CONTRAST}`,
      },
      test,
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
        method: levelled(ROBUST, context.confidence),
        unit: 'percent',
        contrast: 'events after leaving / events after entry',
      },
      shareOfEvents(
        { persons: n, events, part: later, ee: row.ee ?? 0, el: row.el ?? 0, ll: row.ll ?? 0 },
        context.confidence,
      ),
    ),
    resultRow(
      { ...cell, events: returned },
      {
        measure: 're_entry',
        method: levelled('exact binomial (Clopper-Pearson)', context.confidence),
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

/** An estimate in an empty population has rows too: that there is no number is a result. */
function nobodyRows(context: ChangeContext): ResultRow[] {
  const cell: Cell = {
    estimate_id: context.estimate_id,
    design: 'change',
    population: context.population,
    stratum: 'all',
    level: 'all',
    persons: 0,
    variant: context.variant,
  };
  const none: Outcome = { status: 'not-estimable', note: NOBODY };
  return [
    resultRow(
      cell,
      { measure: 'persons', method: 'count', unit: 'number' },
      { status: 'estimated', value: 0 },
    ),
    resultRow(
      cell,
      { measure: 'change_percent', method: ROBUST, unit: 'percent', contrast: `events ${CONTRAST}` },
      none,
    ),
    resultRow(
      cell,
      {
        measure: 'change_per_person',
        method: ROBUST,
        unit: 'events per person',
        contrast: `events ${DIFFERENCE}`,
      },
      none,
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
  if (moments.length === 0) return nobodyRows(context);
  return [
    ...moments.flatMap((row) =>
      levelRows(row, groups.get(JSON.stringify([row.stratum, row.level])) ?? [], context),
    ),
    ...jointTests(moments, context),
    ...leavers.flatMap((row) => leaverRows(row, context)),
  ];
}
