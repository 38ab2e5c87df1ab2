import { type Columns, derive, fill, sql, type Table } from '../engine/index.ts';
import type { Protocol } from '../protocol/tables.ts';
import { exitGroup, journeyExit } from './exit.ts';
import { addedDays, NEVER, type Stitched } from './stitch.ts';
import { journey } from './tables.ts';

const spanColumns = {
  person_id: 'VARCHAR',
  journey: 'INTEGER',
  reach: 'DATE',
  spells: 'INTEGER',
  treatment_days: 'INTEGER',
} as const satisfies Columns;

/** One row a journey: its span, its exit, and what its first spell says about referral, substance and service. */
export function journeysOf(stitched: Stitched, coverage: Table, protocol: Protocol): typeof journey {
  const span = derive(
    'journey_span',
    spanColumns,
    sql`
    SELECT s.person_id, s.journey, max(s.reach) AS reach, count(*) AS spells, sum(${addedDays()}) AS treatment_days
    FROM ${stitched} AS s
    LEFT JOIN ${coverage} AS c ON c.person_id = s.person_id
    GROUP BY s.person_id, s.journey`,
  );
  const exit = journeyExit(stitched, span, protocol);
  return fill(
    journey,
    sql`
    SELECT s.person_id, s.journey, s.start_date, CASE WHEN j.reach < ${NEVER} THEN j.reach END AS end_date,
      CASE WHEN j.reach < ${NEVER} THEN x.exit_reason END AS exit_reason,
      CASE WHEN j.reach >= ${NEVER} THEN 'open' WHEN x.inconsistent THEN 'inconsistent'
        ELSE ${exitGroup(sql`x.exit_reason`, protocol)} END AS exit_group,
      j.spells, s.referral_date, s.referral_route, s.substance_group, s.area, s.service, j.treatment_days
    FROM ${stitched} AS s
    JOIN ${span} AS j ON j.person_id = s.person_id AND j.journey = s.journey
    LEFT JOIN ${exit} AS x ON x.person_id = s.person_id AND x.journey = s.journey
    WHERE s.is_first`,
  );
}
