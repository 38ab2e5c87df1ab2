import { describe, expect, it } from 'vitest';
import { changed, mistakesOf, STUDY } from '../../test/small-study.ts';

/** What a protocol that compares areas or groups must say. */

const compare = (lines: string): readonly string[] =>
  mistakesOf({
    'study.yaml': changed(
      STUDY,
      '  - id: stay\n',
      `  - id: groups\n    design: compare\n    outcome: trigger\n${lines
        .split('\n')
        .map((line) => `    ${line}\n`)
        .join('')}  - id: stay\n`,
    ),
  });

describe('a protocol that compares', () => {
  it.each([
    ['strata: [sex]'],
    ['strata: [sex, homeless]\nwindow: before\nreference: {sex: male}'],
    ['strata: [homeless]\nphase: in\nadjust: [sex, {number: homeless}, {number: age_at_entry}]'],
    ['strata: [homeless]\nmodel: gee-exchangeable\ncluster: sex'],
  ])('is without a mistake: %j', (lines) => {
    expect(compare(lines)).toEqual([]);
  });

  it.each([
    ['window: after', 'compares levels of strata, and names no stratum'],
    ['strata: [sex]\nwindow: after\nphase: in', 'names a window and a phase'],
    ['strata: [homeles]', 'there is no stratum `homeles`. Did you mean `homeless`?'],
    ['strata: [sex]\nadjust: [homeles]', 'there is no stratum `homeles`. Did you mean `homeless`?'],
    [
      'strata: [sex]\nadjust: [{number: homeles}]',
      'there is no covariate `homeles`. Did you mean `homeless`?',
    ],
    ['strata: [sex]\nadjust: [sex]', 'compares and adjusts for `sex`'],
    ['strata: [sex]\nadjust: [homeless, homeless]', 'adjusts for `homeless` twice'],
    ['strata: [sex]\nadjust: [retention]', 'whose groups are formed by what happens after entry'],
    ['strata: [sex]\nmodel: gee-exchangeable', 'a working correlation needs several rows a unit'],
    ['strata: [sex]\nmodel: negative-binomial\ncluster: homeless', 'takes rows as independent'],
    ['strata: [sex]\ncluster: sex', 'one unit a level is no comparison'],
    ['strata: [sex]\ncluster: services', 'there is no stratum `services`'],
    [
      'strata: [sex]\nreference: {homeless: yes}',
      'has a reference for `homeless`, which it does not compare',
    ],
    [
      'strata: [sex]\ndivide: [calendar_year]',
      'divides time by calendar year, and `time_at_risk.split` does not',
    ],
  ])('%j is a mistake', (lines, message) => {
    expect(compare(lines).filter((one) => one.includes(message))).toHaveLength(1);
  });
});
