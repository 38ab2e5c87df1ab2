import type { ColumnData } from '../../engine/index.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, DAYS_PER_YEAR, levelled, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import {
  fitWithinPersons,
  jointTest,
  levelTerms,
  METHOD,
  type PersonTime,
  termOutcomes,
  type WithinOutcome,
} from '../within-person.ts';
import { binsBetween, firstDayOf } from './bins.ts';
import type { Axis, modelRow } from './counts.ts';
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

export function modelRows(columns: ColumnData<typeof modelRow>, context: ModelContext): ResultRow[] {
  const { axis, reference } = context;
  const bins = binsBetween(axis.from, axis.to, axis.model);
  const first = (bin: number): number => Math.max(axis.from, firstDayOf(bin, axis.model));
  const end = (bin: number): number => Math.min(axis.to, firstDayOf(bin + 1, axis.model));
  const label = (bin: number): string => `days ${first(bin)} to ${end(bin)}`;
  /** A bin that holds only days of the donut has no rows; one that the donut cuts keeps its other days. */
  const isBefore = (bin: number): boolean => first(bin) < 0;
  const referenceBins = bins.filter((bin) => first(bin) >= reference.from && first(bin) < reference.to);
  const isReference = (bin: number): boolean => referenceBins.includes(bin);
  const against =
    referenceBins.length === 0
      ? 'days without a bin'
      : `days ${first(referenceBins[0] ?? 0)} to ${end(referenceBins.at(-1) ?? 0)}`;
  const robust = levelled(METHOD.robust, context.confidence);
  const noReference: WithinOutcome = {
    status: 'not-estimable',
    note: 'no events in the reference bins: nothing to compare with',
  };

  return slices(columns).flatMap((slice) => {
    const persons = new Set(slice.person as Float64Array).size;
    const cell: Cell = {
      ...cellOf(context, slice.stratum, slice.level, slice.clock),
      persons,
      events: sum(slice.events),
      person_years: sum(slice.days) / DAYS_PER_YEAR,
    };
    const rows: ResultRow[] = [];
    const push = (contrast: string, time: number | undefined, ratio: Outcome, coefficient: Outcome): void => {
      const at = time === undefined ? {} : { time };
      rows.push(
        resultRow(cell, { measure: 'rate_ratio', method: robust, unit: 'ratio', contrast, ...at }, ratio),
        resultRow(
          cell,
          { measure: 'coefficient', method: robust, unit: 'log rate ratio', contrast, ...at },
          coefficient,
        ),
      );
    };

    // Bin by bin.
    const present = bins.filter((bin) => slice.bin.includes(bin));
    const of = Array.from(slice.bin, (bin) => present.indexOf(bin));
    const names = present.map(label);
    const levels = levelTerms(slice, of, names, (level) => isReference(present[level] ?? 0));
    const binned =
      levels.reference_events === 0 ? noReference : fitWithinPersons(slice, levels.terms, levels.keeps);
    for (const bin of present) {
      if (isReference(bin)) continue;
      const name = label(bin);
      const none: Outcome = levels.without_events.includes(name)
        ? { status: 'not-estimable', note: 'no events in this bin' }
        : { status: 'not-estimable', note: binned.status === 'estimated' ? 'no time' : binned.note };
      const both =
        binned.status === 'estimated' && none.note !== 'no events in this bin'
          ? termOutcomes(binned, name, 'robust', context.confidence)
          : { ratio: none, coefficient: none };
      push(`${name} / ${against}`, first(bin), both.ratio, both.coefficient);
    }

    // All the time after the event against the reference; time before it that is no reference stands apart.
    const GROUPS = ['reference', 'before', 'after'];
    const group = Array.from(slice.bin, (bin) => (isReference(bin) ? 0 : isBefore(bin) ? 1 : 2));
    const grouped = levelTerms(slice, group, GROUPS, (level) => level === 0);
    const overall =
      grouped.reference_events === 0 ? noReference : fitWithinPersons(slice, grouped.terms, grouped.keeps);
    const after =
      overall.status === 'estimated'
        ? termOutcomes(overall, 'after', 'robust', context.confidence)
        : { ratio: overall, coefficient: overall };
    push(`after / ${against}`, undefined, after.ratio, after.coefficient);

    // Before the event only.
    const early = only(slice, isBefore);
    const earlyBins = bins.filter((bin) => early.bin.includes(bin));
    const base = earlyBins.find((bin) =>
      early.events.some((events, r) => early.bin[r] === bin && events > 0),
    );
    const earlyLevels = levelTerms(
      early,
      Array.from(early.bin, (bin) => earlyBins.indexOf(bin)),
      earlyBins.map(label),
      (level) => earlyBins[level] === base,
    );
    const flat = fitWithinPersons(early, earlyLevels.terms, earlyLevels.keeps);
    const nothing: WithinOutcome = { status: 'not-estimable', note: ONE_BIN };
    const tested = earlyLevels.terms.length === 0 ? nothing : flat;
    const joint =
      tested.status === 'estimated'
        ? jointTest(
            tested,
            earlyLevels.terms.map((term) => term.label),
            'robust',
          )
        : { outcome: tested, degrees_of_freedom: 0 };
    const left = earlyLevels.without_events.length;
    const earlyCell: Cell = {
      ...cell,
      persons: new Set(early.person as Float64Array).size,
      events: sum(early.events),
      person_years: sum(early.days) / DAYS_PER_YEAR,
    };
    rows.push(
      resultRow(
        earlyCell,
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
    );
    const slope = Float64Array.from(early.bin, (bin) => (first(bin) + end(bin)) / 2 / DAYS_PER_MONTH);
    const linear =
      earlyLevels.terms.length === 0
        ? nothing
        : fitWithinPersons(early, [{ label: 'month', x: slope }], new Uint8Array(early.days.length).fill(1));
    const trend: Outcome =
      linear.status === 'estimated'
        ? termOutcomes(linear, 'month', 'robust', context.confidence).ratio
        : linear;
    rows.push(
      resultRow(
        earlyCell,
        {
          measure: 'pre_trend_ratio',
          method: robust,
          unit: 'ratio per month',
          contrast: 'a month later / a month earlier, before the event',
        },
        trend,
      ),
    );
    return rows;
  });
}
