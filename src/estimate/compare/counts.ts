import {
  type Columns,
  type ColumnType,
  derive,
  list,
  name,
  type Sql,
  sql,
  type Table,
} from '../../engine/index.ts';
import { cohortStratum } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import { type AdjustmentTerm, adjustmentOf } from '../adjustment.ts';
import { clocksOf } from '../clocks.ts';
import { intervalEvents } from '../events.ts';
import { strataOf } from '../population.ts';
import { countRates, type RatesAsked } from '../rates/counts.ts';

/**
 * What a comparison stands on: the cells of each level, as the rates design counts them, and one row a person (and year or
 * age band, where time is divided) for the regressions, whose likelihoods do not compress.
 */

export interface CompareCounts {
  readonly cells: Table;
  readonly rows: Table;
  readonly columns: Columns;
  /** The stratum that is compared, and the column of its levels. */
  readonly compared: readonly { readonly stratum: string; readonly column: string }[];
  readonly terms: readonly AdjustmentTerm[];
}

/** `after entry`, or a phase: the time that is compared. */
export function placeOf(estimate: EstimateOf<'compare'>): {
  readonly divided_by: 'window' | 'phase';
  readonly division: string;
} {
  return estimate.phase === undefined
    ? { divided_by: 'window', division: estimate.window ?? 'after' }
    : { divided_by: 'phase', division: estimate.phase };
}

export function countCompare(
  protocol: Protocol,
  estimate: EstimateOf<'compare'>,
  population: Table,
): CompareCounts {
  const { id, outcome, strata = [], divide = [], cluster } = estimate;
  const { divided_by, division } = placeOf(estimate);
  const asked: RatesAsked = { id, outcome, strata, source: 'intervals', by: [divided_by] };
  const cells = countRates(
    protocol,
    estimate.clock === undefined ? asked : { ...asked, clock: estimate.clock },
    population,
  );
  const adjustment = adjustmentOf(protocol, estimate, population, estimate.adjust ?? []);
  const levels = strataOf(protocol, { id: `${id}_level`, strata }, population);
  const compared = strata.map((stratum, i) => ({ stratum, column: `level_${i + 1}` }));

  const columns: Record<string, ColumnType> = { cluster: 'VARCHAR', person_id: 'VARCHAR' };
  const select: Sql[] = [];
  const group: Sql[] = [sql`i.person_id`];
  const put = (column: string, type: ColumnType, value: Sql): void => {
    columns[column] = type;
    select.push(sql`${value} AS ${name(column)}`);
    group.push(value);
  };
  for (const column of divide)
    put(column, 'VARCHAR', sql`coalesce(CAST(i.${name(column)} AS VARCHAR), 'not recorded')`);
  let from = sql`${intervalEvents(protocol, outcome)} AS i JOIN ${adjustment.table} AS a ON a.person_id = i.person_id`;
  for (const { stratum, column } of compared) {
    put(column, 'VARCHAR', sql`${name(column)}.level`);
    from = sql`${from}
      JOIN (SELECT person_id, level FROM ${levels} WHERE stratum = ${stratum}) AS ${name(column)} ON ${name(column)}.person_id = i.person_id`;
  }
  for (const { column, kind } of adjustment.terms)
    put(column, kind === 'level' ? 'VARCHAR' : 'DOUBLE', sql`a.${name(column)}`);
  // A person whose cluster is not recorded is one alone.
  const unit =
    cluster === undefined
      ? sql`i.person_id`
      : sql`coalesce(nullif(k.level, 'not recorded'), 'person ' || i.person_id)`;
  if (cluster !== undefined) {
    group.push(unit);
    from = sql`${from}
      LEFT JOIN (SELECT person_id, level FROM ${cohortStratum} WHERE stratum = ${cluster}) AS k ON k.person_id = i.person_id`;
  }
  const sums = ['days', 'events', 'free_days', 'free_events'].map((column) => {
    columns[column] = 'BIGINT';
    const value = name(column.replace('free_', ''));
    return column.startsWith('free_')
      ? sql`CAST(sum(CASE WHEN i.removed THEN 0 ELSE i.${value} END) AS BIGINT) AS ${name(column)}`
      : sql`CAST(sum(i.${value}) AS BIGINT) AS ${name(column)}`;
  });
  const where =
    divided_by === 'window' ? sql`i.time_window = ${division}` : sql`i.treatment_phase = ${division}`;
  const rows = derive(
    `compare_row_${id}_${population.name}`,
    columns,
    sql`SELECT ${list([sql`${unit} AS ${name('cluster')}`, sql`i.person_id`, ...select, ...sums])}
      FROM ${from} WHERE ${where} GROUP BY ${list(group)}`,
  );
  return {
    cells,
    rows,
    columns,
    compared,
    terms: [
      ...adjustment.terms,
      ...divide.map((column): AdjustmentTerm => ({ column, label: column.replace('_', ' '), kind: 'level' })),
    ],
  };
}

/** Clocks of the comparison, each with the columns it counts. */
export function columnsOfClocks(
  protocol: Protocol,
  estimate: EstimateOf<'compare'>,
): readonly { readonly clock: 'calendar' | 'at-liberty'; readonly days: string; readonly events: string }[] {
  return clocksOf(protocol, estimate.clock).map((clock) =>
    clock === 'calendar'
      ? { clock, days: 'days', events: 'events' }
      : { clock, days: 'free_days', events: 'free_events' },
  );
}
