import { list, type Sql, sql } from '../engine/index.ts';
import { offence } from '../link/tables.ts';
import type { OffenceCode, ResolvedOutcome } from '../protocol/tables.ts';

/**
 * The one place that says which offences are events of an outcome: (person_id, event_id, event_date), one row an event.
 *
 * Every condition of the set must hold. A dated code counts for offences committed on days in [from_date, to_date): the
 * law of the day of the offence (of the disposal where only that is known), whichever date the study counts on. With
 * `offence_days` the events of a person's day are one, under the smallest event id. Offences without the date that is
 * counted on cannot be placed and are no events. An offence known as a range of days counts on its first.
 */
export function outcomeEvents(outcome: ResolvedOutcome, date: 'offence' | 'disposal'): Sql {
  const counted = date === 'offence' ? sql`offence_date` : sql`disposal_date`;
  const conditions: Sql[] = [sql`${counted} IS NOT NULL`];
  if (outcome.codes !== undefined) conditions.push(codesHold(outcome.codes));
  if (outcome.groups !== undefined) conditions.push(isOneOf(sql`offence_group`, outcome.groups));
  if (outcome.exclude_groups !== undefined && outcome.exclude_groups.length > 0) {
    conditions.push(
      sql`(offence_group IS NULL OR NOT ${isOneOf(sql`offence_group`, outcome.exclude_groups)})`,
    );
  }
  if (outcome.kinds !== undefined) conditions.push(isOneOf(sql`kind`, outcome.kinds));
  const where = list(conditions, 'and');
  return outcome.offence_days
    ? sql`SELECT person_id, min(event_id) AS event_id, ${counted} AS event_date FROM ${offence} WHERE ${where} GROUP BY person_id, ${counted}`
    : sql`SELECT person_id, event_id, ${counted} AS event_date FROM ${offence} WHERE ${where}`;
}

function isOneOf(column: Sql, values: readonly string[]): Sql {
  return values.length === 0 ? sql`FALSE` : sql`${column} IN (${list(values)})`;
}

/** Codes of the same validity share one line, so that long lists stay readable. */
function codesHold(codes: readonly OffenceCode[]): Sql {
  const byValidity = new Map<string, OffenceCode[]>();
  for (const code of codes) {
    const key = `${code.from_date ?? ''}/${code.to_date ?? ''}`;
    byValidity.set(key, [...(byValidity.get(key) ?? []), code]);
  }
  const day = sql`coalesce(offence_date, disposal_date)`;
  const lines = [...byValidity.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, same]) => {
      const parts = [isOneOf(sql`code`, [...new Set(same.map((code) => code.code))].sort())];
      const { from_date = null, to_date = null } = same[0] ?? {};
      if (from_date !== null) parts.push(sql`${day} >= CAST(${from_date} AS DATE)`);
      if (to_date !== null) parts.push(sql`${day} < CAST(${to_date} AS DATE)`);
      return sql`(${list(parts, 'and')})`;
    });
  return lines.length === 0 ? sql`FALSE` : sql`(${list(lines, 'or')})`;
}
