/** The files of the police, the prisons and the death register. */
import { derive, type Sql, sql, type Table } from '../engine/index.ts';
import { agencyCode, areaCode, policeId } from './identifiers.ts';
import { compact, dayMonthYear, LINE, lineOf, linesOf, mistyped, type RegisterFile } from './lines.ts';
import { kindText } from './offending.ts';
import { dateOf, dayOf, horizon, populationSize, type Setting, withoutMarks } from './people.ts';
import type { World } from './world.ts';

/** Nominals: UTF-8 with a byte-order mark, commas, sex as a number. */
export function nominalFile(setting: Setting, person: Table, nominal: Table): RegisterFile {
  const { world } = setting;
  const rows = derive(
    'synth_nominal_identity',
    {
      dirt: 'VARCHAR',
      police_id: 'VARCHAR',
      initials: 'VARCHAR',
      birth: 'VARCHAR',
      sex: 'VARCHAR',
      area: 'INTEGER',
    },
    sql`
    SELECT n.dirt, n.police_id, ${withoutMarks(sql`p.initials`)} AS initials, CAST(${dateOf(world, sql`p.birth_day`)} AS VARCHAR) AS birth, p.sex, p.area
    FROM ${nominal} AS n JOIN ${person} AS p ON p.person = n.person`,
  );
  const { areas } = world.people;
  const fields: readonly (readonly [string, Sql])[] = [
    ['PNCID', sql`police_id`],
    [
      'INITIALS',
      sql`CASE WHEN dirt = 'initial_changed' THEN substr(initials, 1, 1) || 'Z' ELSE initials END`,
    ],
    [
      'DOB',
      sql`CASE WHEN dirt = 'date_of_birth_missing' THEN '' WHEN dirt = 'date_of_birth_mistyped' THEN replace(${mistyped(sql`birth`)}, '-', '')
        ELSE replace(birth, '-', '') END`,
    ],
    ['SEX', sql`CASE WHEN (sex = 'M') = (coalesce(dirt, '') <> 'sex_wrong') THEN '1' ELSE '2' END`],
    ['PFA', areaCode(sql`CASE WHEN dirt = 'moved_area' THEN 1 + area % ${areas} ELSE area END`)],
  ];
  return {
    register: 'police',
    file: 'police-nominals-SYNTHETIC.csv',
    header: fields.map(([column]) => column),
    delimiter: ',',
    encoding: 'utf-8-bom',
    line_end: '\r\n',
    lines: linesOf(
      'synth_nominal',
      rows,
      sql`police_id`,
      lineOf(
        fields.map(([, field]) => field),
        ',',
        sql`coalesce(dirt, '')`,
      ),
    ),
  };
}

function convictionFields(world: World): readonly (readonly [string, Sql])[] {
  return [
    ['PNCID', sql`police_id`],
    ['OFFENCEID', sql`event_id`],
    ['COURTREF', sql`police_id || '/' || ${compact(dateOf(world, sql`disposal_day`))}`],
    [
      'OFFENCEDATE',
      sql`CASE WHEN dirt = 'offence_date_missing' THEN '' WHEN dirt = 'reversed_dates' THEN ${compact(dateOf(world, sql`disposal_day + 5`))}
        ELSE ${compact(dateOf(world, sql`day`))} END`,
    ],
    ['DISPOSALDATE', compact(dateOf(world, sql`disposal_day`))],
    ['CODE', kindText(world, sql`kind`, 'code')],
    ['OFFGROUP', kindText(world, sql`kind`, 'group')],
    ['KIND', sql`CASE WHEN is_caution THEN 'CAUT' ELSE 'CONV' END`],
    [
      'DISPOSAL',
      sql`CASE WHEN is_custodial THEN 'custody' WHEN is_caution THEN 'caution' ELSE 'community' END`,
    ],
  ];
}

/** Offences with their court or caution date: UTF-8 with a byte-order mark, commas, dates as yyyymmdd. */
export function convictionFile(setting: Setting, conviction: Table): RegisterFile {
  const fields = convictionFields(setting.world);
  return {
    register: 'convictions',
    file: 'convictions-SYNTHETIC.csv',
    header: fields.map(([column]) => column),
    delimiter: ',',
    encoding: 'utf-8-bom',
    line_end: '\n',
    lines: linesOf(
      'synth_conviction',
      conviction,
      sql`event_id`,
      lineOf(
        fields.map(([, field]) => field),
        ',',
        sql`coalesce(dirt, '')`,
      ),
    ),
  };
}

/** Receptions and releases under the police number; 9999-12-31 for those still inside. */
export function custodyFile(setting: Setting, custody: Table): RegisterFile {
  const { world } = setting;
  const header = ['PNCID', 'RECEPTION', 'RELEASE', 'TYPE'];
  const lines = derive(
    'synth_custody_line',
    LINE,
    sql`
    SELECT police_id || CAST(${dateOf(world, sql`from_day`)} AS VARCHAR) AS sort_key,
      police_id || ',' || CAST(${dateOf(world, sql`from_day`)} AS VARCHAR) || ',' || CASE WHEN to_day >= ${horizon(world)} THEN '9999-12-31'
        ELSE CAST(${dateOf(world, sql`to_day`)} AS VARCHAR) END || ',' || CASE WHEN to_day - from_day < 28 THEN 'remand' ELSE 'sentence' END AS line
    FROM (SELECT ${policeId(sql`person`, false, populationSize(setting))} AS police_id, from_day, to_day FROM ${custody}) AS spells`,
  );
  return {
    register: 'custody',
    file: 'custody-SYNTHETIC.csv',
    header,
    delimiter: ',',
    encoding: 'utf-8',
    line_end: '\n',
    lines,
  };
}

/** Deaths as traced for the treatment register and returned under the client number of an agency that knew the person. */
export function deathFile(setting: Setting, person: Table, episode: Table): RegisterFile {
  const { world } = setting;
  const lines = derive(
    'synth_death_line',
    LINE,
    sql`
    SELECT agency || client_id AS sort_key, agency || ',' || client_id || ',' || died AS line
    FROM (SELECT ${agencyCode(sql`e.agency`)} AS agency, e.client_id, ${dayMonthYear(dateOf(world, sql`p.death_day`))} AS died,
        row_number() OVER (PARTITION BY e.person ORDER BY e.from_day, e.part) AS turn
      FROM ${episode} AS e JOIN ${person} AS p ON p.person = e.person
      WHERE p.death_day < ${dayOf(world, world.calendar.police_to)}) AS dead
    WHERE turn = 1`,
  );
  return {
    register: 'deaths',
    file: 'deaths-SYNTHETIC.csv',
    header: ['AGNCY', 'CLIENTID', 'DEATHDATE'],
    delimiter: ',',
    encoding: 'utf-8',
    line_end: '\r\n',
    lines,
  };
}
