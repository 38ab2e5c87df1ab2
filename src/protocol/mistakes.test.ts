import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  changed,
  mistakesOf,
  POLICE,
  STUDY,
  smallStudy,
  TREATMENT_DICTIONARY,
} from '../../test/small-study.ts';
import { formatError, StudyError } from '../errors.ts';
import { loadProtocol } from './index.ts';

const env = { DESIST_DATA: '/registers' };
const inStudy = (from: string, to: string) => mistakesOf({ 'study.yaml': changed(STUDY, from, to) });

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
