import { describe, expect, it } from 'vitest';
import {
  changed,
  mistakesOf,
  POLICE,
  PRISON,
  STUDY,
  TREATMENT,
  TREATMENT_DICTIONARY,
} from '../../test/small-study.ts';

const inStudy = (from: string, to: string) => mistakesOf({ 'study.yaml': changed(STUDY, from, to) });
const inTreatment = (from: string, to: string) =>
  mistakesOf({ 'sources/treatment.yaml': changed(TREATMENT, from, to) });

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
      '    design: rates\n    outcome: trigger',
      '    design: rates\n    outcome: trigger\n    by: [age_band]',
      'divides time by age band, and `time_at_risk.split` does not cut it there',
    ],
    [
      '    design: rates\n    outcome: trigger',
      '    design: rates\n    outcome: trigger\n    standardise: {by: [sex], weights: esp-2013}',
      'takes the European standard population, which has ages only',
    ],
    [
      '    design: rates\n    outcome: trigger',
      '    design: rates\n    outcome: trigger\n    standardise: {by: [age_band]}',
      'divides time by age band, and `time_at_risk.split` does not cut it there',
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

  it('Where custody is not removed nothing may be called time at liberty only', () => {
    const kept = changed(STUDY, '  after: {months: 24}\n', '  after: {months: 24}\n  remove: []\n');
    expect(mistakesOf({ 'study.yaml': kept })).toEqual([]);
    const only = changed(kept, 'restricted: known-offenders', 'clock: at-liberty');
    expect(mistakesOf({ 'study.yaml': only })).toEqual([
      expect.stringContaining('`time_at_risk.remove` removes no custody'),
    ]);
  });

  it('A part is printed beside its whole only where it is a part of it', () => {
    const women = (own: string): string =>
      changed(
        changed(STUDY, '  subsets:\n', `  subsets:\n    women: {${own}}\n`),
        'population: all\n    restricted',
        'population: women\n    restricted',
      );
    const within = (text: string) => mistakesOf({ 'study.yaml': text });
    const notWithin = [expect.stringContaining('`known-offenders`, which is not within `women`')];
    expect(within(women('stratum: {name: sex, levels: [female]}'))).toEqual(notWithin);
    expect(within(women('prior_events: {outcome: trigger, at_least: 2}'))).toEqual(notWithin);
    expect(within(women('prior_events: {outcome: listed, at_least: 1}'))).toEqual(notWithin);
    expect(within(women('prior_events: {outcome: trigger, at_least: 1}'))).toEqual([]);
    const both = changed(
      women('stratum: {name: sex, levels: [female, male]}'),
      'prior_events: {outcome: trigger, at_least: 1}',
      'prior_events: {outcome: trigger, at_least: 1}\n      stratum: {name: sex, levels: [female]}',
    );
    expect(within(both)).toEqual([]);
  });

  it('A departure that does not end the time cannot be waited for', () => {
    const prison = `${PRISON.replace('columns:', 'columns:\n  DIED: {type: date}')}`.replace(
      'coverage:',
      '  - table: departure\n    columns: {record_id: ID, departure_date: DIED, kind: {value: death}}\ncoverage:',
    );
    const stay = (ends: string) =>
      mistakesOf({
        'sources/prison.yaml': prison,
        'study.yaml': changed(
          changed(STUDY, '    design: survival', '    design: survival\n    event: departure'),
          '  after: {months: 24}\n',
          `  after: {months: 24}\n  end_at: ${ends}\n`,
        ),
      });
    expect(stay('[end-of-data]')).toEqual([
      expect.stringContaining('`time_at_risk.end_at` names neither death nor emigration'),
    ]);
    expect(stay('[death]')).toEqual([]);
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
