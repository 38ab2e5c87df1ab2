/**
 * A life as segments: out of treatment at liberty, in treatment, and custody between a segment and the next. Every
 * person moves through at most STAGES segments, all people at once: a segment ends at its planned day (entry, exit,
 * return, death) or before, at the first offence that brings custody or, in treatment, the exit.
 */
import { derive, list, type Sql, sql, type Table } from '../engine/index.ts';
import { exponential, hashOf, slices, weibull, whole } from './draw.ts';
import { custodyDays } from './offending.ts';
import { horizon, type Setting } from './people.ts';

/** The few lives with more changes (counted in the account) go on out of treatment and at liberty. */
const STAGES = 24;
const DAY_UNIT = 2 ** 25;
const CANDIDATE_UNIT = 32;

export const segmentColumns = {
  person: 'BIGINT',
  stage: 'INTEGER',
  in_treatment: 'BOOLEAN',
  journey: 'INTEGER',
  from_day: 'INTEGER',
  to_day: 'INTEGER',
  /** start, dropped, success, other, offence, custody, death, end */
  ended: 'VARCHAR',
  /** Release, when it ended in custody. */
  custody_to: 'INTEGER',
} as const;

const stateColumns = {
  person: 'BIGINT',
  stage: 'INTEGER',
  in_treatment: 'BOOLEAN',
  journey: 'INTEGER',
  from_day: 'INTEGER',
  planned_day: 'INTEGER',
  planned_as: 'VARCHAR',
} as const;

const drawnColumns = { ...segmentColumns, u_1: 'DOUBLE', u_2: 'DOUBLE', u_3: 'DOUBLE' } as const;

/** Candidates that can change a life's course, with the day on which they would, in one integer that sorts by it. */
function turningPoints(candidate: Table): Table {
  return derive(
    'synth_turning',
    {
      person: 'BIGINT',
      day: 'INTEGER',
      change_day: 'INTEGER',
      is_custodial: 'BOOLEAN',
      strain: 'DOUBLE',
      packed: 'BIGINT',
    },
    sql`
    SELECT person, day, change_day, is_custodial, strain,
      CAST(change_day AS BIGINT) * ${DAY_UNIT} + candidate * ${CANDIDATE_UNIT} + CASE WHEN is_custodial THEN kind ELSE 0 END AS packed
    FROM (SELECT *, day + 1 + CASE WHEN is_custodial THEN 0 ELSE delay END AS change_day FROM ${candidate}
      WHERE is_custodial OR ends_treatment) AS marked`,
  );
}

function segmentOf(setting: Setting, state: Table, turning: Table, person: Table, stage: number) {
  const { world, seed } = setting;
  const first = sql`
    SELECT s.person, min(t.packed) AS packed FROM ${state} AS s JOIN ${turning} AS t ON t.person = s.person
    WHERE t.day >= s.from_day AND t.change_day < s.planned_day
      AND (t.is_custodial OR s.in_treatment) AND (NOT s.in_treatment OR t.strain < ${world.effect.rate_ratio})
    GROUP BY s.person`;
  const changed = sql`
    SELECT s.*, CASE WHEN c.packed IS NULL THEN s.planned_day
        ELSE CAST((c.packed - c.packed % ${DAY_UNIT}) / ${DAY_UNIT} AS INTEGER) END AS to_day,
      coalesce(c.packed % ${CANDIDATE_UNIT}, -1) AS kind, p.death_day,
      ${hashOf(seed, 'life', sql`s.person`, sql`s.stage`)} AS h
    FROM ${state} AS s JOIN ${person} AS p ON p.person = s.person LEFT JOIN (${first}) AS c ON c.person = s.person`;
  const drawn = sql`
    SELECT *, ${slices(sql`h`, { u_1: 15, u_2: 15, u_3: 15, u_custody: 15 })} FROM (${changed}) AS changed`;
  return derive(
    `synth_segment_${stage}`,
    drawnColumns,
    sql`
    SELECT person, stage, in_treatment, journey, from_day, to_day,
      CASE WHEN kind = -1 THEN planned_as WHEN kind = 0 THEN 'offence' ELSE 'custody' END AS ended,
      CASE WHEN kind > 0 THEN least(to_day + ${world.custody.least_days} + ${whole(
        exponential(sql`u_custody`, custodyDays(world, sql`kind`)),
      )}, coalesce(death_day, ${horizon(world)}), ${horizon(world)}) END AS custody_to, u_1, u_2, u_3
    FROM (${drawn}) AS drawn`,
  );
}

/** What comes after a segment: how long the next would last if nothing happened, and how it would end. */
function nextState(setting: Setting, segment: Table, person: Table, stage: number) {
  const { treatment } = setting.world;
  const end = horizon(setting.world);
  const returns = Object.entries(treatment.returns);
  const byEnd = (pick: 0 | 1): Sql =>
    sql`(${returns.reduce<Sql>(
      (text, [ended, value]) => sql`${text} WHEN ended = ${ended} THEN ${value[pick]}`,
      sql`CASE`,
    )} ELSE 0 END)`;
  const going = sql`
    SELECT s.person, s.stage + 1 AS stage, s.ended = 'start' AS in_treatment,
      s.journey + CASE WHEN s.ended = 'start' THEN 1 ELSE 0 END AS journey,
      coalesce(s.custody_to, s.to_day) AS from_day, s.ended, s.u_1, s.u_2, s.u_3,
      p.is_client, coalesce(p.index_day, 0) AS index_day, p.relative_rate, coalesce(p.death_day, ${end}) AS death_day
    FROM ${segment} AS s JOIN ${person} AS p ON p.person = s.person WHERE s.ended NOT IN ('death', 'end')`;
  const timed = sql`
    SELECT *, ${whole(sql`1 + ${weibull(sql`u_1`, treatment.drop_out.scale, treatment.drop_out.shape)}`)} AS drop_days,
      ${whole(sql`${treatment.success.least} + ${exponential(sql`u_2`, sql`${treatment.success.mean} * (1 + ${treatment.success.frailty} * relative_rate)`)}`)} AS success_days,
      ${whole(sql`1 + ${exponential(sql`u_3`, treatment.other_exit.mean)}`)} AS other_days,
      CASE WHEN u_1 < ${byEnd(0)} AND is_client THEN ${whole(sql`1 + ${exponential(sql`u_2`, byEnd(1))}`)} END AS return_days
    FROM (${going}) AS going`;
  const natural = sql`least(drop_days, success_days, other_days)`;
  // An earlier journey has to end before the one that makes the person a client of the window.
  const earlier = sql`greatest(from_day + 7, index_day - 30 - ${whole(sql`u_3 * 150`)})`;
  const planned = sql`
    SELECT person, stage, in_treatment, journey, from_day, death_day,
      CASE WHEN in_treatment AND from_day < index_day THEN least(from_day + ${natural}, ${earlier})
        WHEN in_treatment THEN from_day + ${natural}
        WHEN is_client AND from_day < index_day THEN index_day
        WHEN return_days IS NOT NULL THEN from_day + return_days ELSE ${end} END AS planned_day,
      CASE WHEN in_treatment AND from_day < index_day AND ${earlier} < from_day + ${natural} THEN 'dropped'
        WHEN in_treatment AND success_days = ${natural} THEN 'success'
        WHEN in_treatment AND other_days = ${natural} THEN 'other'
        WHEN in_treatment THEN 'dropped'
        WHEN return_days IS NOT NULL OR (is_client AND from_day < index_day) THEN 'start' ELSE 'end' END AS planned_as
    FROM (${timed}) AS timed`;
  return derive(
    `synth_state_${stage}`,
    stateColumns,
    sql`
    SELECT person, stage, in_treatment, journey, from_day, greatest(from_day, least(planned_day, death_day, ${end})) AS planned_day,
      CASE WHEN least(planned_day, death_day) >= ${end} THEN 'end' WHEN death_day <= planned_day THEN 'death' ELSE planned_as END AS planned_as
    FROM (${planned}) AS planned`,
  );
}

/** The segments of every life from the first day of the registers to death or their end. */
export function lives(setting: Setting, person: Table, candidate: Table): Table<typeof segmentColumns> {
  const end = horizon(setting.world);
  const turning = turningPoints(candidate);
  let state: Table = derive(
    'synth_state_0',
    stateColumns,
    sql`
    SELECT person, 0 AS stage, FALSE AS in_treatment, 0 AS journey, 0 AS from_day,
      coalesce(prior_day, index_day, ${end}) AS planned_day, CASE WHEN is_client THEN 'start' ELSE 'end' END AS planned_as
    FROM ${person}`,
  );
  const segments: Table[] = [];
  for (let stage = 0; stage < STAGES; stage += 1) {
    const segment = segmentOf(setting, state, turning, person, stage);
    segments.push(segment);
    state = nextState(setting, segment, person, stage + 1);
  }
  const columns = sql`person, stage, in_treatment, journey, from_day, to_day, ended, custody_to`;
  return derive(
    'synth_life',
    segmentColumns,
    list(
      [
        ...segments.map((segment) => sql`SELECT ${columns} FROM ${segment}`),
        sql`SELECT person, ${STAGES} AS stage, FALSE AS in_treatment, journey, from_day, ${end} AS to_day, 'truncated' AS ended,
          CAST(NULL AS INTEGER) AS custody_to FROM ${state} WHERE from_day < ${end}`,
      ],
      'union',
    ),
  );
}
