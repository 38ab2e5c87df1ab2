import { daysBetween, derive, explodeRange, list, type Sql, sql, type Table } from '../../engine/index.ts';
import { interval } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import { type Clock, clocksOf } from '../clocks.ts';
import { eventsOf } from '../events.ts';
import { strataOf } from '../population.ts';
import { type anchorColumns, anchorsOf } from './anchors.ts';
import { binOfDaySql, firstDaySql, isSameWidth, type Width } from './bins.ts';

/**
 * Days and events by person and bin around an event, from the persons' time at risk: a day that no register has seen is
 * in no bin. Then the sums that a curve with clustered intervals needs, and the rows of the within-person model.
 */

const cell = {
  person_id: 'VARCHAR',
  bin: 'INTEGER',
  in_donut: 'BOOLEAN',
  removed: 'BOOLEAN',
  days: 'BIGINT',
  events: 'BIGINT',
} as const;

/** Over persons with time in the bin: sums of events and days, and of their products. */
export const binCount = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  clock: 'VARCHAR',
  bin: 'INTEGER',
  persons: 'BIGINT',
  events: 'BIGINT',
  days: 'BIGINT',
  ee: 'DOUBLE',
  et: 'DOUBLE',
  tt: 'DOUBLE',
} as const;

/** Persons with an event to count from and time around it. */
export const wholeCount = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  clock: 'VARCHAR',
  persons: 'BIGINT',
  events: 'BIGINT',
  days: 'BIGINT',
  /** Events to count from: more than persons where some have several. */
  anchors: 'BIGINT',
} as const;

/** Persons with at least one event outside the donut: the others say nothing about a change within persons. */
export const modelRow = {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  clock: 'VARCHAR',
  person: 'INTEGER',
  bin: 'INTEGER',
  days: 'INTEGER',
  events: 'INTEGER',
} as const;

export interface EventTimeCounts {
  readonly bins: Table<typeof binCount>;
  readonly whole: Table<typeof wholeCount>;
  readonly model: Table<typeof modelRow>;
}

export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly width: Width;
  readonly model: Width;
  /** First day left out, and first day that is not. */
  readonly donut: { readonly from: number; readonly to: number } | undefined;
}

function cells(
  tableName: string,
  anchors: Table<typeof anchorColumns>,
  events: Table,
  axis: Axis,
  width: Width,
): Table<typeof cell> {
  const { donut } = axis;
  const parts =
    donut === undefined
      ? [sql`SELECT FALSE AS in_donut, ${axis.from} AS part_from, ${axis.to} AS part_to`]
      : [
          sql`SELECT FALSE AS in_donut, ${axis.from} AS part_from, ${donut.from} AS part_to`,
          sql`SELECT TRUE AS in_donut, ${donut.from} AS part_from, ${donut.to} AS part_to`,
          sql`SELECT FALSE AS in_donut, ${donut.to} AS part_from, ${axis.to} AS part_to`,
        ];
  const start = daysBetween(sql`a.anchor_date`, sql`i.start_date`);
  const end = daysBetween(sql`a.anchor_date`, sql`i.end_date`);
  const day = daysBetween(sql`a.anchor_date`, sql`e.event_date`);
  const isInDonut =
    donut === undefined ? sql`FALSE` : sql`(${day} >= ${donut.from} AND ${day} < ${donut.to})`;
  return derive(
    tableName,
    cell,
    sql`
    SELECT d.person_id, d.bin, d.in_donut, d.removed, d.days, CAST(coalesce(v.events, 0) AS BIGINT) AS events
    FROM (
      SELECT person_id, bin, in_donut, removed,
        CAST(sum(least(to_day, ${firstDaySql(sql`bin + 1`, width)}) - greatest(from_day, ${firstDaySql(sql`bin`, width)})) AS BIGINT) AS days
      FROM (
        SELECT person_id, in_donut, removed, from_day, to_day,
          ${explodeRange(binOfDaySql(sql`from_day`, width), sql`${binOfDaySql(sql`to_day - 1`, width)} + 1`)} AS bin
        FROM (
          SELECT i.person_id, p.in_donut, i.removed, greatest(${start}, a.from_day, p.part_from) AS from_day,
            least(${end}, a.to_day, p.part_to) AS to_day
          FROM ${anchors} AS a
          JOIN ${interval} AS i ON i.person_id = a.person_id
          CROSS JOIN (${list(parts, 'union')}) AS p
        ) AS piece
        WHERE from_day < to_day
      ) AS binned
      GROUP BY person_id, bin, in_donut, removed
    ) AS d
    LEFT JOIN (
      SELECT a.person_id, ${binOfDaySql(sql`${day}`, width)} AS bin, ${isInDonut} AS in_donut, i.removed, count(*) AS events
      FROM ${anchors} AS a
      JOIN ${events} AS e ON e.person_id = a.person_id
      JOIN ${interval} AS i ON i.person_id = e.person_id AND e.event_date >= i.start_date AND e.event_date < i.end_date
      WHERE ${day} >= a.from_day AND ${day} < a.to_day
      GROUP BY a.person_id, ${binOfDaySql(sql`${day}`, width)}, ${isInDonut}, i.removed
    ) AS v ON v.person_id = d.person_id AND v.bin = d.bin AND v.in_donut = d.in_donut AND v.removed = d.removed`,
  );
}

function onClocks(clocks: readonly Clock[], rows: (clock: Clock, isCounted: Sql) => Sql): Sql {
  return list(
    clocks.map((clock) => rows(clock, clock === 'calendar' ? sql`TRUE` : sql`NOT removed`)),
    'union',
  );
}

export function countEventTime(
  protocol: Protocol,
  estimate: EstimateOf<'event-time'>,
  members: Table,
  axis: Axis,
): EventTimeCounts {
  const suffix = `${estimate.id}_${members.name}`;
  const clocks = clocksOf(protocol, estimate.clock);
  const strata = strataOf(protocol, estimate, members);
  const anchors = anchorsOf(estimate, members, axis);
  const events = eventsOf(protocol, estimate.outcome);
  const curve = cells(`event_time_cell_${suffix}`, anchors, events, axis, axis.width);
  const coarse = isSameWidth(axis.width, axis.model)
    ? curve
    : cells(`event_time_model_cell_${suffix}`, anchors, events, axis, axis.model);
  const bins = derive(
    `event_time_bin_${suffix}`,
    binCount,
    sql`
    SELECT s.stratum, s.level, p.clock, p.bin, CAST(count(*) AS BIGINT) AS persons,
      CAST(sum(p.events) AS BIGINT) AS events, CAST(sum(p.days) AS BIGINT) AS days,
      CAST(sum(p.events * p.events) AS DOUBLE) AS ee, CAST(sum(p.events * p.days) AS DOUBLE) AS et,
      CAST(sum(p.days * p.days) AS DOUBLE) AS tt
    FROM (${onClocks(
      clocks,
      (clock, isCounted) => sql`
      SELECT person_id, ${clock} AS clock, bin, sum(days) AS days, sum(events) AS events
      FROM ${curve} WHERE ${isCounted} GROUP BY person_id, bin`,
    )}) AS p
    JOIN ${strata} AS s ON s.person_id = p.person_id
    GROUP BY s.stratum, s.level, p.clock, p.bin`,
  );
  const whole = derive(
    `event_time_whole_${suffix}`,
    wholeCount,
    sql`
    SELECT s.stratum, s.level, p.clock, CAST(count(*) AS BIGINT) AS persons, CAST(sum(p.events) AS BIGINT) AS events,
      CAST(sum(p.days) AS BIGINT) AS days, CAST(sum(n.anchors) AS BIGINT) AS anchors
    FROM (${onClocks(
      clocks,
      (clock, isCounted) => sql`
      SELECT person_id, ${clock} AS clock, sum(days) AS days, sum(events) AS events
      FROM ${curve} WHERE ${isCounted} GROUP BY person_id`,
    )}) AS p
    JOIN (SELECT person_id, count(*) AS anchors FROM ${anchors} GROUP BY person_id) AS n ON n.person_id = p.person_id
    JOIN ${strata} AS s ON s.person_id = p.person_id
    GROUP BY s.stratum, s.level, p.clock`,
  );
  const model = derive(
    `event_time_model_${suffix}`,
    modelRow,
    sql`
    SELECT s.stratum, s.level, p.clock, n.person, p.bin, CAST(p.days AS INTEGER) AS days, CAST(p.events AS INTEGER) AS events
    FROM (${onClocks(
      clocks,
      (clock, isCounted) => sql`
      SELECT person_id, ${clock} AS clock, bin, sum(days) AS days, sum(events) AS events
      FROM ${coarse} WHERE ${isCounted} AND NOT in_donut AND person_id IN (
        SELECT person_id FROM ${coarse} WHERE ${isCounted} AND NOT in_donut AND events > 0)
      GROUP BY person_id, bin`,
    )}) AS p
    JOIN (
      SELECT person_id, CAST(row_number() OVER (ORDER BY person_id) AS INTEGER) AS person
      FROM (SELECT DISTINCT person_id FROM ${coarse}) AS known
    ) AS n ON n.person_id = p.person_id
    JOIN ${strata} AS s ON s.person_id = p.person_id`,
  );
  return { bins, whole, model };
}
