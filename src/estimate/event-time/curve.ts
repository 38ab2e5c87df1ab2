import type { Row } from '../../engine/index.ts';
import { clusteredRate } from '../../stats/rates/clustered-rate.ts';
import { garwoodInterval } from '../../stats/rates/poisson-interval.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, DAYS_PER_YEAR, levelled, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { binsBetween, firstDayOf } from './bins.ts';
import type { Axis, binCount, wholeCount } from './counts.ts';

/** The curve: events over person-years in each bin, and the counts around the event as a whole. */

export interface CurveContext extends EstimateContext {
  readonly around: string;
  readonly interval: 'clustered' | 'exact';
  readonly axis: Axis;
}

type BinRow = Row<typeof binCount>;

const CLUSTERED = 'clustered by person';
const EXACT = 'exact Poisson (Garwood)';

/** With clustered intervals, a bin whose events say nothing of how persons differ has the exact interval, and says so. */
function rateOf(row: BinRow, context: CurveContext): { readonly method: string; readonly outcome: Outcome } {
  const events = row.events ?? 0;
  const years = (row.days ?? 0) / DAYS_PER_YEAR;
  if (years <= 0) return { method: EXACT, outcome: { status: 'not-estimable', note: 'no time at risk' } };
  const value = events / years;
  if (context.interval === 'clustered') {
    const clustered = clusteredRate(
      {
        persons: row.persons ?? 0,
        events,
        time: years,
        ee: row.ee ?? 0,
        et: (row.et ?? 0) / DAYS_PER_YEAR,
        tt: (row.tt ?? 0) / DAYS_PER_YEAR ** 2,
      },
      context.confidence,
    );
    if (clustered.status === 'estimated')
      return {
        method: CLUSTERED,
        outcome: {
          status: 'estimated',
          value,
          ci_low: clustered.lower,
          ci_high: clustered.upper,
          std_error: clustered.se_log,
        },
      };
  }
  const { lower, upper } = garwoodInterval(events, 1, context.confidence);
  return {
    method: EXACT,
    outcome: {
      status: 'estimated',
      value,
      ci_low: lower / years,
      ci_high: upper / years,
      ...(context.interval === 'clustered'
        ? { note: 'exact interval: the events do not show how persons differ' }
        : {}),
    },
  };
}

export function cellOf(
  context: EstimateContext,
  stratum: string,
  level: string,
  clock: string | null,
): Omit<Cell, 'persons'> {
  return {
    estimate_id: context.estimate_id,
    design: 'event-time',
    population: context.population,
    stratum,
    level,
    clock: clock === 'calendar' ? 'calendar' : 'at-liberty',
    variant: context.variant,
  };
}

/** Every bin of the axis has a row on every clock of a level; one that nobody was observed in says so. */
export function curveRows(
  bins: readonly BinRow[],
  whole: readonly Row<typeof wholeCount>[],
  context: CurveContext,
): ResultRow[] {
  const { axis } = context;
  const known = new Map(
    bins.map((row) => [JSON.stringify([row.stratum, row.level, row.clock, row.bin]), row]),
  );
  const count = { method: 'count', unit: 'number' };
  return whole.flatMap((group) => {
    const stratum = group.stratum ?? 'all';
    const level = group.level ?? 'all';
    const place = cellOf(context, stratum, level, group.clock);
    const persons = group.persons ?? 0;
    const anchors = group.anchors ?? 0;
    const cell: Cell = {
      ...place,
      phase: `around ${context.around}`,
      persons,
      events: group.events ?? 0,
      person_years: (group.days ?? 0) / DAYS_PER_YEAR,
    };
    const several = anchors > persons ? { note: 'some persons have several such events' } : {};
    const rows: ResultRow[] = [
      resultRow(cell, { measure: 'persons', ...count }, { status: 'estimated', value: persons, ...several }),
      resultRow(cell, { measure: 'events', ...count }, { status: 'estimated', value: cell.events ?? 0 }),
      resultRow(
        cell,
        { measure: 'person_years', method: 'sum', unit: 'years' },
        { status: 'estimated', value: cell.person_years ?? 0 },
      ),
    ];
    for (const bin of binsBetween(axis.from, axis.to, axis.width)) {
      const row = known.get(JSON.stringify([group.stratum, group.level, group.clock, bin])) ?? {
        ...{ stratum, level, clock: group.clock, bin, persons: 0, events: 0, days: 0 },
        ...{ ee: 0, et: 0, tt: 0 },
      };
      const { method, outcome } = rateOf(row, context);
      rows.push(
        resultRow(
          {
            ...place,
            persons: row.persons ?? 0,
            events: row.events ?? 0,
            person_years: (row.days ?? 0) / DAYS_PER_YEAR,
          },
          {
            measure: 'event_time_rate_curve',
            method: levelled(method, context.confidence),
            unit: 'per person-year',
            time: Math.max(axis.from, firstDayOf(bin, axis.width)),
          },
          outcome,
        ),
      );
    }
    return rows;
  });
}
