import { daysBetween, derive, type Sql, sql, type Table } from '../../engine/index.ts';
import { journey } from '../../journeys/tables.ts';
import { cohort } from '../../persontime/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';

/**
 * The events that time is counted from, and which days belong to each, as days [from_day, to_day) from the event.
 *
 * entry: time zero. exit: the first day after a journey, the entry journey's or a later one's, within the later window;
 * a journey that is never seen to end has none. re-entry: the first day of a journey after the entry journey.
 * Of a person with several: `nearest` gives each day to the nearest event (to the later one at equal distance), `first`
 * keeps the first only, `stacked` gives each its whole window.
 */

export const anchorColumns = {
  person_id: 'VARCHAR',
  anchor_date: 'DATE',
  from_day: 'INTEGER',
  to_day: 'INTEGER',
} as const;

function eventsAround(around: EstimateOf<'event-time'>['around'], members: Table): Sql {
  if (around === 'entry')
    return sql`SELECT c.person_id, c.entry_date AS anchor_date FROM ${cohort} AS c
      JOIN ${members} AS m ON m.person_id = c.person_id`;
  const [date, which] =
    around === 'exit'
      ? [sql`j.end_date`, sql`j.journey >= c.journey`]
      : [sql`j.start_date`, sql`j.journey > c.journey`];
  return sql`SELECT c.person_id, ${date} AS anchor_date FROM ${cohort} AS c
      JOIN ${members} AS m ON m.person_id = c.person_id
      JOIN ${journey} AS j ON j.person_id = c.person_id AND ${which}
      WHERE ${date} >= c.after_start AND ${date} < c.after_end`;
}

export function anchorsOf(
  estimate: EstimateOf<'event-time'>,
  members: Table,
  window: { readonly from: number; readonly to: number },
): Table<typeof anchorColumns> {
  const events = eventsAround(estimate.around, members);
  const overlap = estimate.overlap ?? 'nearest';
  const whole = [sql`CAST(${window.from} AS INTEGER)`, sql`CAST(${window.to} AS INTEGER)`] as const;
  const since = daysBetween(sql`previous`, sql`anchor_date`);
  const until = daysBetween(sql`anchor_date`, sql`next`);
  const [from, to] =
    overlap === 'nearest'
      ? [
          sql`CASE WHEN previous IS NULL THEN ${whole[0]} ELSE greatest(${whole[0]}, -CAST(floor(${since} / 2.0) AS INTEGER)) END`,
          sql`CASE WHEN next IS NULL THEN ${whole[1]} ELSE least(${whole[1]}, CAST(floor((${until} + 1) / 2.0) AS INTEGER)) END`,
        ]
      : whole;
  return derive(
    `event_time_anchor_${estimate.id}_${members.name}`,
    anchorColumns,
    sql`
    SELECT person_id, anchor_date, ${from} AS from_day, ${to} AS to_day
    FROM (
      SELECT person_id, anchor_date,
        lag(anchor_date) OVER (PARTITION BY person_id ORDER BY anchor_date) AS previous,
        lead(anchor_date) OVER (PARTITION BY person_id ORDER BY anchor_date) AS next
      FROM (${events}) AS event
    ) AS placed
    ${overlap === 'first' ? sql`WHERE previous IS NULL` : sql``}`,
  );
}
