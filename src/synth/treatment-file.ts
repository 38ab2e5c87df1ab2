/** The treatment register's file. */
import { derive, type Sql, sql, type Table } from '../engine/index.ts';
import { choose } from './draw.ts';
import { agencyCode, areaCode } from './identifiers.ts';
import { blank, dayMonthYear, lineOf, linesOf, mistyped, type RegisterFile } from './lines.ts';
import { dateOf, type Setting } from './people.ts';

const AGENCY_NAMES = [
  'Café Lindqvist – Drop-in',
  'St Brónach’s Community Service',
  'Naïve Lane Clinic',
  'Müller House',
  'The Œdipus Project',
  'Northgate ‘Next Step’ Service',
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
