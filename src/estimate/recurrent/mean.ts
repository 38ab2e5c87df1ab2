import {
  estimateMeanCumulativeFunction,
  type MeanCumulativeFunction,
  meanAt,
} from '../../stats/survival/mean-cumulative-function.ts';
import type { Clock } from '../clocks.ts';
import { type Cell, DAYS_PER_YEAR, levelled, NOBODY, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import type { Division, Pieces, RecurrentContext } from './pieces.ts';

/** The mean number of events per person by days since entry, with and without death as its end; see docs/methods/recurrent.md. */

interface Kind {
  readonly measure: 'mcf' | 'mcf_with_death';
  readonly method: string;
}

const KINDS = {
  alone: { measure: 'mcf', method: 'mean cumulative function, robust (Lawless-Nadeau) variance' },
  with_death: {
    measure: 'mcf_with_death',
    method: 'mean cumulative function with death as its end (Cook-Lawless)',
  },
} as const satisfies Record<string, Kind>;

function atTime(curve: MeanCumulativeFunction, time: number, last: number): Outcome {
  if (time > last) return { status: 'not-estimable', note: 'nobody is followed so long' };
  const { mean, lower, upper, se } = meanAt(curve, [time]);
  return {
    status: 'estimated',
    value: mean[0] as number,
    ci_low: lower[0],
    ci_high: upper[0],
    std_error: se[0],
  };
}

function curveRows(
  curve: MeanCumulativeFunction,
  kind: Kind,
  cell: Cell,
  last: number,
  context: RecurrentContext,
): ResultRow[] {
  const method = levelled(kind.method, context.confidence);
  const unit = 'events per person';
  let sofar = 0;
  const steps: ResultRow[] = [];
  curve.time.forEach((time, k) => {
    const events = curve.events[k] as number;
    if (events === 0) return;
    sofar += events;
    steps.push(
      resultRow(
        { ...cell, persons: curve.at_risk[k] as number, events: sofar, person_years: null },
        { measure: `${kind.measure}_curve`, method, unit, time },
        {
          status: 'estimated',
          value: curve.mean[k] as number,
          ci_low: curve.lower[k],
          ci_high: curve.upper[k],
          std_error: curve.se[k],
        },
      ),
    );
  });
  return [
    ...steps,
    ...context.times.map((time) =>
      resultRow(
        { ...cell, events: null },
        { measure: `${kind.measure}_at`, method, unit, time },
        atTime(curve, time, last),
      ),
    ),
  ];
}

/** Pieces after entry on one clock, one curve a level. */
export function meanRows(
  pieces: Pieces,
  division: Division,
  clock: Clock,
  context: RecurrentContext,
): ResultRow[] {
  const rows: number[] = [];
  for (let i = 0; i < pieces.rows; i += 1)
    if (pieces.after[i] === 1 && !(clock === 'at-liberty' && pieces.removed[i] === true)) rows.push(i);
  const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (i) => column[i] as number);
  const person = Int32Array.from(rows, (i) => pieces.person[i] as number);
  const group = Int32Array.from(person, (one) => division.level[one] as number);
  const [start, stop, event, died] = [pieces.start, pieces.stop, pieces.events, pieces.died].map(pick) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const groups = division.levels.length;
  const options = { groups, conf_level: context.confidence };
  const shared = { person, start, stop, event, group };
  const alone = estimateMeanCumulativeFunction(shared, options);
  // Who dies in custody is not at risk at liberty when it happens: death as an end is told on the calendar clock only.
  const isTold = clock === 'calendar' && died.some((one) => one > 0);
  const withDeath = isTold ? estimateMeanCumulativeFunction({ ...shared, terminal: died }, options) : [];
  const events = new Float64Array(groups);
  const days = new Float64Array(groups);
  const last = new Float64Array(groups);
  rows.forEach((_, k) => {
    const g = group[k] as number;
    events[g] = (events[g] as number) + (event[k] as number);
    days[g] = (days[g] as number) + (stop[k] as number) - (start[k] as number);
    last[g] = Math.max(last[g] as number, stop[k] as number);
  });
  return division.levels.flatMap((level, g) => {
    const curve = alone[g] as MeanCumulativeFunction;
    const cell: Cell = {
      estimate_id: context.estimate_id,
      design: 'recurrent',
      population: context.population,
      stratum: division.stratum,
      level,
      clock,
      persons: curve.persons,
      events: events[g] as number,
      person_years: (days[g] as number) / DAYS_PER_YEAR,
      variant: context.variant,
    };
    const count = { method: 'count', unit: 'number' };
    const made = [
      resultRow(cell, { measure: 'persons', ...count }, { status: 'estimated', value: cell.persons }),
      resultRow(cell, { measure: 'events', ...count }, { status: 'estimated', value: events[g] as number }),
      resultRow(
        cell,
        { measure: 'person_years', method: 'sum', unit: 'years' },
        { status: 'estimated', value: (days[g] as number) / DAYS_PER_YEAR },
      ),
    ];
    if (curve.persons === 0)
      return [
        ...made,
        resultRow(
          cell,
          {
            measure: 'mcf_at',
            method: KINDS.alone.method,
            unit: 'events per person',
            time: context.times[0] ?? 0,
          },
          { status: 'not-estimable', note: NOBODY },
        ),
      ];
    const present = (time: number): number => {
      if (time === 0) return new Set(person.filter((_, k) => group[k] === g && start[k] === 0)).size;
      let persons = 0;
      for (let k = 0; k < rows.length; k += 1)
        if (group[k] === g && (start[k] as number) < time && time <= (stop[k] as number)) persons += 1;
      return persons;
    };
    const ending = withDeath[g];
    return [
      ...made,
      ...[0, ...context.times].map((time) =>
        resultRow(
          { ...cell, events: null, person_years: null },
          { measure: 'at_risk', method: 'count', unit: 'persons', time },
          { status: 'estimated', value: present(time) },
        ),
      ),
      ...curveRows(curve, KINDS.alone, cell, last[g] as number, context),
      ...(ending === undefined ? [] : curveRows(ending, KINDS.with_death, cell, last[g] as number, context)),
    ];
  });
}
