import { derive, list, type Sql, sql, type Table } from '../engine/index.ts';
import type { ExitGroup, Protocol } from '../protocol/tables.ts';
import type { Stitched } from './stitch.ts';

/**
 * The exit of a journey is told by the spells that end on its last day, and by no other. Reasons that disagree there
 * are `inconsistent`, with the exceptions known from the English treatment register: the codes of payment by results
 * (90, 91, 92) are read as the completions they stand for (80, 82, 81); completions of different kinds (80, 81, 82)
 * become the highest; a client's refusal under two codes (71, 88) becomes 88. An exception holds only while the
 * protocol puts its codes into one group, so that it cannot join what a study keeps apart. A spell without a reason
 * does not contradict one that has it.
 */
const STANDS_FOR: Readonly<Record<string, string>> = { '90': '80', '91': '82', '92': '81' };
const MERGED: readonly (readonly string[])[] = [
  ['80', '81', '82'],
  ['71', '88'],
];

const exitColumns = {
  person_id: 'VARCHAR',
  journey: 'INTEGER',
  exit_reason: 'VARCHAR',
  inconsistent: 'BOOLEAN',
} as const;

function texts(values: readonly string[]): Sql {
  return list(values);
}

/** One row a journey that has ended. `span` holds its last day in `reach`. */
export function journeyExit(stitched: Stitched, span: Table, protocol: Protocol): Table<typeof exitColumns> {
  const isOneGroup = (reasons: readonly string[]): boolean =>
    new Set(reasons.map((reason) => protocol.exit_groups[reason] ?? 'unknown')).size === 1;
  const merged = MERGED.filter(isOneGroup);
  const spoken = Object.entries(STANDS_FOR)
    .filter((pair) => isOneGroup(pair))
    .map(([code, meant]) => sql`WHEN exit_reason = ${code} THEN ${meant}`);
  const reason =
    spoken.length === 0
      ? sql`exit_reason`
      : sql`CASE ${spoken.reduce((before, next) => sql`${before} ${next}`)} ELSE exit_reason END`;
  const isMerged =
    merged.length === 0
      ? sql`FALSE`
      : list(
          merged.map(
            (reasons) =>
              sql`count(s.exit_reason) = sum(CASE WHEN s.exit_reason IN (${texts(reasons)}) THEN 1 ELSE 0 END)`,
          ),
          'or',
        );
  return derive(
    'journey_exit',
    exitColumns,
    sql`
    SELECT s.person_id, s.journey,
      CASE WHEN count(DISTINCT s.exit_reason) <= 1 OR ${isMerged} THEN max(s.exit_reason) ELSE 'inconsistent' END AS exit_reason,
      NOT (count(DISTINCT s.exit_reason) <= 1 OR ${isMerged}) AS inconsistent
    FROM (SELECT person_id, journey, reach, ${reason} AS exit_reason FROM ${stitched} WHERE end_date IS NOT NULL) AS s
    JOIN ${span} AS j ON j.person_id = s.person_id AND j.journey = s.journey AND j.reach = s.reach
    GROUP BY s.person_id, s.journey`,
  );
}

/** The group of an exit reason by the protocol; `unknown` where it names none. */
export function exitGroup(reason: Sql, protocol: Protocol): Sql {
  const byGroup = new Map<ExitGroup, string[]>();
  for (const [code, group] of Object.entries(protocol.exit_groups)) {
    byGroup.set(group, [...(byGroup.get(group) ?? []), code].sort());
  }
  const cases = [...byGroup.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, codes]) => sql`WHEN ${reason} IN (${texts(codes)}) THEN ${group}`);
  if (cases.length === 0) return sql`'unknown'`;
  return sql`CASE ${cases.reduce((before, next) => sql`${before} ${next}`)} ELSE 'unknown' END`;
}
