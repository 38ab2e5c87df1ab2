import type { ColumnData, Row } from '../../engine/index.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, DAYS_PER_YEAR, levelled, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import {
  fitWithinPersons,
  jointTest,
  levelTerms,
  METHOD,
  type PersonTime,
  type Term,
  termOutcomes,
  type WithinOutcome,
} from '../within-person.ts';
import { binsBetween, firstDayOf } from './bins.ts';
import type { Axis, modelRow, wholeCount } from './counts.ts';
import { cellOf } from './curve.ts';

/**
 * The change within persons: conditional Poisson with a term for each bin outside the reference, and whether the rate
 * moved before the event. What is tested before the event is fitted on the time before the event alone, so that
 * nothing that happens afterwards can bear on it.
 */

export interface ModelContext extends EstimateContext {
  readonly axis: Axis;
  readonly reference: { readonly from: number; readonly to: number };
}

interface Slice extends PersonTime {
  readonly stratum: string;
  readonly level: string;
  readonly clock: string | null;
  readonly person: Float64Array;
  readonly bin: Float64Array;
  readonly days: Float64Array;
  readonly events: Float64Array;
}

/** The rows of each stratum, level and clock: contiguous, since they are read in that order. */
function slices(rows: ColumnData<typeof modelRow>): readonly Slice[] {
  const made: Slice[] = [];
  const n = rows.days.length;
  const isNew = (r: number): boolean =>
    r === 0 ||
    rows.stratum[r] !== rows.stratum[r - 1] ||
    rows.level[r] !== rows.level[r - 1] ||
    rows.clock[r] !== rows.clock[r - 1];
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < n && !isNew(to)) to += 1;
    made.push({
      stratum: rows.stratum[from] ?? 'all',
      level: rows.level[from] ?? 'all',
      clock: rows.clock[from] ?? null,
      person: rows.person.subarray(from, to),
      bin: rows.bin.subarray(from, to),
      days: rows.days.subarray(from, to),
      events: rows.events.subarray(from, to),
    });
    from = to;
  }
  return made;
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** The rows of a slice that a condition keeps, as a slice. */
function only(slice: Slice, keeps: (bin: number) => boolean): Slice {
  const rows = [...slice.bin.keys()].filter((r) => keeps(slice.bin[r] ?? 0));
  const take = (values: ArrayLike<number>): Float64Array => Float64Array.from(rows, (r) => values[r] ?? 0);
  return {
    ...slice,
    person: take(slice.person),
    bin: take(slice.bin),
    days: take(slice.days),
    events: take(slice.events),
  };
}

const DAYS_PER_MONTH = DAYS_PER_YEAR / 12;
const ONE_BIN = 'fewer than two bins before the event have events';

/** Nobody in these has an event outside the days left out: there is no row to fit, and that is the answer. */
function withoutEvents(
  groups: readonly Row<typeof wholeCount>[],
  known: readonly Slice[],
  context: ModelContext,
): ResultRow[] {
  const isKnown = (group: Row<typeof wholeCount>): boolean =>
    known.some(
      (one) => one.stratum === group.stratum && one.level === group.level && one.clock === group.clock,
    );
  return groups
    .filter((group) => !isKnown(group))
    .map((group) =>
      resultRow(
        {
          ...cellOf(context, group.stratum ?? 'all', group.level ?? 'all', group.clock),
          persons: 0,
          events: 0,
          person_years: 0,
        },
        {
          measure: 'rate_ratio',
          method: levelled(METHOD.robust, context.confidence),
          unit: 'ratio',
          contrast: 'after / reference',
        },
        { status: 'not-estimable', note: 'no events' },
      ),
    );
}

/** The bins of the model in days, as they are called. */
interface Bins {
  readonly all: readonly number[];
  first(bin: number): number;
  end(bin: number): number;
  label(bin: number): string;
  isBefore(bin: number): boolean;
  isReference(bin: number): boolean;
  /** `days -365 to -183`. */
  readonly against: string;
}

function binsOf({ axis, reference }: ModelContext): Bins {
  const all = binsBetween(axis.from, axis.to, axis.model);
  const first = (bin: number): number => Math.max(axis.from, firstDayOf(bin, axis.model));
  const end = (bin: number): number => Math.min(axis.to, firstDayOf(bin + 1, axis.model));
  const chosen = all.filter((bin) => first(bin) >= reference.from && first(bin) < reference.to);
  return {
    all,
    first,
    end,
    label: (bin) => `days ${first(bin)} to ${end(bin)}`,
    isBefore: (bin) => first(bin) < 0,
    isReference: (bin) => chosen.includes(bin),
    against:
      chosen.length === 0
        ? 'days without a bin'
        : `days ${first(chosen[0] ?? 0)} to ${end(chosen.at(-1) ?? 0)}`,
  };
}

const NO_REFERENCE: WithinOutcome = {
  status: 'not-estimable',
  note: 'no events in the reference bins: nothing to compare with',
};

interface Contrast {
  readonly contrast: string;
  readonly time?: number;
  readonly ratio: Outcome;
  readonly coefficient: Outcome;
}

const neither = (outcome: Outcome): { readonly ratio: Outcome; readonly coefficient: Outcome } => ({
  ratio: outcome,
  coefficient: outcome,
});

/** Each bin against the reference. */
function binContrasts(slice: Slice, bins: Bins, confidence: number): readonly Contrast[] {
  const present = bins.all.filter((bin) => slice.bin.includes(bin));
  const position = new Map(present.map((bin, k) => [bin, k]));
  const levels = levelTerms(
    slice,
    Array.from(slice.bin, (bin) => position.get(bin) ?? 0),
    present.map(bins.label),
    (level) => bins.isReference(present[level] ?? 0),
  );
  const fit =
    levels.reference_events === 0 ? NO_REFERENCE : fitWithinPersons(slice, levels.terms, levels.keeps);
  return present
    .filter((bin) => !bins.isReference(bin))
    .map((bin) => {
      const name = bins.label(bin);
      const both = levels.without_events.includes(name)
        ? neither({ status: 'not-estimable', note: 'no events in this bin' })
        : fit.status === 'estimated'
          ? termOutcomes(fit, name, 'robust', confidence)
          : neither(fit);
      return { contrast: `${name} / ${bins.against}`, time: bins.first(bin), ...both };
    });
}

/** All the time after the event against the reference; time before it that is no reference stands apart. */
function afterContrast(slice: Slice, bins: Bins, confidence: number): Contrast {
  const levels = levelTerms(
    slice,
    Array.from(slice.bin, (bin) => (bins.isReference(bin) ? 0 : bins.isBefore(bin) ? 1 : 2)),
    ['reference', 'before', 'after'],
    (level) => level === 0,
  );
  const fit =
    levels.reference_events === 0 ? NO_REFERENCE : fitWithinPersons(slice, levels.terms, levels.keeps);
  return {
    contrast: `after / ${bins.against}`,
    ...(fit.status === 'estimated' ? termOutcomes(fit, 'after', 'robust', confidence) : neither(fit)),
  };
}

/** Was the rate steady before the event? All its bins against one rate, and a straight line through them. */
function trendRows(slice: Slice, bins: Bins, base: Cell, confidence: number): ResultRow[] {
  const early = only(slice, bins.isBefore);
  const present = bins.all.filter((bin) => early.bin.includes(bin));
  const withEvents = new Set(early.bin.filter((_, r) => (early.events[r] ?? 0) > 0));
  const first = present.find((bin) => withEvents.has(bin));
  const levels = levelTerms(
    early,
    Array.from(early.bin, (bin) => present.indexOf(bin)),
    present.map(bins.label),
    (level) => present[level] === first,
  );
  const cell: Cell = {
    ...base,
    persons: new Set(early.person).size,
    events: sum(early.events),
    person_years: sum(early.days) / DAYS_PER_YEAR,
  };
  const fitEarly = (terms: readonly Term[], keeps: Uint8Array): WithinOutcome =>
    levels.terms.length === 0
      ? { status: 'not-estimable', note: ONE_BIN }
      : fitWithinPersons(early, terms, keeps);
  const flat = fitEarly(levels.terms, levels.keeps);
  const joint =
    flat.status === 'estimated'
      ? jointTest(
          flat,
          levels.terms.map((term) => term.label),
          'robust',
        )
      : { outcome: flat, degrees_of_freedom: 0 };
  const left = levels.without_events.length;
  const middle = Float64Array.from(
    early.bin,
    (bin) => (bins.first(bin) + bins.end(bin)) / 2 / DAYS_PER_MONTH,
  );
  const line = fitEarly([{ label: 'month', x: middle }], new Uint8Array(early.days.length).fill(1));
  return [
    resultRow(
      cell,
      {
        measure: 'pre_trend_test',
        method: `Wald chi-square, ${joint.degrees_of_freedom} d.f., ${METHOD.robust}`,
        unit: 'chi-square',
        contrast: 'bins before the event, against one rate',
      },
      joint.outcome.status === 'estimated' && left > 0
        ? {
            ...joint.outcome,
            note: `${left} ${left === 1 ? 'bin' : 'bins'} without events left out of the test`,
          }
        : joint.outcome,
    ),
    resultRow(
      cell,
      {
        measure: 'pre_trend_ratio',
        method: levelled(METHOD.robust, confidence),
        unit: 'ratio per month',
        contrast: 'a month later / a month earlier, before the event',
      },
      line.status === 'estimated' ? termOutcomes(line, 'month', 'robust', confidence).ratio : line,
    ),
  ];
}

export function modelRows(
  columns: ColumnData<typeof modelRow>,
  groups: readonly Row<typeof wholeCount>[],
  context: ModelContext,
): ResultRow[] {
  const bins = binsOf(context);
  const { confidence } = context;
  const method = levelled(METHOD.robust, confidence);
  const known = slices(columns);
  const fitted = known.flatMap((slice) => {
    const cell: Cell = {
      ...cellOf(context, slice.stratum, slice.level, slice.clock),
      persons: new Set(slice.person).size,
      events: sum(slice.events),
      person_years: sum(slice.days) / DAYS_PER_YEAR,
    };
    const contrasts = [...binContrasts(slice, bins, confidence), afterContrast(slice, bins, confidence)];
    return [
      ...contrasts.flatMap(({ ratio, coefficient, ...at }) => [
        resultRow(cell, { measure: 'rate_ratio', method, unit: 'ratio', ...at }, ratio),
        resultRow(cell, { measure: 'coefficient', method, unit: 'log rate ratio', ...at }, coefficient),
      ]),
      ...trendRows(slice, bins, cell, confidence),
    ];
  });
  return [...fitted, ...withoutEvents(groups, known, context)];
}
