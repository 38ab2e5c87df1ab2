/**
 * Candidate offences and which of them happen. Each person's candidates are a Poisson process at a rate that no state
 * of the world exceeds; a candidate happens with the ratio of the true rate at that moment to the candidate rate
 * (thinning, Lewis and Shedler 1979), so the process is exact though the rate depends on what happened before.
 */
import { derive, explodeRange, type Sql, sql, type Table } from '../engine/index.ts';
import { choose, exponential, hashOf, slices, whole } from './draw.ts';
import { horizon, type Setting } from './people.ts';
import type { World } from './world.ts';

/** A number for each offence kind, from 1. */
function byKind(world: World, kind: Sql, value: (one: World['offending']['kinds'][number]) => number): Sql {
  const branches = world.offending.kinds.reduce<Sql>(
    (text, one, i) => sql`${text} WHEN ${kind} = ${i + 1} THEN ${value(one)}`,
    sql`CASE`,
  );
  return sql`(${branches} END)`;
}

export function custodyDays(world: World, kind: Sql): Sql {
  return byKind(world, kind, (one) => one.custody_days);
}

/** The code or group of an offence kind's number. */
export function kindText(world: World, kind: Sql, column: 'code' | 'group'): Sql {
  const branches = world.offending.kinds.reduce<Sql>(
    (text, one, i) => sql`${text} WHEN ${kind} = ${i + 1} THEN ${one[column]}`,
    sql`CASE`,
  );
  return sql`(${branches} END)`;
}

export const candidateColumns = {
  person: 'BIGINT',
  candidate: 'INTEGER',
  day: 'INTEGER',
  kind: 'INTEGER',
  /** It happens in treatment when this is below the rate ratio, and always outside: 0 when treatment spares its kind. */
  strain: 'DOUBLE',
  is_custodial: 'BOOLEAN',
  ends_treatment: 'BOOLEAN',
  delay: 'INTEGER',
} as const;

/** Candidates that happen outside treatment: the rate without effect, at liberty. */
export function candidateOffences(setting: Setting, person: Table): Table<typeof candidateColumns> {
  const { world, seed } = setting;
  const { ageing, peak, kinds } = world.offending;
  const days = horizon(world);
  const middle = Math.round(
    (Date.parse(world.calendar.entry_from) - Date.parse(world.calendar.from)) / 86_400_000,
  );
  const hashed = sql`
    SELECT person, candidate, events_per_year, candidate_mean, index_day, ${hashOf(seed, 'offence', sql`person`, sql`candidate`)} AS h
    FROM (SELECT person, events_per_year, candidate_mean, index_day, ${explodeRange(0, sql`candidates`)} AS candidate FROM ${person}) AS exploded`;
  const drawn = sql`
    SELECT person, candidate, events_per_year, candidate_mean, index_day,
      ${slices(sql`h`, { u_day: 17, u_keep: 16, u_kind: 12, u_mark: 11, u_delay: 4 })} FROM (${hashed}) AS hashed`;
  const placed = sql`
    SELECT person, candidate, events_per_year * ${days / 365.25} / candidate_mean AS base, index_day, u_keep, u_mark, u_delay,
      ${whole(sql`u_day * ${days}`)} AS day, ${choose(
        sql`u_kind`,
        kinds.map((one, i) => [i + 1, one.weight]),
      )} AS kind
    FROM (${drawn}) AS drawn`;
  const weighed = sql`
    SELECT person, candidate, day, kind, u_mark, u_delay,
      u_keep / (base * exp(${Math.log(1 - ageing) / 365.25} * (day - ${middle}))
        * (1 + CASE WHEN index_day IS NULL THEN 0 ELSE ${peak.height} * exp(-abs(day - index_day + ${peak.days_before_entry}) / ${peak.decay_days}) END)) AS strain
    FROM (${placed}) AS placed`;
  return derive(
    'synth_candidate',
    candidateColumns,
    sql`
    SELECT person, candidate, day, kind,
      CASE WHEN ${byKind(world, sql`kind`, (one) => (one.spared ? 1 : 0))} = 1 THEN 0 ELSE strain END AS strain,
      u_mark < ${byKind(world, sql`kind`, (one) => one.custodial)} AS is_custodial,
      u_mark >= ${1 - world.treatment.offence_ends} AS ends_treatment, ${whole(sql`u_delay * 16`)} AS delay
    FROM (${weighed}) AS weighed WHERE strain < 1`,
  );
}

export const eventColumns = {
  person: 'BIGINT',
  candidate: 'INTEGER',
  day: 'INTEGER',
  kind: 'INTEGER',
  in_treatment: 'BOOLEAN',
  disposal_day: 'INTEGER',
  is_caution: 'BOOLEAN',
  is_custodial: 'BOOLEAN',
  second_kind: 'INTEGER',
  u_dirt: 'DOUBLE',
} as const;

/** The offences that happen: at liberty, alive, and in treatment only as often as its effect lets them. */
export function events(setting: Setting, candidate: Table, life: Table): Table<typeof eventColumns> {
  const { world, seed } = setting;
  const { lag, caution, second_offence, kinds } = world.offending;
  const happened = sql`
    SELECT c.person, c.candidate, c.day, c.kind, l.in_treatment, c.is_custodial, ${hashOf(seed, 'event', sql`c.person`, sql`c.candidate`)} AS h
    FROM ${candidate} AS c JOIN ${life} AS l ON l.person = c.person AND c.day >= l.from_day AND c.day < l.to_day
    WHERE NOT l.in_treatment OR c.strain < ${world.effect.rate_ratio}`;
  const drawn = sql`
    SELECT person, candidate, day, kind, in_treatment, is_custodial,
      ${slices(sql`h`, { u_lag: 16, u_caution: 8, u_second: 8, u_second_kind: 12, u_dirt: 16 })} FROM (${happened}) AS happened`;
  const isCaution = sql`(u_caution < ${caution} AND NOT is_custodial)`;
  return derive(
    'synth_event',
    eventColumns,
    sql`
    SELECT person, candidate, day, kind, in_treatment,
      day + ${lag.least} + ${whole(sql`CASE WHEN ${isCaution} THEN 0 ELSE ${exponential(sql`u_lag`, lag.mean)} END`)} AS disposal_day,
      ${isCaution} AS is_caution, is_custodial,
      CASE WHEN u_second < ${second_offence} THEN ${choose(
        sql`u_second_kind`,
        kinds.map((one, i) => [i + 1, one.weight]),
      )} END AS second_kind, u_dirt
    FROM (${drawn}) AS drawn`,
  );
}
