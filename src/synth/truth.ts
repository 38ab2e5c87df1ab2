/** What really happened: who is who, personal rates, the effect. Written apart from the registers, and sealed. */
import { derive, list, sql, type Table } from '../engine/index.ts';
import { agencyCode } from './identifiers.ts';
import { kindText } from './offending.ts';
import { dateOf, type Setting } from './people.ts';

export interface TruthTable {
  readonly file: string;
  readonly table: Table;
  readonly order: readonly string[];
}

export function truthTables(
  setting: Setting,
  made: {
    person: Table;
    life: Table;
    journey: Table;
    episode: Table;
    nominal: Table;
    conviction: Table;
    custody: Table;
  },
): readonly TruthTable[] {
  const { world } = setting;
  const day = (column: 'from_day' | 'to_day' | 'death_day' | 'index_day' | 'prior_day' | 'birth_day') =>
    dateOf(world, { kind: 'name', name: column });
  const person = derive(
    'truth_person',
    {
      person: 'BIGINT',
      is_client: 'BOOLEAN',
      identity: 'BIGINT',
      sex: 'VARCHAR',
      birth_date: 'DATE',
      initials: 'VARCHAR',
      area: 'INTEGER',
      substance_group: 'VARCHAR',
      relative_rate: 'DOUBLE',
      events_per_year: 'DOUBLE',
      index_date: 'DATE',
      prior_date: 'DATE',
      death_date: 'DATE',
    },
    sql`
    SELECT person, is_client, identity, sex, ${day('birth_day')} AS birth_date, initials, area, substance_group, relative_rate, events_per_year,
      ${day('index_day')} AS index_date, ${day('prior_day')} AS prior_date, ${day('death_day')} AS death_date
    FROM ${made.person}`,
  );
  const record = derive(
    'truth_record',
    { register: 'VARCHAR', record_id: 'VARCHAR', person: 'BIGINT' },
    list(
      [
        sql`SELECT DISTINCT 'treatment' AS register, ${agencyCode(sql`agency`)} || '-' || client_id AS record_id, person FROM ${made.episode}`,
        sql`SELECT 'police' AS register, police_id AS record_id, person FROM ${made.nominal}`,
      ],
      'union',
    ),
  );
  const journey = derive(
    'truth_journey',
    {
      person: 'BIGINT',
      journey: 'INTEGER',
      start_date: 'DATE',
      end_date: 'DATE',
      ended: 'VARCHAR',
      route: 'VARCHAR',
      pattern: 'VARCHAR',
    },
    sql`SELECT person, journey, ${day('from_day')} AS start_date, ${day('to_day')} AS end_date, ended, route, pattern FROM ${made.journey}`,
  );
  const custody = derive(
    'truth_custody',
    { person: 'BIGINT', start_date: 'DATE', end_date: 'DATE' },
    sql`SELECT person, ${day('from_day')} AS start_date, ${day('to_day')} AS end_date FROM ${made.custody}`,
  );
  const offence = derive(
    'truth_offence',
    {
      person: 'BIGINT',
      event_id: 'VARCHAR',
      offence_date: 'DATE',
      disposal_date: 'DATE',
      code: 'VARCHAR',
      is_caution: 'BOOLEAN',
      in_treatment: 'BOOLEAN',
      origin: 'VARCHAR',
      dirt: 'VARCHAR',
    },
    sql`
    SELECT person, event_id, ${dateOf(world, sql`day`)} AS offence_date, ${dateOf(world, sql`disposal_day`)} AS disposal_date,
      ${kindText(world, sql`kind`, 'code')} AS code, is_caution, in_treatment, origin, dirt FROM ${made.conviction}`,
  );
  const episode = derive(
    'truth_episode',
    {
      person: 'BIGINT',
      episode_id: 'VARCHAR',
      start_date: 'DATE',
      end_date: 'DATE',
      exit_code: 'VARCHAR',
      dirt: 'VARCHAR',
    },
    sql`SELECT person, episode_id, ${day('from_day')} AS start_date, ${day('to_day')} AS end_date, exit_code, dirt FROM ${made.episode}`,
  );
  return [
    { file: 'person-SYNTHETIC.parquet', table: person, order: ['person'] },
    { file: 'record-SYNTHETIC.parquet', table: record, order: ['register', 'record_id'] },
    { file: 'journey-SYNTHETIC.parquet', table: journey, order: ['person', 'journey'] },
    { file: 'episode-SYNTHETIC.parquet', table: episode, order: ['episode_id'] },
    { file: 'custody-SYNTHETIC.parquet', table: custody, order: ['person', 'start_date'] },
    { file: 'offence-SYNTHETIC.parquet', table: offence, order: ['event_id'] },
  ];
}
