import { derive, list, name, type Sql, sql, type Table } from '../../engine/index.ts';
import { aggregateInterval } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import { clocksOf } from '../clocks.ts';
import { intervalEvents } from '../events.ts';
import { strataOf } from '../population.ts';

/**
 * Events and person-time in each cell, and the sums over persons of their products (events and years): the sufficient
 * statistics of a rate, whether events or persons are taken as independent.
 */

export const rateCount = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  divided_by: 'VARCHAR',
  division: 'VARCHAR',
  clock: 'VARCHAR',
  persons: 'BIGINT',
  events: 'BIGINT',
  person_years: 'DOUBLE',
  ee: 'DOUBLE',
  et: 'DOUBLE',
  tt: 'DOUBLE',
} as const;

export type Division = NonNullable<EstimateOf<'rates'>['by']>[number];

/** How the person-time is divided by default; aggregate registers know no phases. */
/** What the counts need to know: another design asks for the cells of its own comparison in the same words. */
export type RatesAsked = Pick<
  EstimateOf<'rates'>,
  'id' | 'outcome' | 'by' | 'clock' | 'source' | 'minimum_exposure' | 'strata'
>;

export function divisionsOf(estimate: RatesAsked): readonly Division[] {
  return estimate.by ?? (estimate.source === 'aggregate' ? [] : ['window', 'phase']);
}

const COLUMN: Readonly<Record<Division, string>> = {
  window: 'time_window',
  phase: 'treatment_phase',
  calendar_year: 'calendar_year',
  age_band: 'age_band',
  period: 'period',
};

interface Time {
  readonly years: Sql;
  /** Sums over persons of events x years and of years squared. */
  readonly et: Sql;
  readonly tt: Sql;
}

function group(estimate: RatesAsked, persons: Table, strata: Table, time: Time): Table {
  return derive(
    `rate_count_${estimate.id}_${strata.name}`,
    rateCount,
    sql`SELECT s.stratum, s.level, p.divided_by, p.division, p.clock, CAST(count(*) AS BIGINT) AS persons,
        CAST(sum(p.events) AS BIGINT) AS events, ${time.years} AS person_years,
        CAST(sum(p.events * p.events) AS DOUBLE) AS ee, ${time.et} AS et, ${time.tt} AS tt
      FROM ${persons} AS p JOIN ${strata} AS s ON s.person_id = p.person_id
      GROUP BY s.stratum, s.level, p.divided_by, p.division, p.clock`,
  );
}

/** Sums of whole numbers, so that no sum depends on the order of the rows. */
const IN_DAYS: Time = {
  years: sql`CAST(sum(p.days) AS DOUBLE) / 365.25`,
  et: sql`CAST(sum(p.events * p.days) AS DOUBLE) / 365.25`,
  tt: sql`CAST(sum(p.days * p.days) AS DOUBLE) / (365.25 * 365.25)`,
};
const IN_NANOYEARS: Time = {
  years: sql`CAST(sum(p.nanoyears) AS DOUBLE) / 1000000000.0`,
  et: sql`CAST(sum(p.events * p.nanoyears) AS DOUBLE) / 1000000000.0`,
  // The square of nanoyears is too large for a whole number; that of microyears is not.
  tt: sql`CAST(sum(CAST(round(p.nanoyears / 1000.0) AS BIGINT) * CAST(round(p.nanoyears / 1000.0) AS BIGINT)) AS DOUBLE) / 1000000000000.0`,
};

/** Dated events: each person's days and events by division and clock, then summed over persons. */
function fromIntervals(protocol: Protocol, estimate: RatesAsked, population: Table): Table {
  const events = intervalEvents(protocol, estimate.outcome);
  const parts: Sql[] = [];
  for (const clock of clocksOf(protocol, estimate.clock)) {
    const where = clock === 'calendar' ? sql`TRUE` : sql`NOT removed`;
    for (const division of divisionsOf(estimate)) {
      // In custody the calendar clock runs on: the phase is that of the treatment underneath.
      parts.push(sql`SELECT person_id, ${division} AS divided_by, CAST(${name(COLUMN[division])} AS VARCHAR) AS division, ${clock} AS clock,
        sum(days) AS days, sum(events) AS events FROM ${events} WHERE ${where} GROUP BY person_id, ${name(COLUMN[division])}`);
    }
  }
  const persons = derive(
    `rate_person_${estimate.id}`,
    {
      person_id: 'VARCHAR',
      divided_by: 'VARCHAR',
      division: 'VARCHAR',
      clock: 'VARCHAR',
      days: 'BIGINT',
      events: 'BIGINT',
    },
    sql`SELECT person_id, divided_by, division, clock, CAST(days AS BIGINT) AS days, CAST(events AS BIGINT) AS events
      FROM (${list(parts, 'union')}) AS by_person WHERE days > 0`,
  );
  return group(estimate, persons, strataOf(protocol, estimate, population), IN_DAYS);
}

/**
 * Counts with time at liberty. Cells without time at liberty have no denominator: their events are told apart and are in
 * no rate. Cells with less than the declared minimum are in the whole, and a division of their own as well.
 */
function fromAggregate(protocol: Protocol, estimate: RatesAsked, population: Table): Table {
  const minimum = estimate.minimum_exposure ?? 0.01;
  const exposure = sql`CASE WHEN exposure IS NULL OR exposure <= 0 THEN 'no time at liberty'
    WHEN exposure < ${minimum} THEN ${`under ${minimum} years at liberty`} ELSE ${`${minimum} years or more at liberty`} END`;
  const atLiberty = sql`exposure > 0`;
  const divisions: (readonly [string, Sql, Sql])[] = [
    ['whole', sql`'all'`, atLiberty],
    ['exposure', exposure, sql`TRUE`],
    ...divisionsOf(estimate).map(
      (division) => [division, sql`CAST(${name(COLUMN[division])} AS VARCHAR)`, atLiberty] as const,
    ),
  ];
  // Exposure is summed as whole nanoyears, so that the sum does not depend on the order of the rows.
  const parts = divisions.map(
    ([
      divided_by,
      division,
      where,
    ]) => sql`SELECT person_id, ${divided_by} AS divided_by, ${division} AS division, 'at-liberty' AS clock,
      sum(CAST(round(coalesce(exposure, 0) * 1000000000.0) AS BIGINT)) AS nanoyears, sum(coalesce(events, 0)) AS events
      FROM ${aggregateInterval} WHERE ${where} GROUP BY person_id, ${division}`,
  );
  const persons = derive(
    `rate_person_${estimate.id}`,
    {
      person_id: 'VARCHAR',
      divided_by: 'VARCHAR',
      division: 'VARCHAR',
      clock: 'VARCHAR',
      nanoyears: 'BIGINT',
      events: 'BIGINT',
    },
    sql`SELECT person_id, divided_by, division, clock, CAST(nanoyears AS BIGINT) AS nanoyears, CAST(events AS BIGINT) AS events
      FROM (${list(parts, 'union')}) AS by_person`,
  );
  return group(estimate, persons, strataOf(protocol, estimate, population), IN_NANOYEARS);
}

export function countRates(protocol: Protocol, estimate: RatesAsked, population: Table): Table {
  return estimate.source === 'aggregate'
    ? fromAggregate(protocol, estimate, population)
    : fromIntervals(protocol, estimate, population);
}
