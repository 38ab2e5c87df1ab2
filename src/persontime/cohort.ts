import { daysBetween, derive, fill, type Sql, sql } from '../engine/index.ts';
import { type Judged, judgedColumns } from './eligibility.ts';
import { cohort } from './tables.ts';
import type { Windows } from './windows.ts';

/**
 * The study population with its windows.
 *
 * Time at risk after entry ends at the first of: the window's end, death, emigration, the journey's end (where the
 * protocol says so), the end of data (a person's own, or what all registers needed have seen). Death and emigration
 * count from their own day. Before entry it starts at the last of: the window's start, what the registers have seen,
 * the latest immigration. A window that the protocol does not ask for is NULL.
 *
 * Follow-up of the journey ends with the window, but a window that runs "until journey-end" does not cut the journey
 * it is cut by. A journey that ends on the very day follow-up ends was never seen to end: `left_treatment` is FALSE and
 * `exit_group` is open.
 */
export function cohortOf(judged: Judged, windows: Windows): typeof cohort {
  const followed = windows.until === 'journey-end' ? sql`window_cap` : sql`window_end`;
  const cut = derive(
    'cohort_cut',
    { ...judgedColumns, risk_end: 'DATE', follow_up_end: 'DATE' },
    sql`
    SELECT *, least(window_end, death, emigration, data_end, observed_to) AS risk_end,
      least(${followed}, death, emigration, data_end, observed_to) AS follow_up_end
    FROM ${judged}
    WHERE excluded_at IS NULL AND entry_date IS NOT NULL`,
  );
  const onlyWith = (asked: boolean, date: Sql): Sql => (asked ? date : sql`CAST(NULL AS DATE)`);
  const has_before = windows.before !== undefined;
  const left = sql`journey_reach < follow_up_end`;
  return fill(
    cohort,
    sql`
    SELECT person_id, entry_date, journey, age_at_entry, sex, area, link_class,
      ${onlyWith(has_before, sql`greatest(window_start, observed_from, coalesce(immigration, window_start))`)} AS before_start,
      ${onlyWith(has_before, sql`entry_date`)} AS before_end,
      ${onlyWith(windows.has_after, sql`entry_date`)} AS after_start,
      ${onlyWith(windows.has_after, sql`risk_end`)} AS after_end,
      ${windows.has_after ? endReason(windows) : sql`CAST(NULL AS VARCHAR)`} AS end_reason,
      least(journey_reach, follow_up_end) AS journey_end,
      ${left} AS left_treatment,
      CASE WHEN ${left} THEN exit_group ELSE 'open' END AS exit_group,
      ${daysBetween(sql`entry_date`, sql`least(journey_reach, follow_up_end)`)} AS retained_days,
      CASE WHEN next_start < risk_end THEN next_start END AS re_entry_date
    FROM ${cut}`,
  );
}

function endReason(windows: Windows): Sql {
  const journeyEnd =
    windows.until === 'journey-end' ? sql` WHEN risk_end = journey_reach THEN 'journey-end'` : sql``;
  return sql`CASE WHEN risk_end = window_cap THEN 'window' WHEN risk_end = death THEN 'death'
        WHEN risk_end = emigration THEN 'emigration'${journeyEnd} ELSE 'end-of-data' END`;
}
