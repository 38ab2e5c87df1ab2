import {
  addDays,
  type Columns,
  type ColumnType,
  daysBetween,
  derive,
  list,
  name,
  type Sql,
  sql,
  type Table,
} from '../../engine/index.ts';
import { contact } from '../../link/tables.ts';
import { cohort, cohortStratum, interval } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import { type Adjustment, adjustmentOf } from '../adjustment.ts';
import { eventsOf, intervalEvents } from '../events.ts';

/**
 * One row a person of either arm: events and days before and after on both clocks, what the arms are made alike in, the
 * unit of clustering, and contacts with the events and days after them. The negative binomial likelihood with a covariate
 * of its own for each person does not compress.
 */

const OWN = {
  person_id: 'VARCHAR',
  /** 1 treated, 0 comparison. */
  arm: 'INTEGER',
  /** Events before and after, days before and after; f: at liberty. */
  b: 'BIGINT',
  a: 'BIGINT',
  tb: 'BIGINT',
  ta: 'BIGINT',
  fb: 'BIGINT',
  fa: 'BIGINT',
  ftb: 'BIGINT',
  fta: 'BIGINT',
  cluster: 'VARCHAR',
  /** Contacts until the landmark; events and days from it on. NULL for whoever was not followed beyond it. */
  contacts: 'BIGINT',
  l: 'BIGINT',
  tl: 'BIGINT',
  fl: 'BIGINT',
  ftl: 'BIGINT',
} as const satisfies Columns;

export interface ArmCounts {
  readonly table: Table;
  readonly columns: typeof OWN & Columns;
  readonly adjustment: Adjustment;
  /** Columns of the strata within which pairs are made. */
  readonly exact: readonly string[];
}

export function countArms(
  protocol: Protocol,
  estimate: EstimateOf<'partnership'>,
  members: Table,
): ArmCounts {
  const suffix = `${estimate.id}_${members.name}`;
  const adjustment = adjustmentOf(protocol, estimate, members, estimate.adjust ?? []);
  const levelsOf = (stratum: string): Sql =>
    sql`(SELECT person_id, level FROM ${cohortStratum} WHERE stratum = ${stratum})`;
  const total = (column: 'events' | 'days', window: 'before' | 'after', free: boolean): Sql =>
    sql`CAST(sum(CASE WHEN i.time_window = ${window}${free ? sql` AND NOT i.removed` : sql``} THEN i.${name(column)} ELSE 0 END) AS BIGINT)`;
  const { person_id, arm, b, a, tb, ta, fb, fa, ftb, fta } = OWN;
  const windows = derive(
    `partnership_window_${suffix}`,
    { person_id, arm, b, a, tb, ta, fb, fa, ftb, fta },
    sql`
    SELECT i.person_id, CASE WHEN g.level = ${estimate.treated} THEN 1 ELSE 0 END AS arm,
      ${total('events', 'before', false)} AS b, ${total('events', 'after', false)} AS a,
      ${total('days', 'before', false)} AS tb, ${total('days', 'after', false)} AS ta,
      ${total('events', 'before', true)} AS fb, ${total('events', 'after', true)} AS fa,
      ${total('days', 'before', true)} AS ftb, ${total('days', 'after', true)} AS fta
    FROM ${intervalEvents(protocol, estimate.outcome)} AS i
    JOIN ${members} AS m ON m.person_id = i.person_id
    JOIN ${levelsOf(estimate.arms)} AS g ON g.person_id = i.person_id
    WHERE g.level IN (${list([estimate.treated, estimate.comparison])})
    GROUP BY i.person_id, g.level`,
  );
  const columns: Record<string, ColumnType> = { ...OWN };
  const select: Sql[] = Object.keys(windows.columns).map((column) => sql`w.${name(column)}`);
  let from = sql`${windows} AS w`;
  if (estimate.cluster === undefined) select.push(sql`w.person_id AS cluster`);
  else {
    select.push(sql`coalesce(k.level, 'not recorded') AS cluster`);
    from = sql`${from} LEFT JOIN ${levelsOf(estimate.cluster)} AS k ON k.person_id = w.person_id`;
  }
  if (estimate.dose === undefined) {
    for (const column of ['contacts', 'l', 'tl', 'fl', 'ftl'])
      select.push(sql`CAST(NULL AS BIGINT) AS ${name(column)}`);
  } else {
    const dose = doseOf(protocol, estimate, windows, suffix);
    for (const column of ['contacts', 'l', 'tl', 'fl', 'ftl']) select.push(sql`d.${name(column)}`);
    from = sql`${from} LEFT JOIN ${dose} AS d ON d.person_id = w.person_id`;
  }
  const exact = (estimate.match?.exact ?? []).map((stratum, i) => {
    const column = `exact_${i + 1}`;
    columns[column] = 'VARCHAR';
    select.push(sql`coalesce(${name(`x${i + 1}`)}.level, 'not recorded') AS ${name(column)}`);
    from = sql`${from} LEFT JOIN ${levelsOf(stratum)} AS ${name(`x${i + 1}`)} ON ${name(`x${i + 1}`)}.person_id = w.person_id`;
    return column;
  });
  for (const { column } of adjustment.terms) {
    const type = adjustment.columns[column];
    if (type === undefined) continue;
    columns[column] = type;
    select.push(sql`j.${name(column)}`);
  }
  if (adjustment.terms.length > 0)
    from = sql`${from} LEFT JOIN ${adjustment.table} AS j ON j.person_id = w.person_id`;
  const declared = columns as typeof OWN & Columns;
  return {
    table: derive(`partnership_person_${suffix}`, declared, sql`SELECT ${list(select)} FROM ${from}`),
    columns: declared,
    adjustment,
    exact,
  };
}

/**
 * Contacts in [entry, landmark), events and days in [landmark, end of the later window). Counting both over the same time
 * would let an early arrest or prison sentence make the dose small.
 */
function doseOf(
  protocol: Protocol,
  estimate: EstimateOf<'partnership'>,
  persons: Table,
  suffix: string,
): Table {
  const { kinds, within } = estimate.dose ?? {};
  const landmark = addDays(sql`c.entry_date`, within?.days ?? LANDMARK_DAYS);
  const followed = derive(
    `partnership_landmark_${suffix}`,
    { person_id: 'VARCHAR', entry_date: 'DATE', landmark: 'DATE', after_end: 'DATE' },
    sql`SELECT c.person_id, c.entry_date, ${landmark} AS landmark, c.after_end FROM ${cohort} AS c
      JOIN ${persons} AS p ON p.person_id = c.person_id WHERE c.after_end > ${landmark}`,
  );
  const later = derive(
    `partnership_later_${suffix}`,
    { person_id: 'VARCHAR', start_date: 'DATE', end_date: 'DATE', removed: 'BOOLEAN' },
    sql`SELECT f.person_id, greatest(i.start_date, f.landmark) AS start_date, i.end_date, i.removed
      FROM ${followed} AS f JOIN ${interval} AS i ON i.person_id = f.person_id AND i.end_date > f.landmark
      WHERE i.time_window = 'after'`,
  );
  const sum = (what: Sql, free: boolean): Sql =>
    sql`CAST(sum(CASE WHEN ${free ? sql`NOT removed` : sql`TRUE`} THEN ${what} ELSE 0 END) AS BIGINT)`;
  const days = sql`SELECT person_id, ${sum(sql`days`, false)} AS tl, ${sum(sql`days`, true)} AS ftl
      FROM (SELECT person_id, removed, ${daysBetween(sql`start_date`, sql`end_date`)} AS days FROM ${later}) AS pieces GROUP BY person_id`;
  const events = sql`SELECT t.person_id, CAST(count(*) AS BIGINT) AS l,
        CAST(count(CASE WHEN NOT t.removed THEN 1 END) AS BIGINT) AS fl
      FROM ${later} AS t JOIN ${eventsOf(protocol, estimate.outcome)} AS e
        ON e.person_id = t.person_id AND e.event_date >= t.start_date AND e.event_date < t.end_date
      GROUP BY t.person_id`;
  const ofKind = kinds === undefined ? sql`TRUE` : sql`k.kind IN (${list(kinds)})`;
  const contacts = sql`SELECT f.person_id, CAST(count(*) AS BIGINT) AS contacts FROM ${followed} AS f
      JOIN ${contact} AS k ON k.person_id = f.person_id AND k.contact_date >= f.entry_date AND k.contact_date < f.landmark
      WHERE ${ofKind} GROUP BY f.person_id`;
  return derive(
    `partnership_dose_${suffix}`,
    { person_id: 'VARCHAR', contacts: 'BIGINT', l: 'BIGINT', tl: 'BIGINT', fl: 'BIGINT', ftl: 'BIGINT' },
    sql`
    SELECT f.person_id, coalesce(k.contacts, 0) AS contacts, coalesce(e.l, 0) AS l, d.tl, coalesce(e.fl, 0) AS fl, d.ftl
    FROM ${followed} AS f
    JOIN (${days}) AS d ON d.person_id = f.person_id
    LEFT JOIN (${events}) AS e ON e.person_id = f.person_id
    LEFT JOIN (${contacts}) AS k ON k.person_id = f.person_id`,
  );
}

export const LANDMARK_DAYS = 91;
