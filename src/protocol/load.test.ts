import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  changed,
  POLICE,
  PRISON,
  STUDY,
  smallStudy,
  THEFT,
  TREATMENT,
  TREATMENT_DICTIONARY,
  writeFiles,
} from '../../test/small-study.ts';
import { formatError, StudyError } from '../errors.ts';
import { loadProtocol, missingFiles } from './index.ts';

const env = { DESIST_DATA: '/registers' };

/** The mistakes of a study with some files written differently, as `CODE file:line:column message`. */
function mistakesOf(changes: Readonly<Record<string, string | Uint8Array>>): readonly string[] {
  try {
    loadProtocol(smallStudy(changes), { env });
  } catch (error) {
    if (!(error instanceof StudyError)) throw error;
    return [error, ...(error.detail.also ?? [])].map((one) => {
      const { place } = one.detail;
      return `${one.code} ${place?.file}:${place?.line}:${place?.column} ${one.message}`;
    });
  }
  return [];
}

const inStudy = (from: string, to: string) => mistakesOf({ 'study.yaml': changed(STUDY, from, to) });
const inTreatment = (from: string, to: string) =>
  mistakesOf({ 'sources/treatment.yaml': changed(TREATMENT, from, to) });

describe('a protocol without mistakes', () => {
  it('The small study loads, with presets resolved and defaults filled in', () => {
    const folder = smallStudy();
    const protocol = loadProtocol(folder, { env });
    expect(protocol.folder).toBe(folder);
    expect(protocol.variant).toBe('protocol');
    expect(protocol.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(protocol.gap).toEqual({ name: 'ndtms-21d', days: 21 });
    expect(protocol.exit_groups_name).toBe('ndtms-2012');
    expect(protocol.exit_groups['85']).toBe('unplanned');
    expect(protocol.retention_bands).toHaveLength(5);
    expect(protocol.headline).toBe('change');
    expect(protocol.study.population.link_classes).toEqual(['matched', 'absent']);
    expect(protocol.study.time_at_risk.end_at).toEqual(['death', 'emigration', 'end-of-data']);
    expect(protocol.estimates[0]).toMatchObject({
      by: ['window', 'phase'],
      clock: 'both',
      population: 'all',
      confidence: 0.95,
    });
    expect(protocol.estimates[2]).toMatchObject({ event: 'journey-end', interval: 'log' });
  });

  it('The first outcome is the primary one, and each is resolved to what counts', () => {
    const { outcomes } = loadProtocol(smallStudy(), { env });
    expect(outcomes.map((outcome) => [outcome.name, outcome.definition])).toEqual([
      ['trigger', 'preset trigger-2007 v1'],
      ['listed', 'codelist codelists/theft.csv'],
    ]);
    expect(outcomes[1]).toMatchObject({
      codes: [
        { code: 'theft', from_date: null, to_date: null },
        { code: 'fraud', from_date: '2007-01-15', to_date: null },
      ],
      kinds: ['conviction'],
      offence_days: false,
    });
  });

  it('A preset can be narrowed to a kind', () => {
    const study = changed(
      STUDY,
      'trigger: trigger-2007',
      'trigger: {preset: trigger-2007, kinds: [conviction], offence_days: true}',
    );
    const [trigger] = loadProtocol(smallStudy({ 'study.yaml': study }), { env }).outcomes;
    expect(trigger).toMatchObject({
      kinds: ['conviction'],
      offence_days: true,
      definition: 'preset trigger-2007 v1',
    });
    expect(trigger?.codes?.length).toBeGreaterThan(20);
  });

  it('Extracts are found through variables and relative to the study; those that are absent are told, not thrown', () => {
    const folder = smallStudy({ 'data/prison.csv': 'ID,IN,OUT\n' });
    const protocol = loadProtocol(folder, { env });
    expect(protocol.sources.map((source) => source.resolved_files)).toEqual([
      ['/registers/episodes.csv'],
      [join(folder, 'data/convictions.csv')],
      [join(folder, 'data/prison.csv')],
    ]);
    expect(missingFiles(protocol).map(({ register, named }) => [register, named])).toEqual([
      ['treatment', '$DESIST_DATA/episodes.csv'],
      ['police', 'data/convictions.csv'],
    ]);
  });

  it('The dictionary file and columns of the source itself are the same to a stage', () => {
    const [treatment, police] = loadProtocol(smallStudy(), { env }).sources;
    expect(treatment?.dictionary_columns.SEX).toEqual({
      type: 'text',
      values: { '01': 'male', '02': 'female' },
    });
    expect(police?.dictionary_columns.CODE).toEqual({ type: 'text' });
  });

  it('Every definition used is named with version, text and standing', () => {
    const used = loadProtocol(smallStudy(), { env }).definitions_used;
    expect(used.map((definition) => [definition.kind, definition.name, definition.standing])).toEqual([
      ['gap rule', 'ndtms-21d', 'provisional'],
      ['exit groups', 'ndtms-2012', 'provisional'],
      ['journey exit', 'last-day', 'provisional'],
      ['retention bands', 'nta-2012', 'provisional'],
      ['outcome trigger', 'trigger-2007', 'provisional'],
      ['outcome listed', 'listed', 'verified'],
    ]);
  });

  it('Own gap rules, exit groups and bands are taken as they are', () => {
    const study = changed(
      STUDY,
      '  gap: ndtms-21d\n',
      `  gap: {days: 7, transfer_days: 28, by_exit_reason: {prison: 60}}
  exit_groups: {01: successful, 02: unplanned}
  retention_bands: [{label: short, from_days: 0, to_days: 100}, {label: long, from_days: 100}]
`,
    );
    const protocol = loadProtocol(smallStudy({ 'study.yaml': study }), { env });
    expect(protocol.gap).toEqual({
      name: 'inline',
      days: 7,
      transfer_days: 28,
      by_exit_reason: { prison: 60 },
    });
    expect(protocol.exit_groups).toEqual({ '01': 'successful', '02': 'unplanned' });
    expect(protocol.retention_bands).toEqual([
      { label: 'short', from_days: 0, to_days: 100 },
      { label: 'long', from_days: 100 },
    ]);
    expect(protocol.definitions_used[0]?.text).toBe(
      'A gap of at most 7 treatment-free days does not end a journey; at most 28 where the service changes; at most 60 after an exit recorded as prison.',
    );
  });

  it('A study of counts with time at risk needs no dated treatment or offences', () => {
    const counts = `register: youth
origin: public
files: [counts.csv]
columns: {id: {type: text}, "Offense{period}": {type: integer}, R8: {type: number}, R9: {type: number}}
tables:
  - {table: aggregate, columns: {record_id: id}, unpivot: {columns: "Offense{period}", value: events}}
  - {table: aggregate, columns: {record_id: id}, unpivot: {columns: "R{period}", value: exposure}}
coverage: [{from: 1960-01-01, to: 2000-01-01}]
`;
    const study = `schema_version: 1
title: Youth
question: How often?
sources: [sources/youth.yaml]
linkage: {method: given, spine: youth}
definitions:
  spells: {from: episodes}
  gap: none
  outcomes: {contacts: all-recordable}
population:
  entry: first-journey
  entry_window: {from: 1960-01-01, to: 2000-01-01}
time_at_risk: {}
estimates:
  - {id: rates, design: rates, outcome: contacts, source: aggregate, by: [period]}
disclosure: {profile: none}
`;
    const protocol = loadProtocol(smallStudy({ 'study.yaml': study, 'sources/youth.yaml': counts }));
    expect(protocol.headline).toBe('rates');
    expect(protocol.estimates[0]).toMatchObject({ minimum_exposure: 0.01 });
  });
});

describe('the hash', () => {
  const hashOf = (changes: Readonly<Record<string, string>>): string =>
    loadProtocol(smallStudy(changes), { env }).hash;
  const original = () => hashOf({});

  it('Comments, line ends, quotes, key order and a byte order mark do not change it', () => {
    const before = original();
    expect(hashOf({ 'study.yaml': `\uFEFF${STUDY.replaceAll('\n', '\r\n')}# the end\r\n` })).toBe(before);
    expect(
      hashOf({
        'study.yaml': changed(STUDY, 'title: A small study\nquestion: Do', 'question: Do').concat(
          'title: "A small study"\n',
        ),
      }),
    ).toBe(before);
    expect(hashOf({ 'codelists/theft.csv': THEFT.replaceAll('\n', '\r\n') })).toBe(before);
    expect(hashOf({ 'sources/unused.yaml': 'anything: here' })).toBe(before);
  });

  it('Whatever can change a result changes it', () => {
    const hashes = [
      original(),
      hashOf({ 'study.yaml': changed(STUDY, 'gap: ndtms-21d', 'gap: {days: 21}') }),
      hashOf({ 'study.yaml': changed(STUDY, 'at_least: 18', 'at_least: 19') }),
      hashOf({ 'study.yaml': changed(STUDY, 'definitions.gap: omt-7d', 'definitions.gap: none') }),
      hashOf({
        'sources/police.yaml': changed(POLICE, 'complete_to: 2009-07-01', 'complete_to: 2009-06-01'),
      }),
      hashOf({ 'dictionary/treatment.yaml': changed(TREATMENT_DICTIONARY, '01: male', '1: male') }),
      hashOf({ 'codelists/theft.csv': `${THEFT}burglary,,\n` }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('Another first outcome is another primary outcome, and another protocol', () => {
    const swapped = changed(
      STUDY,
      '    trigger: trigger-2007\n    listed:\n      codelist: codelists/theft.csv\n      kinds: [conviction]\n',
      '    listed:\n      codelist: codelists/theft.csv\n      kinds: [conviction]\n    trigger: trigger-2007\n',
    );
    expect(hashOf({ 'study.yaml': swapped })).not.toBe(original());
  });
});

describe('mistakes are told with place, meaning and remedy', () => {
  it('The message has the line, a caret, what was probably meant and what is allowed', () => {
    const folder = smallStudy({ 'study.yaml': changed(STUDY, 'gap: ndtms-21d', 'gap_dayz: 21') });
    try {
      loadProtocol(folder, { env });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(StudyError);
      expect(formatError(error as StudyError)).toBe(
        `E-PROTOCOL-KEY study.yaml:18:3 \`gap_dayz\` is not a key of \`definitions\`. Did you mean \`gap\`? Allowed: spells, gap, exit_groups, retention_bands, outcomes or outcome_date.
    18 |   gap_dayz: 21
       |   ^
  fix: Remove or rename the key; \`desist schema\` prints every key that is allowed.`,
      );
    }
  });

  it('All mistakes of a pass are told at once, in the order of the files', () => {
    const study = STUDY.replace('gap: ndtms-21d', 'gap: ndtms')
      .replace('to: 2007-04-01', 'to: 2007-02-30')
      .replace('question:', 'qestion:');
    const police = POLICE.replace('origin: real', 'origin: reel');
    const found = mistakesOf({
      'study.yaml': study,
      'sources/police.yaml': police,
      'codelists/theft.csv': 'code\n',
    });
    expect(found.map((one) => one.split(' ').slice(0, 2).join(' '))).toEqual([
      'E-PROTOCOL-KEY study.yaml:4:1',
      'E-PROTOCOL-VALUE study.yaml:18:8',
      'E-PROTOCOL-DATE study.yaml:26:40',
      'E-CODELIST codelists/theft.csv:1:1',
      'E-PROTOCOL-VALUE sources/police.yaml:2:9',
    ]);
  });

  it('There is no study.yaml', () => {
    expect(() => loadProtocol(join(smallStudy(), 'nowhere'))).toThrow(/no study.yaml/);
  });

  it.each<[string, string, string, string]>([
    [
      'an unknown key in a map of alternatives',
      'gap: ndtms-21d',
      'gap: {dayz: 21}',
      'E-PROTOCOL-KEY study.yaml:18:9 `dayz` is not a key of `definitions.gap`. Did you mean `days`?',
    ],
    [
      'two alternatives at once',
      'before: {months: 24}',
      'before: {months: 24, days: 3}',
      'E-PROTOCOL-KEY study.yaml:33:12 `months` cannot stand in `time_at_risk.before` beside `days`',
    ],
    [
      'a value of another kind',
      'before: {months: 24}',
      'before: 24',
      'E-PROTOCOL-VALUE study.yaml:33:11 `time_at_risk.before` is `24`. It takes {days: a whole number} or {months: a whole number}.',
    ],
    [
      'a word that is not one of those allowed',
      'gap: ndtms-21d',
      'gap: omt',
      'E-PROTOCOL-VALUE study.yaml:18:8 `definitions.gap` is `omt`. Did you mean `omt-7d`? It takes `ndtms-21d`',
    ],
    [
      'a design that does not exist',
      'design: survival',
      'design: survivl',
      'E-PROTOCOL-VALUE study.yaml:50:13 `estimates[2].design` is `survivl`. Did you mean `survival`?',
    ],
    [
      'a missing design',
      '    design: survival\n',
      '',
      'E-PROTOCOL-REQUIRED study.yaml:49:5 `estimates[2]` lacks `design`',
    ],
    [
      'a number that should be text',
      'title: A small study',
      'title: 2006',
      'E-PROTOCOL-VALUE study.yaml:3:8 `title` is `2006`. It takes text.',
    ],
    [
      'another schema version',
      'schema_version: 1',
      'schema_version: 2',
      'E-PROTOCOL-VERSION study.yaml:2:17',
    ],
    [
      'a missing schema version',
      'schema_version: 1\n',
      '',
      'E-PROTOCOL-REQUIRED study.yaml:2:1 study.yaml lacks `schema_version`',
    ],
    [
      'a name with a capital letter',
      'trigger: trigger-2007',
      'Trigger: trigger-2007',
      'E-PROTOCOL-VALUE study.yaml:20:5 `Trigger` is not a name',
    ],
    [
      'a negative length',
      'after: {months: 24}',
      'after: {months: -1}',
      'E-PROTOCOL-VALUE study.yaml:34:19 `time_at_risk.after.months` must be more than 0',
    ],
    [
      'an empty list',
      'keys: [initials, date_of_birth, sex]',
      'keys: []',
      'E-PROTOCOL-VALUE study.yaml:12:9 `linkage.keys` must not be empty',
    ],
    [
      'an impossible day',
      'from: 2006-04-01',
      'from: 2006-02-30',
      'E-PROTOCOL-DATE study.yaml:26:24 `population.entry_window.from` is `2006-02-30`',
    ],
    ['a day written another way', 'from: 2006-04-01', 'from: 01.04.2006', 'E-PROTOCOL-DATE study.yaml:26:24'],
  ])('%s', (_, from, to, expected) => {
    const [first, ...others] = inStudy(from, to);
    expect(first?.slice(0, expected.length)).toBe(expected);
    expect(others).toEqual([]);
  });

  it('A block that is indented too far is told where it belongs', () => {
    const found = inStudy('time_at_risk:\n', '  time_at_risk:\n');
    expect(found[0]).toContain('study.yaml lacks `time_at_risk`');
    expect(found[1]).toContain(
      '`time_at_risk` is not a key of `population`. It is a key of study.yaml: check the indentation.',
    );
  });

  it('A number where text is wanted is put in quotes as it was written', () => {
    const dictionary = changed(TREATMENT_DICTIONARY, "missing: ['99']", 'missing: [099]');
    try {
      loadProtocol(smallStudy({ 'dictionary/treatment.yaml': dictionary }), { env });
      expect.unreachable();
    } catch (error) {
      expect((error as StudyError).detail.place).toMatchObject({
        file: 'dictionary/treatment.yaml',
        line: 13,
      });
      expect((error as StudyError).fix).toBe('Put it in quotes: "099".');
    }
  });

  it('A file that is not UTF-8 is told by name', () => {
    const latin1 = Buffer.from('register: police\ntitle: Straffesaksregisteret på nett\n', 'latin1');
    expect(mistakesOf({ 'sources/police.yaml': latin1 })[0]).toMatch(/^E-PROTOCOL-YAML sources\/police.yaml/);
  });

  it('A variable that is not set is named, and where it is used', () => {
    const folder = smallStudy();
    expect(() => loadProtocol(folder)).toThrow(/environment variable DESIST_DATA is not set/);
    expect(() => loadProtocol(folder, { env: { DESIST_DATA: '' } })).toThrow(/DESIST_DATA is not set/);
  });
});

describe('every name leads somewhere', () => {
  it.each<[string, string, string]>([
    [
      'outcome: trigger\n    population',
      'outcome: triger\n    population',
      'there is no outcome `triger`. Did you mean `trigger`?',
    ],
    [
      'restricted: known-offenders',
      'restricted: known-ofenders',
      'there is no subset `known-ofenders`. Did you mean `known-offenders`?',
    ],
    ['population: all', 'population: everyone', 'there is no subset `everyone`.'],
    [
      'strata: [sex, retention]',
      'strata: [sex, retension]',
      'there is no stratum `retension`. Did you mean `retention`?',
    ],
    ['headline: change', 'headline: rate', 'there is no estimate `rate`. Did you mean `rates`?'],
    ['prior_events: {outcome: trigger', 'prior_events: {outcome: theft', 'there is no outcome `theft`.'],
    [
      '{covariate: homeless}',
      '{covariate: homless}',
      'there is no covariate `homless`. Did you mean `homeless`?',
    ],
    ['{covariate: homeless}', '{allocation: dip}', 'there is no programme `dip`.'],
    ['spine: treatment', 'spine: tretment', 'there is no register `tretment`. Did you mean `treatment`?'],
    ['    prison: police', '    jail: police', 'there is no register `jail`.'],
    [
      '- sources/police.yaml',
      '- sources/polis.yaml',
      'there is no file sources/polis.yaml. Did you mean `sources/police.yaml`?',
    ],
    [
      'codelists/theft.csv',
      'codelists/thefts.csv',
      'there is no file codelists/thefts.csv. Did you mean `codelists/theft.csv`?',
    ],
  ])('%s -> %s', (from, to, message) => {
    const found = inStudy(from, to);
    expect(
      found.some((one) => one.startsWith('E-PROTOCOL-REFERENCE study.yaml:') && one.includes(message)),
    ).toBe(true);
  });

  it.each<[string, string, string]>([
    [
      'initials: INITIALS',
      'initails: INITIALS',
      'the table `person_record` has no column `initails`. Did you mean `initials`?',
    ],
    [
      'exit_reason: DISRSN',
      'exit_reason: DISRSM',
      'the dictionary does not describe the column `DISRSM`. Did you mean `DISRSN`?',
    ],
    [
      'triage_date: TRIAGED',
      'triage_date: SEX',
      '`episode.triage_date` takes a date, and the dictionary says that `SEX` holds text',
    ],
    [
      '      start_date: START\n',
      '      end_date_x: START\n',
      'the table `episode` has no column `end_date_x`. Did you mean `end_date`?',
    ],
    [
      '      record_id: CLIENTID\n      episode_id',
      '      episode_id',
      'the mapping to `episode` fills no `record_id`',
    ],
    [
      '{column: DISD, add_days: 1}',
      '{colum: DISD}',
      '`colum` is not a key of `tables[1].columns.end_date`. Did you mean `column`?',
    ],
    [
      'exit_reason: DISRSN',
      'exit_reason: {column: DISRSN, add_days: 1}',
      '`add_days` moves a date, and `episode.exit_reason` is none',
    ],
    ['homeless: NFA', 'homeless: __proto__', 'the dictionary does not describe the column `__proto__`.'],
    [
      'homeless: NFA',
      'homeless: NFAX',
      'the dictionary does not describe the column `NFAX`. Did you mean `NFA`?',
    ],
    [
      'to: 2010-01-01',
      'to: 2004-01-01',
      'the coverage ends on 2004-01-01, not after it begins on 2004-01-01',
    ],
    [
      'to: 2010-01-01',
      'to: 2010-01-01, complete_to: 2010-02-01',
      '`complete_to` 2010-02-01 lies outside the coverage',
    ],
    ['episodes.csv', 'episodes.dat', 'the ending of `$DESIST_DATA/episodes.dat` does not tell its format'],
    [
      'dictionary/treatment.yaml',
      'dictionary/treatmnt.yaml',
      'there is no file dictionary/treatmnt.yaml. Did you mean `dictionary/treatment.yaml`?',
    ],
    ['dictionary: dictionary/treatment.yaml\n', '', 'the register `treatment` has no dictionary'],
    [
      'table: covariate\n    columns:\n      record_id: CLIENTID\n    covariates',
      'table: contact\n    columns:\n      record_id: CLIENTID\n      contact_date: START\n    covariates',
      '`covariates` belongs to the table covariate, and this is contact',
    ],
    [
      'table: person_record\n',
      'table: person_record\n    where: [{column: SEX}]\n',
      'a condition says nothing about `SEX`',
    ],
    [
      'table: person_record\n',
      "table: person_record\n    where: [{column: SEX, is: '01', missing: true}]\n",
      'a condition says more than one thing about `SEX`',
    ],
    [
      'table: person_record\n',
      'table: person_record\n    unpivot: {columns: Sex, value: sex}\n',
      '`unpivot.columns` needs {period} exactly once',
    ],
  ])('in a source: %s -> %s', (from, to, message) => {
    const found = inTreatment(from, to);
    expect(
      found.filter((one) => one.includes(message) && one.includes('sources/treatment.yaml:')),
    ).toHaveLength(1);
  });

  it.each<[string, string, string]>([
    [
      'DOB: {type: date, format: DD/MM/YYYY}',
      'DOB: {type: date, format: DD/MM/YY}',
      '`DD/MM/YY` is not a date format that Desist reads. Did you mean `DD/MM/YYYY`?',
    ],
    [
      'NFA: {type: boolean}',
      'NFA: {type: boolean, format: YYYY-MM-DD}',
      '`format` says nothing about a column of type boolean',
    ],
    ['START: {type: date}', 'START: {type: study-day}', 'the study days in `START` need one day 0'],
    ['START: {type: date}', 'START: {type: study-day, origin_column: SEX}', '`SEX` holds text, not a date'],
    ['START: {type: date}', 'START: {type: date, minimum: 3}', 'the minimum of a date column is a day'],
    [
      'START: {type: date}',
      'START: {type: date, minimum: 2005-01-01, maximum: 2004-01-01}',
      'the maximum is smaller than the minimum',
    ],
    [
      'NFA: {type: boolean}',
      'NFA: {type: boolean, true_values: [j], false_values: [j]}',
      '`j` counts as true and as false',
    ],
    [
      'register: treatment',
      'register: police',
      'the dictionary describes the register `police`, and sources/treatment.yaml is `treatment`',
    ],
  ])('in a dictionary: %s -> %s', (from, to, message) => {
    const found = mistakesOf({ 'dictionary/treatment.yaml': changed(TREATMENT_DICTIONARY, from, to) });
    expect(
      found.filter((one) => one.includes(message) && one.includes('dictionary/treatment.yaml:')),
    ).toHaveLength(1);
  });
});

describe('a study that cannot be done is refused before any data is read', () => {
  it.each<[string, string, string]>([
    [
      '  before: {months: 24}\n',
      '',
      'the estimate `change` compares two windows, and `time_at_risk` lacks `before`',
    ],
    [
      '  after: {months: 24}\n',
      '',
      'the estimate `stay` follows people from entry, and `time_at_risk.after` does not say how long',
    ],
    [
      'from: episodes',
      'from: doses',
      'spells are made from doses, and no register fills the table `intervention`',
    ],
    [
      '{from: 2006-04-01, to: 2007-04-01}',
      '{from: 2016-04-01, to: 2017-04-01}',
      'lies outside the coverage of `treatment`',
    ],
    [
      '{from: 2006-04-01, to: 2007-04-01}',
      '{from: 2007-04-01, to: 2006-04-01}',
      'the entry window ends on 2006-04-01, not after it begins',
    ],
    ['age: {at_least: 18}', 'age: {at_least: 18, below: 18}', 'nobody is at least 18 and below 18'],
    [
      'keys: [initials,',
      'keys: [postcode,',
      'the register `police` cannot be linked: it maps no `postcode` to person_record',
    ],
    [
      '    prison: police\n',
      '    police: prison\n    prison: police\n',
      '`prison` takes the ids of `police`, which has none of its own',
    ],
    [
      '  sex: sex',
      '  sex: service',
      'the stratum `sex` has nothing to read: no register fills `episode.service`',
    ],
    ['id: stay', 'id: rates', 'two estimates have the id `rates`'],
    [
      '    design: rates\n    outcome: trigger',
      '    design: rates\n    outcome: trigger\n    source: aggregate',
      'reads counts, and no register fills `aggregate.events`',
    ],
    [
      '    design: rates\n    outcome: trigger',
      '    design: rates\n    outcome: trigger\n    by: [period]',
      'divides by period, which only counts with time at risk have',
    ],
    [
      '    design: survival',
      '    design: survival\n    event: departure',
      'waits for departures, and no register fills `departure`',
    ],
    [
      '      prior_events: {outcome: trigger, at_least: 1}\n',
      '',
      'the subset `known-offenders` says nothing about who belongs',
    ],
    [
      'prior_events: {outcome: trigger, at_least: 1}',
      'stratum: {name: sex, levels: [male]}',
      '`restricted` names the subset `known-offenders`, which is not selected on earlier events',
    ],
    [
      '  gap: ndtms-21d\n',
      '  gap: ndtms-21d\n  retention_bands: [{label: a, from_days: 0}, {label: a, from_days: 5}]\n',
      'two bands are called `a`',
    ],
    [
      '  gap: ndtms-21d\n',
      '  gap: ndtms-21d\n  retention_bands: [{label: a, from_days: 0}, {label: b, from_days: 5}]\n',
      'the band `b` overlaps `a`',
    ],
    [
      '  after: {months: 24}\n',
      '  after: {months: 24}\n  split: {age_bands: [25, 18]}\n',
      'the age band that starts at 18 does not come after the one before it',
    ],
  ])('%j -> %j', (from, to, message) => {
    expect(inStudy(from, to).filter((one) => one.includes(message))).toHaveLength(1);
  });

  it('Without a register of custody nothing may be called time at liberty only', () => {
    const study = changed(
      changed(changed(STUDY, '  - sources/prison.yaml\n', ''), '  same_ids:\n    prison: police\n', ''),
      'restricted: known-offenders',
      'clock: at-liberty',
    );
    expect(mistakesOf({ 'study.yaml': study })).toEqual([
      expect.stringContaining('no register fills `custody`'),
    ]);
    expect(mistakesOf({ 'study.yaml': changed(study, 'clock: at-liberty', 'clock: both') })).toEqual([]);
  });

  it('The disclosure profile none is for synthetic and public data only', () => {
    const study = changed(STUDY, 'profile: ndtms', 'profile: none');
    expect(mistakesOf({ 'study.yaml': study })).toEqual([
      expect.stringMatching(
        /^E-DISCLOSURE study.yaml:58:12 .*`treatment`, `police` or `prison` hold real people/,
      ),
    ]);
    const made = (text: string): string => changed(text, 'origin: real', 'origin: synthetic');
    expect(
      mistakesOf({
        'study.yaml': study,
        'sources/treatment.yaml': made(TREATMENT),
        'sources/police.yaml': POLICE,
        'sources/prison.yaml': made(PRISON),
      }),
    ).toEqual([expect.stringContaining('`police` holds real people')]);
    expect(
      mistakesOf({
        'study.yaml': study,
        'sources/treatment.yaml': made(TREATMENT),
        'sources/police.yaml': made(POLICE),
        'sources/prison.yaml': changed(PRISON, 'origin: real', 'origin: public'),
      }),
    ).toEqual([]);
  });

  it('Two sources cannot be the same register, and a source is named once', () => {
    expect(
      mistakesOf({ 'sources/prison.yaml': changed(PRISON, 'register: prison', 'register: police') }).some(
        (one) => one.includes('two sources are the register `police`'),
      ),
    ).toBe(true);
    expect(
      inStudy('- sources/prison.yaml', '- sources/police.yaml').some((one) => one.includes('named twice')),
    ).toBe(true);
  });

  it('Protocol files lie inside the study folder', () => {
    for (const path of [
      '../police.yaml',
      '/etc/passwd',
      'sources/../../police.yaml',
      '.',
      'C:/police.yaml',
    ]) {
      expect(inStudy('- sources/police.yaml', `- ${path}`)[0]).toContain(
        'is not a path inside the study folder',
      );
    }
  });
});

describe('variants', () => {
  const withSet = (set: string): string => changed(STUDY, 'definitions.gap: omt-7d', set);

  it('A variant is the same study with some settings changed, under the hash of the protocol', () => {
    const folder = smallStudy();
    const base = loadProtocol(folder, { env });
    const variant = loadProtocol(folder, { env, variant: 'short-gap' });
    expect(variant.gap).toEqual({ name: 'omt-7d', days: 7 });
    expect(variant.variant).toBe('short-gap');
    expect(variant.hash).toBe(base.hash);
    expect({ ...variant, gap: base.gap, variant: 'protocol', definitions_used: [], study: {} }).toEqual({
      ...base,
      definitions_used: [],
      study: {},
    });
  });

  it('An entry of a list is named by its id or its number, and a missing key can be added', () => {
    const study = withSet(
      'estimates.change.confidence: 0.9\n      estimates.0.clock: calendar\n      population.washout: {days: 28}',
    );
    const variant = loadProtocol(smallStudy({ 'study.yaml': study }), { env, variant: 'short-gap' });
    expect(variant.estimates[1]?.confidence).toBe(0.9);
    expect(variant.estimates[0]).toMatchObject({ clock: 'calendar' });
    expect(variant.study.population.washout).toEqual({ days: 28 });
  });

  it.each<[string, string]>([
    [
      'definitions.gap: omt-7',
      'E-PROTOCOL-VALUE study.yaml:56:24 `definitions.gap` is `omt-7`. Did you mean `omt-7d`?',
    ],
    [
      'definitions.gap: {dayz: 3}',
      'E-PROTOCOL-KEY study.yaml:56:25 `dayz` is not a key of `definitions.gap`.',
    ],
    [
      'definitons.gap: omt-7d',
      'E-PROTOCOL-REFERENCE study.yaml:56:7 `definitons.gap` does not lead to a setting: there is no `definitons`. Did you mean `definitions`?',
    ],
    ['definitions.gaap: omt-7d', 'E-PROTOCOL-KEY study.yaml:56:7 `gaap` is not a key of `definitions`.'],
    [
      'estimates.chnage.clock: both',
      'E-PROTOCOL-REFERENCE study.yaml:56:7 `estimates.chnage.clock` does not lead to a setting: there is no `chnage` in `estimates`. Did you mean `change`?',
    ],
    ['disclosure.profile: none', 'E-PROTOCOL-VALUE study.yaml:56:7 a variant cannot set `disclosure`'],
    ['headline: none', 'E-PROTOCOL-REFERENCE study.yaml:56:17 there is no estimate `none`.'],
    [
      '__proto__.polluted: 1',
      'E-PROTOCOL-REFERENCE study.yaml:56:7 `__proto__.polluted` does not lead to a setting',
    ],
    [
      'definitions.outcomes.listed.codelist: codelists/none.csv',
      'E-PROTOCOL-REFERENCE study.yaml:56:45 there is no file codelists/none.csv.',
    ],
  ])('%s', (set, message) => {
    const found = mistakesOf({ 'study.yaml': withSet(set) });
    expect(found).toHaveLength(1);
    expect(found[0]?.slice(0, message.length)).toBe(message);
  });

  it('A code list that only a variant uses is part of the protocol', () => {
    const study = withSet('definitions.outcomes.listed.codelist: codelists/other.csv');
    const folder = smallStudy({ 'study.yaml': study, 'codelists/other.csv': 'code\nburglary\n' });
    const before = loadProtocol(folder, { env }).hash;
    writeFiles(folder, { 'codelists/other.csv': 'code\nrobbery\n' });
    expect(loadProtocol(folder, { env }).hash).not.toBe(before);
  });

  it('A variant that is not declared is refused with those that are', () => {
    expect(() => loadProtocol(smallStudy(), { env, variant: 'shortgap' })).toThrow(
      /Did you mean `short-gap`/,
    );
  });

  it('The study itself is called protocol, and no variant may take the name', () => {
    expect(inStudy('  short-gap:\n', '  protocol:\n')[0]).toContain('cannot be the name of a variant');
  });
});
