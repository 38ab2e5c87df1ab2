import { fill, type Sql, sql } from '../engine/index.ts';
import { journey } from '../journeys/tables.ts';
import { allocation } from '../link/tables.ts';
import type { Protocol, RetentionBand, Stratum } from '../protocol/tables.ts';
import { ageBand, ageBands } from './age-bands.ts';
import { covariateAtEntry } from './covariate.ts';
import { type cohort, cohortStratum } from './tables.ts';

/**
 * One row a person and stratum. What is known at entry comes from the person and the entry journey's first spell. A
 * covariate is the latest value on or before entry, else one without a date; a later value is not used. An arm is the
 * person's first allocation to the programme, whenever it was made. The strata of POST_ENTRY_STRATA use what happens
 * after entry: their groups are formed by the very time that is compared. Without a value the level is `not recorded`.
 */
export function strataOf(members: typeof cohort, protocol: Protocol): typeof cohortStratum {
  const queries = Object.entries(protocol.strata)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([label, stratum]) => sql`
    SELECT m.person_id, ${label} AS stratum, coalesce(m.level, 'not recorded') AS level
    FROM (${levels(members, stratum, protocol)}) AS m`,
    );
  if (queries.length === 0) {
    return fill(cohortStratum, sql`SELECT person_id, '' AS stratum, '' AS level FROM ${members} WHERE FALSE`);
  }
  return fill(
    cohortStratum,
    queries.reduce((above, below) => sql`${above}\n    UNION ALL${below}`),
  );
}

function levels(members: typeof cohort, stratum: Stratum, protocol: Protocol): Sql {
  const ofCohort = (level: Sql): Sql => sql`SELECT person_id, ${level} AS level FROM ${members}`;
  const ofJourney = (level: Sql): Sql => sql`
      SELECT c.person_id, ${level} AS level FROM ${members} AS c
      JOIN ${journey} AS j ON j.person_id = c.person_id AND j.journey = c.journey`;
  if (typeof stratum === 'object') {
    return 'covariate' in stratum
      ? covariateAtEntry(members, stratum.covariate)
      : firstArm(members, stratum.allocation);
  }
  switch (stratum) {
    case 'sex':
      return ofCohort(sql`sex`);
    case 'area':
      return ofCohort(sql`area`);
    case 'link_class':
      return ofCohort(sql`link_class`);
    case 'exit_group':
      return ofCohort(sql`exit_group`);
    case 'age_band':
      return ofCohort(ageBand(sql`age_at_entry`, ageBands(protocol)));
    case 'substance_group':
      return ofJourney(sql`j.substance_group`);
    case 'referral_route':
      return ofJourney(sql`j.referral_route`);
    case 'service':
      return ofJourney(sql`j.service`);
    case 'retention_band':
      return ofCohort(retentionBand(protocol.retention_bands));
    case 'success_and_return':
      return ofCohort(sql`CASE WHEN NOT left_treatment THEN 'open' WHEN re_entry_date IS NULL THEN exit_group || ', not back'
        ELSE exit_group || ', back' END`);
  }
}

function retentionBand(bands: readonly RetentionBand[]): Sql {
  if (bands.length === 0) return sql`CAST(NULL AS VARCHAR)`;
  const cases = bands
    .map((band) =>
      band.to_days === undefined
        ? sql`WHEN retained_days >= ${band.from_days} THEN ${band.label}`
        : sql`WHEN retained_days >= ${band.from_days} AND retained_days < ${band.to_days} THEN ${band.label}`,
    )
    .reduce((before, next) => sql`${before} ${next}`);
  return sql`CASE ${cases} END`;
}

function firstArm(members: typeof cohort, programme: string): Sql {
  return sql`
      SELECT c.person_id, a.arm AS level FROM ${members} AS c
      LEFT JOIN (
        SELECT person_id, arm, row_number() OVER (PARTITION BY person_id ORDER BY allocation_date NULLS LAST, arm) AS place
        FROM ${allocation} WHERE programme = ${programme} AND arm IS NOT NULL
      ) AS a ON a.person_id = c.person_id AND a.place = 1`;
}
