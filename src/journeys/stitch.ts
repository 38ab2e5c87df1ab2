import {
  addDays,
  addMonths,
  type Columns,
  daysBetween,
  derive,
  type Sql,
  sql,
  type Table,
} from '../engine/index.ts';
import type { ResolvedGap } from '../protocol/tables.ts';
import { spell } from './tables.ts';

/**
 * Spells -> journeys.
 *
 * Between a spell and what came earlier stands one of Allen's relations. *Meets, overlaps, starts, during, finishes*
 * and *equals* never break a journey: no day lies between. The gap rule is a policy on *before* alone: a spell that
 * starts at most `gap` treatment-free days after the last day reached by any earlier spell continues the journey. What
 * counts is the furthest end of all earlier spells, not the end of the previous one, so that a short spell inside a
 * long one hides nothing.
 *
 * Which limit applies: the exit reason of the spell that reached furthest, where the rule names it; else the transfer
 * limit, where both services are known and differ; else the rule's days or calendar months. Where several spells
 * reach equally far, the one that started last is asked; remaining ties are settled by content, never by row order.
 */

export const NEVER = sql`DATE '9999-12-31'`;

/** A total order by content within a person: `first` decides, everything a spell says breaks ties. */
function byContent(first: Sql): Sql {
  return sql`${first}, service NULLS LAST, substance_group NULLS LAST, referral_route NULLS LAST,
        referral_date NULLS LAST, area NULLS LAST, exit_reason NULLS LAST, spell_id NULLS LAST`;
}

const orderedColumns = {
  ...spell.columns,
  /** The end, or 9999-12-31 while open. */
  reach: 'DATE',
  /** Place among the person's spells by start. */
  spell_order: 'INTEGER',
  /** Place by end: the greatest so far is the spell that reaches furthest. */
  reach_order: 'INTEGER',
} as const satisfies Columns;

const stitchedColumns = {
  ...orderedColumns,
  /** Furthest day reached by all earlier spells; NULL for the first. */
  reached: 'DATE',
  journey: 'INTEGER',
  is_first: 'BOOLEAN',
} as const satisfies Columns;

export type Stitched = Table<typeof stitchedColumns>;

/** Every spell with the number of its journey within the person. */
export function stitch(spells: Table<typeof spell.columns>, gap: ResolvedGap): Stitched {
  const ordered = derive(
    'spell_ordered',
    orderedColumns,
    sql`
    SELECT *,
      row_number() OVER (PARTITION BY person_id ORDER BY ${byContent(sql`start_date, reach`)}) AS spell_order,
      row_number() OVER (PARTITION BY person_id ORDER BY ${byContent(sql`reach, start_date`)}) AS reach_order
    FROM (SELECT *, coalesce(end_date, ${NEVER}) AS reach FROM ${spells}) AS reaching`,
  );
  const numbered = derive(
    'spell_numbered',
    { ...orderedColumns, earlier_reach_order: 'INTEGER' },
    sql`
    SELECT *, max(reach_order) OVER (PARTITION BY person_id ORDER BY spell_order
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_reach_order
    FROM ${ordered}`,
  );
  const columns = sql`s.person_id, s.spell_id, s.start_date, s.end_date, s.exit_reason, s.referral_date, s.referral_route,
      s.substance_group, s.area, s.service, s.reach, s.spell_order, s.reach_order`;
  const related = derive(
    'spell_related',
    { ...orderedColumns, reached: 'DATE', is_first: 'BOOLEAN' },
    sql`
    SELECT ${columns}, f.reach AS reached,
      CASE WHEN f.reach IS NULL THEN TRUE
        WHEN s.start_date <= f.reach THEN FALSE
        ELSE s.start_date > ${lastStart(gap)} END AS is_first
    FROM ${numbered} AS s
    LEFT JOIN ${ordered} AS f ON f.person_id = s.person_id AND f.reach_order = s.earlier_reach_order`,
  );
  return derive(
    'spell_stitched',
    stitchedColumns,
    sql`
    SELECT ${columns}, s.reached,
      sum(CASE WHEN s.is_first THEN 1 ELSE 0 END) OVER (PARTITION BY s.person_id ORDER BY s.spell_order
        ROWS UNBOUNDED PRECEDING) AS journey,
      s.is_first
    FROM ${related} AS s`,
  );
}

/** The last day on which a spell may start and still continue the journey; `s` the spell, `f` the furthest before it. */
function lastStart(gap: ResolvedGap): Sql {
  const usual =
    gap.months === undefined
      ? sql`${addDays(sql`f.reach`, gap.days ?? 0)}`
      : sql`${addMonths(sql`f.reach`, gap.months)}`;
  const cases = Object.entries(gap.by_exit_reason ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, days]) => sql`WHEN f.exit_reason = ${reason} THEN ${addDays(sql`f.reach`, days)}`);
  if (gap.transfer_days !== undefined) {
    cases.push(sql`WHEN f.service <> s.service THEN ${addDays(sql`f.reach`, gap.transfer_days)}`);
  }
  if (cases.length === 0) return usual;
  return sql`CASE ${cases.reduce((before, next) => sql`${before} ${next}`)} ELSE ${usual} END`;
}

/**
 * Days that spell `s` adds to those reached by earlier ones, up to the end of the register's coverage `c`: an open
 * spell is known to run that far, and nobody saw the days after. NULL where nobody knows how far the register saw.
 */
export function addedDays(): Sql {
  const from = sql`greatest(s.start_date, coalesce(s.reached, s.start_date))`;
  return sql`CASE WHEN c.covered_to IS NOT NULL THEN greatest(0, ${daysBetween(from, sql`least(s.reach, c.covered_to)`)}) END`;
}
