import type { EstimateOf } from '../../protocol/tables.ts';
import type { Design, EstimateContext } from '../design.ts';
import { type Cell, NOBODY, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { widthOf, windowDays } from './bins.ts';
import { type Axis, binCount, countEventTime, modelRow, wholeCount } from './counts.ts';
import { curveRows } from './curve.ts';
import { modelRows } from './model.ts';

const YEAR = { months: 12 } as const;

/** The days and bins that a protocol asks for. */
export function axisOf(estimate: EstimateOf<'event-time'>): Axis {
  const { window = { before: YEAR, after: YEAR }, bins = 'month', donut, model } = estimate;
  const width = widthOf(bins);
  return {
    ...windowDays(window),
    width,
    model: widthOf(model?.bins ?? (width.days / width.per < 28 ? 'month' : bins)),
    donut: donut === undefined ? undefined : { from: -donut.before, to: donut.after },
  };
}

const NO_EVENT: Readonly<Record<EstimateOf<'event-time'>['around'], string>> = {
  entry: NOBODY,
  exit: 'nobody in this population is seen to leave treatment in the time observed',
  're-entry': 'nobody in this population comes back to treatment in the time observed',
};

function nobodyRows(around: EstimateOf<'event-time'>['around'], context: EstimateContext): ResultRow[] {
  const cell: Cell = { ...context, design: 'event-time', stratum: 'all', level: 'all', persons: 0 };
  return [
    resultRow(
      { ...cell, phase: `around ${around}` },
      { measure: 'persons', method: 'count', unit: 'number' },
      { status: 'estimated', value: 0 },
    ),
    resultRow(
      cell,
      { measure: 'rate_ratio', method: 'conditional Poisson', unit: 'ratio', contrast: 'after / reference' },
      { status: 'not-estimable', note: NO_EVENT[around] },
    ),
  ];
}

export const eventTime: Design<'event-time'> = {
  estimand:
    'Events per person-year on each day, week or month to and since the event, in the persons then observed; and the ratio of these rates within the same persons. The event is not drawn by lot: people enter, leave and come back when something has happened.',
  plan: ({ protocol, estimate, members, context }) => {
    const axis = axisOf(estimate);
    const { bins, whole, model } = countEventTime(protocol, estimate, members, axis);
    const { around, interval = 'clustered' } = estimate;
    const reference = estimate.model?.reference ?? { from: axis.from, to: Math.ceil(axis.from / 2) };
    return {
      tables: [bins, whole, model],
      rows: async (read) => {
        const groups = await read.rows(wholeCount, whole);
        if (groups.length === 0) return nobodyRows(around, context);
        return [
          ...curveRows(await read.rows(binCount, bins), groups, { ...context, around, interval, axis }),
          ...modelRows(await read.columns(modelRow, model), groups, { ...context, axis, reference }),
        ];
      },
    };
  },
};
