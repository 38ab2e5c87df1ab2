import type { ColumnData } from '../../engine/index.ts';
import { adjustmentMatrix, type DesignMatrix } from '../adjustment.ts';
import type { Clock } from '../clocks.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, DAYS_PER_YEAR } from '../rows.ts';
import type { ArmCounts } from './counts.ts';

/** The persons of two arms as arrays: what the fits of the design work on, one clock at a time. */

export type ArmData = ColumnData<ArmCounts['columns']>;

export interface PartnershipContext extends EstimateContext {
  readonly arms: string;
  readonly treated: string;
  readonly comparison: string;
  /** Whether the arms are told apart in cells: not in a variant, which is told by its whole. */
  readonly is_divided: boolean;
}

/** Persons with time at risk in both windows on the clock, in the order of the table. */
export interface People {
  readonly clock: Clock;
  /** Rows of the table. */
  readonly rows: readonly number[];
  /** 1 treated, 0 comparison. */
  readonly treated: Float64Array;
  readonly before: Float64Array;
  readonly years_before: Float64Array;
  readonly after: Float64Array;
  readonly years_after: Float64Array;
}

function pick(column: Float64Array, rows: readonly number[], divisor = 1): Float64Array {
  return Float64Array.from(rows, (i) => (column[i] as number) / divisor);
}

export function peopleOf(data: ArmData, clock: Clock): People {
  const [b, tb, a, ta] =
    clock === 'calendar' ? [data.b, data.tb, data.a, data.ta] : [data.fb, data.ftb, data.fa, data.fta];
  const rows = [...data.arm.keys()].filter((i) => (tb[i] as number) > 0 && (ta[i] as number) > 0);
  return {
    clock,
    rows,
    treated: pick(data.arm, rows),
    before: pick(b, rows),
    years_before: pick(tb, rows, DAYS_PER_YEAR),
    after: pick(a, rows),
    years_after: pick(ta, rows, DAYS_PER_YEAR),
  };
}

/** Some of the people: places in `people.rows`. */
export function subset(people: People, places: readonly number[]): People {
  const of = (column: Float64Array): Float64Array => Float64Array.from(places, (i) => column[i] as number);
  return {
    clock: people.clock,
    rows: places.map((i) => people.rows[i] as number),
    treated: of(people.treated),
    before: of(people.before),
    years_before: of(people.years_before),
    after: of(people.after),
    years_after: of(people.years_after),
  };
}

/** What the arms are made alike in, for the people whose terms are all known; and those people. */
export function adjusted(
  people: People,
  data: ArmData,
  counts: ArmCounts,
): { readonly people: People; readonly matrix: DesignMatrix } {
  const columnsOf = (own: People) =>
    Object.fromEntries(
      counts.adjustment.terms.map(({ column }) => {
        const values: Float64Array | readonly (string | boolean | null)[] =
          (data as Readonly<Record<string, Float64Array | readonly (string | boolean | null)[]>>)[column] ??
          [];
        return [
          column,
          values instanceof Float64Array
            ? pick(values, own.rows)
            : own.rows.map((row) => values[row] ?? null),
        ];
      }),
    );
  if (counts.adjustment.terms.length === 0) {
    const rows = people.rows.length;
    const complete = new Uint8Array(rows).fill(1);
    return { people, matrix: { x: new Float64Array(0), rows, columns: 0, names: [], complete } };
  }
  const { complete } = adjustmentMatrix(counts.adjustment.terms, columnsOf(people));
  const known = subset(
    people,
    [...people.rows.keys()].filter((i) => complete[i] === 1),
  );
  return { people: known, matrix: adjustmentMatrix(counts.adjustment.terms, columnsOf(known)) };
}

export function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Log rate in the earlier window, with half an event more so that nobody is left out. */
export function logEarlierRate(people: People): Float64Array {
  return people.before.map((events, i) => Math.log((events + 0.5) / (people.years_before[i] as number)));
}

/** Where a number about both arms belongs: its persons, events and years are those of the later window in the fit. */
export function contrastCell(context: PartnershipContext, people: People, stratum = context.arms): Cell {
  return {
    estimate_id: context.estimate_id,
    design: 'partnership',
    population: context.population,
    stratum,
    level: 'all levels',
    clock: people.clock,
    persons: people.rows.length,
    events: sum(people.after),
    person_years: sum(people.years_after),
    variant: context.variant,
  };
}

export function contrastOf({ treated, comparison }: PartnershipContext): string {
  return `${treated} / ${comparison}`;
}
