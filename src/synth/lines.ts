/** The lines of the five files, as the agencies write them: their columns, their dates, their mistakes. */
import { type ColumnType, derive, list, type Piece, type Sql, sql, type Table } from '../engine/index.ts';
import { choose } from './draw.ts';
import { agencyCode, areaCode, policeId } from './identifiers.ts';
import { kindText } from './offending.ts';
import { dateOf, dayOf, horizon, populationSize, type Setting, withoutMarks } from './people.ts';
import type { World } from './world.ts';

const LINE = { sort_key: 'VARCHAR', line: 'VARCHAR' } as const satisfies Record<string, ColumnType>;

/** A file of a register: its lines, and how its agency writes files. */
export interface RegisterFile {
  readonly register: string;
  readonly file: string;
  readonly header: readonly string[];
  readonly delimiter: ',' | ';';
  readonly encoding: 'utf-8' | 'utf-8-bom' | 'windows-1252';
  readonly line_end: '\n' | '\r\n';
  readonly lines: Table<typeof LINE>;
}

function blank(value: Piece): Sql {
  return sql`coalesce(${value}, '')`;
}

/** dd/mm/yyyy */
function dayMonthYear(date: Sql): Sql {
  const iso = sql`CAST(${date} AS VARCHAR)`;
  return sql`substr(${iso}, 9, 2) || '/' || substr(${iso}, 6, 2) || '/' || substr(${iso}, 1, 4)`;
}

function compact(date: Sql): Sql {
  return sql`replace(CAST(${date} AS VARCHAR), '-', '')`;
}

/** Day and month in each other's place where that gives a date, else the next year. Text yyyy-mm-dd. */
function mistyped(iso: Sql): Sql {
  const day = sql`substr(${iso}, 9, 2)`;
  const month = sql`substr(${iso}, 6, 2)`;
  return sql`CASE WHEN ${day} <= '12' AND ${day} <> ${month} THEN substr(${iso}, 1, 5) || ${day} || '-' || ${month}
    ELSE CAST(CAST(substr(${iso}, 1, 4) AS INTEGER) + 1 AS VARCHAR) || '-' || ${month} || '-' || CASE WHEN ${day} = '29' THEN '28' ELSE ${day} END END`;
}

/** The fields of a line; when `dirt` says so the last two are left out, or one more stands at the end. */
function lineOf(fields: readonly Sql[], delimiter: string, dirt: Sql): Sql {
  const all = fields.map((field, i) => (i === 0 ? field : sql`${delimiter} || ${field}`));
  const joined = (some: readonly Sql[]): Sql => some.reduce((left, right) => sql`${left} || ${right}`);
  return sql`${joined(all.slice(0, -2))} || CASE WHEN ${dirt} = 'ragged_short' THEN '' ELSE ${joined(all.slice(-2))} END
    || CASE WHEN ${dirt} = 'ragged_long' THEN ${`${delimiter}0`} ELSE '' END`;
}

/** A file whose rows with the dirt `duplicate_row` stand in it twice. */
function linesOf(tableName: string, rows: Table, sortKey: Sql, line: Sql): Table<typeof LINE> {
  const once = derive(
    `${tableName}_row`,
    { sort_key: 'VARCHAR', line: 'VARCHAR', dirt: 'VARCHAR' },
    sql`SELECT ${sortKey} AS sort_key, ${line} AS line, dirt FROM ${rows}`,
  );
  return derive(
    `${tableName}_line`,
    LINE,
    list(
      [
        sql`SELECT sort_key, line FROM ${once}`,
        sql`SELECT sort_key, line FROM ${once} WHERE dirt = 'duplicate_row'`,
      ],
      'union',
    ),
  );
}

const AGENCY_NAMES = [
  'Café Lindqvist – Drop-in',
  'St Brónach’s Community Service',
  'Naïve Lane Clinic',
  'Müller House',
  'The Œdipus Project',
  'Northgate “Next Step” Service'.replaceAll('“', '‘').replaceAll('”', '’'),
  'Šárka Day Programme',
  'Plain Street Prescribing',
  'Zoë Ward',
  'Hope & Añejo',
];

const ACCENTED_NOTES = [
  'Referred by naïve neighbour – keyworker Zoë',
  'Fare of €4 paid; client’s café meeting moved',
  'Attends with fiancée',
  'Résumé requested… none sent',
];

/** NDTMS-like: one row an episode, identifiers on every row, Windows-1252, semicolons, CR LF. */
export function treatmentFile(setting: Setting, person: Table, episode: Table): RegisterFile {
  const { world } = setting;
  const date = (day: Sql): Sql => dayMonthYear(dateOf(world, day));
  const rows = derive(
    'synth_treatment',
    {
      dirt: 'VARCHAR',
      sort_key: 'VARCHAR',
      agency: 'INTEGER',
      client_id: 'VARCHAR',
      episode_id: 'VARCHAR',
      initials: 'VARCHAR',
      birth: 'VARCHAR',
      sex: 'VARCHAR',
      area: 'INTEGER',
      substance_group: 'VARCHAR',
      referral: 'VARCHAR',
      triage: 'VARCHAR',
      started: 'VARCHAR',
      left_on: 'VARCHAR',
      route: 'VARCHAR',
      exit_code: 'VARCHAR',
      is_returning: 'BOOLEAN',
      u_note: 'DOUBLE',
      u_text: 'DOUBLE',
      u_drug: 'DOUBLE',
      u_second_drug: 'DOUBLE',
    },
    sql`
    SELECT e.dirt, ${agencyCode(sql`e.agency`)} || e.client_id || e.episode_id AS sort_key, e.agency, e.client_id, e.episode_id, p.initials,
      CAST(${dateOf(world, sql`p.birth_day`)} AS VARCHAR) AS birth, p.sex, p.area, p.substance_group,
      ${date(sql`e.referral_day`)} AS referral, ${date(sql`e.triage_day`)} AS triage, ${date(sql`e.from_day`)} AS started,
      CASE WHEN e.to_day IS NULL THEN CASE WHEN e.u_open < ${world.dirt.open_sentinel} THEN '31/12/9999' ELSE '' END
        WHEN e.dirt = 'reversed_dates' THEN ${date(sql`e.from_day - 7`)}
        WHEN e.dirt = 'impossible_date' THEN '31/02/2006'
        ELSE ${date(sql`e.to_day`)} END AS left_on,
      e.route, e.exit_code, e.is_returning, e.u_note, e.u_text, e.u_drug, e.u_second_drug
    FROM ${episode} AS e JOIN ${person} AS p ON p.person = e.person`,
  );
  const written = (iso: Sql): Sql =>
    sql`substr(${iso}, 9, 2) || '/' || substr(${iso}, 6, 2) || '/' || substr(${iso}, 1, 4)`;
  const { notes } = world.dirt;
  const pickText = (texts: readonly string[]): Sql =>
    choose(
      sql`u_text`,
      texts.map((text) => [text, 1] as const),
    );
  const note = sql`CASE WHEN dirt = 'stray_quote' THEN 'said "fine" at triage'
    WHEN u_note < ${notes.quoted_newline} THEN ${'"Seen twice;\r\nsaid ""better"""'}
    WHEN u_note < ${notes.quoted_newline + notes.accented} THEN '"' || ${pickText(ACCENTED_NOTES)} || '"'
    WHEN u_note < ${notes.quoted_newline + notes.accented + notes.plain} THEN 'letter sent' ELSE '' END`;
  const drugs = drugColumns();
  const fields: readonly (readonly [string, Sql])[] = [
    ['AGNCY', agencyCode(sql`agency`)],
    [
      'AGNCYNAME',
      choose(
        sql`((agency % 10 + 0.5) / 10.0)`,
        AGENCY_NAMES.map((text) => [text, 1] as const),
      ),
    ],
    ['CLIENTID', sql`client_id`],
    ['EPISODID', sql`episode_id`],
    [
      'INITIALS',
      sql`CASE WHEN dirt = 'initials_missing' THEN '' WHEN dirt = 'initials_lower_case' THEN lower(initials) || ' '
        WHEN dirt = 'initials_swapped' THEN substr(initials, 2, 1) || substr(initials, 1, 1) ELSE initials END`,
    ],
    [
      'DOB',
      sql`CASE WHEN dirt = 'date_of_birth_missing' THEN '' WHEN dirt = 'date_of_birth_1900' THEN '01/01/1900'
        WHEN dirt = 'date_of_birth_mistyped' THEN ${written(sql`(${mistyped(sql`birth`)})`)} ELSE ${written(sql`birth`)} END`,
    ],
    ['SEX', sql`sex`],
    ['PC', sql`'ZZ' || area || ' ' || length(client_id) % 10`],
    ['DAT', sql`'D' || lpad(CAST(area * 3 + agency % 3 AS VARCHAR), 3, '0')`],
    ['PFA', areaCode(sql`area`)],
    ['REFLD', sql`referral`],
    ['RFLS', sql`route`],
    ['TRIAGED', sql`triage`],
    ['STARTD', sql`CASE WHEN dirt = 'start_date_missing' THEN '' ELSE started END`],
    ['DISD', sql`left_on`],
    ['DISRSN', blank(sql`exit_code`)],
    ['DRUG1', drugs.first],
    ['DRUG2', drugs.second],
    ['DRUGGRP', drugs.group],
    ['PREVTR', sql`CASE WHEN is_returning THEN 'Y' ELSE 'N' END`],
    ['NOTES', sql`(${note})`],
  ];
  return {
    register: 'treatment',
    file: 'treatment-SYNTHETIC.csv',
    header: fields.map(([column]) => column),
    delimiter: ';',
    encoding: 'windows-1252',
    line_end: '\r\n',
    lines: linesOf(
      'synth_treatment',
      rows,
      sql`sort_key`,
      lineOf(
        fields.map(([, field]) => field),
        ';',
        sql`coalesce(dirt, '')`,
      ),
    ),
  };
}

/** Main and second drug by substance group. A blank second drug means that there is none. */
function drugColumns(): { first: Sql; second: Sql; group: Sql } {
  const byGroup = (values: Readonly<Record<string, Sql>>): Sql =>
    sql`${Object.entries(values).reduce<Sql>(
      (text, [group, value]) => sql`${text} WHEN substance_group = ${group} THEN ${value}`,
      sql`CASE`,
    )} END`;
  return {
    first: byGroup({
      'opiate and crack': sql`'Heroin'`,
      'opiate only': sql`CASE WHEN u_drug < 0.9 THEN 'Heroin' ELSE 'Methadone' END`,
      'crack only': sql`'Crack'`,
      other: sql`CASE WHEN u_drug < 0.5 THEN 'Cannabis' WHEN u_drug < 0.8 THEN 'Cocaine' ELSE 'Amphetamines' END`,
    }),
    second: byGroup({
      'opiate and crack': sql`'Crack'`,
      'opiate only': sql`CASE WHEN u_second_drug < 0.2 THEN 'Benzodiazepines' WHEN u_second_drug < 0.35 THEN 'Cannabis' ELSE '' END`,
      'crack only': sql`CASE WHEN u_second_drug < 0.3 THEN 'Cannabis' ELSE '' END`,
      other: sql`CASE WHEN u_second_drug < 0.2 THEN 'Ecstasy' ELSE '' END`,
    }),
    group: byGroup({
      'opiate and crack': sql`'OC'`,
      'opiate only': sql`'O'`,
      'crack only': sql`'C'`,
      other: sql`'X'`,
    }),
  };
}

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
