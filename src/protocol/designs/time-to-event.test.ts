import { describe, expect, it } from 'vitest';
import { changed, mistakesOf, STUDY } from '../../../test/small-study.ts';

/** What survival and recurrent estimates are refused for, and what they are not. */

const asked = (estimate: string) =>
  mistakesOf({ 'study.yaml': changed(STUDY, '    design: survival\n', estimate) });
const first = (more: string) => asked(`    design: survival\n    event: first-offence\n${more}`);

describe('a survival estimate', () => {
  it.each([
    ['a first offence from entry', '    outcome: trigger\n    competing: true\n    horizon: 365\n'],
    ['a first offence after release', '    outcome: trigger\n    from: release\n'],
    [
      'a Cox model and a Fine-Gray model',
      '    outcome: trigger\n    cox: {adjust: [sex, homeless], reference: {sex: male}}\n    fine_gray: true\n',
    ],
    [
      'how long people stayed, of those who left',
      '    outcome: trigger\n    from: journey-end\n    cox: {adjust: [retention]}\n',
    ],
  ])('may ask for %s', (_, more) => {
    expect(first(more)).toEqual([]);
  });

  it.each([
    ['a first offence of nothing', '', /waits for offences and does not say which/],
    ['an outcome that is not declared', '    outcome: nothing\n', /nothing/],
    ['a Fine-Gray model of nothing', '    outcome: trigger\n    fine_gray: true\n', /what it adjusts for/],
    ['a Cox model of nothing', '    outcome: trigger\n    cox: {}\n', /Cox model of nothing/],
    [
      'a stratum twice',
      '    outcome: trigger\n    cox: {adjust: [sex], strata: [sex]}\n',
      /adjusts for `sex` and stratifies by it/,
    ],
    [
      'a stratum that is not there',
      '    outcome: trigger\n    cox: {adjust: [sex], strata: [clinic]}\n',
      /clinic/,
    ],
    [
      'a reference of a stratum it does not adjust for',
      '    outcome: trigger\n    cox: {adjust: [homeless], reference: {sex: male}}\n',
      /reference level of `sex`/,
    ],
    [
      'groups formed after entry',
      '    outcome: trigger\n    cox: {adjust: [retention]}\n',
      /formed by what happens after entry/,
    ],
  ])('is refused %s', (_, more, message) => {
    expect(first(more)).toEqual([expect.stringMatching(message)]);
  });

  it('of retention has no outcome and no start of its own', () => {
    expect(asked('    design: survival\n    outcome: trigger\n')).toEqual([
      expect.stringMatching(/does not wait for offences/),
    ]);
  });
});

describe('a recurrent estimate', () => {
  const again = (more: string) => asked(`    design: recurrent\n    outcome: trigger\n${more}`);

  it.each([
    ['a mean alone', ''],
    ['phases on age', '    model: {scale: age}\n'],
    ['groups on time since entry', '    model: {scale: study-time, phases: false, adjust: [sex]}\n'],
    ['another phase as reference', '    model: {scale: calendar, reference: {phase: in}}\n'],
  ])('may ask for %s', (_, more) => {
    expect(again(more)).toEqual([]);
  });

  it.each([
    ['a model of nothing', '    model: {scale: age, phases: false}\n', /model of nothing/],
    ['a model without a scale', '    model: {phases: true}\n', /scale/],
    ['groups formed after entry', '    model: {scale: age, adjust: [retention]}\n', /after entry/],
    [
      'a stratum twice',
      '    model: {scale: age, adjust: [sex], strata: [sex]}\n',
      /adjusts for `sex` and stratifies by it/,
    ],
  ])('is refused %s', (_, more, message) => {
    expect(again(more)).toEqual([expect.stringMatching(message)]);
  });
});
