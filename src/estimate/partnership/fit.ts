import { covariateBalance } from '../../stats/regression/propensity.ts';
import type { Clock } from '../clocks.ts';
import { resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { armRows } from './arms.ts';
import { type Comparable, comparableRows, type Weighting } from './comparable.ts';
import { ancovaRows, baselineRow, differenceRows, emptyArm, fitAncova, type Units } from './contrasts.ts';
import type { ArmCounts } from './counts.ts';
import { type DoseGroups, doseRows } from './dose.ts';
import {
  type ArmData,
  adjusted,
  contrastCell,
  logEarlierRate,
  type PartnershipContext,
  type People,
  peopleOf,
} from './people.ts';
import { expectationRows, powerRows } from './size.ts';

/** Two arms: see docs/methods/partnership.md. The primary row is the first rate ratio of the analysis of covariance. */

export interface Asked {
  readonly clocks: readonly Clock[];
  readonly weighting: Weighting;
  readonly caliper: number;
  readonly exact_names: readonly string[];
  /** The stratum whose levels are clusters, or undefined: persons. */
  readonly cluster: string | undefined;
  readonly dose: DoseGroups | undefined;
  /** The fewest earlier events that people were selected on, as the protocol declares; 0: not selected. */
  readonly selected_from: number;
}

/** Standardised difference from which arms do not count as alike (Austin 2009). */
const ALIKE = 0.1;

/** Codes of texts in the order in which they first stand. */
function codesOf(texts: readonly string[]): { readonly of: Int32Array; readonly units: number } {
  const codes = new Map<string, number>();
  const of = Int32Array.from(texts, (text) => {
    const code = codes.get(text) ?? codes.size;
    codes.set(text, code);
    return code;
  });
  return { of, units: codes.size };
}

function textAt(data: ArmData, column: string, row: number): string {
  const values = (data as Readonly<Record<string, Float64Array | readonly (string | boolean | null)[]>>)[
    column
  ];
  return String(values?.[row] ?? 'not recorded');
}

/** Why a before/after comparison of these arms would show something with no effect at all. */
function warningOf(people: People, asked: Asked, context: PartnershipContext): string | undefined {
  if (emptyArm(people, context) !== undefined) return undefined;
  const [earlier] = covariateBalance(
    { rows: people.rows.length, columns: 1, x: logEarlierRate(people) },
    people.treated,
    new Float64Array(people.rows.length).fill(1),
  );
  const apart = Math.abs(earlier?.standardised_difference ?? 0) >= ALIKE;
  const returns = 'regression to the mean moves them apart with no effect';
  if (apart && asked.selected_from > 0)
    return `selected on earlier events, and the arms differed before: ${returns}`;
  if (apart) return `the arms differed before: ${returns}`;
  return asked.selected_from > 0
    ? 'selected on earlier events: both arms would fall with no effect'
    : undefined;
}

export function fitPartnership(
  data: ArmData,
  counts: ArmCounts,
  asked: Asked,
  context: PartnershipContext,
): ResultRow[] {
  const rows = armRows(data, asked.clocks, context);
  for (const clock of asked.clocks) {
    const people = peopleOf(data, clock);
    if (context.is_divided) rows.push(...presentRows(data, people, context));
    const known = adjusted(people, data, counts);
    const terms = counts.adjustment.terms.map(({ label }) => label);
    const ancova = terms.length === 0 ? fitAncova(people) : fitAncova(known.people, known.matrix);
    if (terms.length > 0)
      rows.push(...ancovaRows(known.people, ancova, context, `, adjusted for ${terms.join(', ')}`));
    rows.push(...ancovaRows(people, terms.length === 0 ? ancova : fitAncova(people), context, ''));
    const units: Units =
      asked.cluster === undefined
        ? { of: Int32Array.from(people.rows, (_, i) => i), units: people.rows.length, name: 'persons' }
        : {
            ...codesOf(people.rows.map((row) => textAt(data, 'cluster', row))),
            name: asked.cluster,
          };
    rows.push(
      baselineRow(people, context),
      ...differenceRows(people, units, context, warningOf(people, asked, context)),
    );
    const alike: Comparable = {
      weighting: asked.weighting,
      caliper: asked.caliper,
      exact: codesOf(
        known.people.rows.map((row) =>
          JSON.stringify(counts.exact.map((column) => textAt(data, column, row))),
        ),
      ).of,
      exact_names: asked.exact_names,
    };
    rows.push(
      ...comparableRows(known.people, known.matrix, alike, context),
      ...expectationRows(people, asked.selected_from, context),
      ...powerRows(terms.length === 0 ? people : known.people, ancova, context),
    );
  }
  if (asked.dose !== undefined) rows.push(...doseRows(data, asked.clocks, asked.dose, context));
  return rows;
}

/** How many of each arm have time in both windows: the others are in no comparison on this clock. */
function presentRows(data: ArmData, people: People, context: PartnershipContext): ResultRow[] {
  return (
    [
      [1, context.treated],
      [0, context.comparison],
    ] as const
  ).map(([arm, level]) => {
    const persons = data.arm.filter((a) => a === arm).length;
    const events = people.treated.filter((a) => a === arm).length;
    return resultRow(
      {
        ...contrastCell(context, people),
        level,
        phase: 'time before and after',
        persons,
        events,
        person_years: null,
      },
      {
        measure: 'proportion',
        method: 'count',
        unit: 'proportion',
        contrast: `with time before and after / ${level}`,
      },
      persons === 0
        ? { status: 'not-estimable', note: 'nobody in this arm' }
        : { status: 'estimated', value: events / persons },
    );
  });
}
