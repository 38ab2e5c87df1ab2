import { daysBetween, derive, sql, type Table } from '../../engine/index.ts';
import { person } from '../../link/tables.ts';
import { cohort, interval } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import { type Clock, clocksOf } from '../clocks.ts';
import { eventsOf } from '../events.ts';
import { strataOf } from '../population.ts';
import {
  ageBandsOf,
  bandAt,
  calendarBandsOf,
  cutDays,
  PRE_EXPOSURE,
  riskSpans,
  windowLabels,
} from './exposure.ts';

/**
 * The case series: persons with at least one event in the time observed, that time cut wherever the exposure, the age
 * band or the calendar band changes. Persons without events do not enter the likelihood and are not read.
 */

export const caseRow = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  person: 'INTEGER',
  exposure: 'VARCHAR',
  age: 'INTEGER',
  calendar: 'INTEGER',
  /** Observation ended with death or emigration. */
  departed: 'INTEGER',
  days: 'INTEGER',
  events: 'INTEGER',
  /** The person's first event alone. */
  first_events: 'INTEGER',
} as const;

/** Custody is removed from the time observed wherever it is known, unless the protocol asks for the calendar. */
export function clockOf(protocol: Protocol, estimate: EstimateOf<'sccs'>): Clock {
  return clocksOf(protocol, estimate.clock).at(-1) ?? 'calendar';
}

export function countCases(
  protocol: Protocol,
  estimate: EstimateOf<'sccs'>,
  members: Table,
): Table<typeof caseRow> {
  const suffix = `${estimate.id}_${members.name}`;
  const isCounted = clockOf(protocol, estimate) === 'calendar' ? sql`TRUE` : sql`NOT i.removed`;
  const spans = riskSpans(estimate, members);
  const cuts = cutDays(estimate, members, spans);
  const labels = windowLabels(estimate);
  const events = derive(
    `sccs_event_${suffix}`,
    { person_id: 'VARCHAR', event_date: 'DATE', place: 'BIGINT' },
    sql`
    SELECT e.person_id, e.event_date, row_number() OVER (PARTITION BY e.person_id ORDER BY e.event_date) AS place
    FROM ${eventsOf(protocol, estimate.outcome)} AS e
    JOIN ${members} AS m ON m.person_id = e.person_id
    JOIN ${interval} AS i ON i.person_id = e.person_id AND e.event_date >= i.start_date AND e.event_date < i.end_date
    WHERE ${isCounted}`,
  );
  const observed = sql`
      SELECT i.person_id, i.start_date, i.end_date, i.treatment_phase FROM ${interval} AS i
      WHERE ${isCounted} AND i.person_id IN (SELECT person_id FROM ${events})`;
  const piece = derive(
    `sccs_piece_${suffix}`,
    { person_id: 'VARCHAR', start_date: 'DATE', end_date: 'DATE', treatment_phase: 'VARCHAR' },
    sql`
    SELECT person_id, cut_date AS start_date,
      coalesce(lead(cut_date) OVER (PARTITION BY person_id, start_date ORDER BY cut_date), end_date) AS end_date, treatment_phase
    FROM (
      SELECT person_id, start_date, end_date, treatment_phase, start_date AS cut_date FROM (${observed}) AS whole
      UNION
      SELECT o.person_id, o.start_date, o.end_date, o.treatment_phase, c.cut_date FROM (${observed}) AS o
      JOIN ${cuts} AS c ON c.person_id = o.person_id AND c.cut_date > o.start_date AND c.cut_date < o.end_date
    ) AS cut`,
  );
  const exposed = sql`
      SELECT p.person_id, p.start_date, min(s.place) AS place
      FROM ${piece} AS p
      JOIN ${spans} AS s ON s.person_id = p.person_id AND s.start_date <= p.start_date AND s.end_date > p.start_date
      WHERE s.place < ${labels.length} OR p.treatment_phase <> 'in' OR ${estimate.exposure === 'interventions'}
      GROUP BY p.person_id, p.start_date`;
  const otherwise = estimate.phases === true ? sql`q.treatment_phase` : sql`'baseline'`;
  const names = [...labels, PRE_EXPOSURE]
    .map((label, place) => sql`WHEN x.place = ${place} THEN ${label}`)
    .reduce((above, below) => sql`${above} ${below}`);
  return derive(
    `sccs_case_${suffix}`,
    caseRow,
    sql`
    SELECT s.stratum, s.level, n.person, r.exposure, r.age, r.calendar,
      CASE WHEN c.end_reason IN ('death', 'emigration') THEN 1 ELSE 0 END AS departed,
      CAST(r.days AS INTEGER) AS days, CAST(r.events AS INTEGER) AS events, CAST(r.first_events AS INTEGER) AS first_events
    FROM (
      SELECT person_id, exposure, age, calendar, sum(days) AS days, sum(events) AS events, sum(first_events) AS first_events
      FROM (
        SELECT q.person_id, CASE ${names} ELSE ${otherwise} END AS exposure,
          ${bandAt(ageBandsOf(estimate), sql`q.start_date`)} AS age, ${bandAt(calendarBandsOf(estimate), sql`q.start_date`)} AS calendar,
          ${daysBetween(sql`q.start_date`, sql`q.end_date`)} AS days, coalesce(v.events, 0) AS events,
          coalesce(v.first_events, 0) AS first_events
        FROM ${piece} AS q
        JOIN ${person} AS p ON p.person_id = q.person_id
        LEFT JOIN (${exposed}) AS x ON x.person_id = q.person_id AND x.start_date = q.start_date
        LEFT JOIN (
          SELECT t.person_id, t.start_date, count(*) AS events, sum(CASE WHEN o.place = 1 THEN 1 ELSE 0 END) AS first_events
          FROM ${events} AS o
          JOIN ${piece} AS t ON t.person_id = o.person_id AND o.event_date >= t.start_date AND o.event_date < t.end_date
          GROUP BY t.person_id, t.start_date
        ) AS v ON v.person_id = q.person_id AND v.start_date = q.start_date
      ) AS described
      GROUP BY person_id, exposure, age, calendar
    ) AS r
    JOIN (
      SELECT person_id, CAST(row_number() OVER (ORDER BY person_id) AS INTEGER) AS person
      FROM (SELECT DISTINCT person_id FROM ${events}) AS known
    ) AS n ON n.person_id = r.person_id
    JOIN ${cohort} AS c ON c.person_id = r.person_id
    JOIN ${strataOf(protocol, estimate, members)} AS s ON s.person_id = r.person_id`,
  );
}
