import { describe, expect, it } from 'vitest';
import { changed, mistakesOf, STUDY, smallStudy, writeFiles } from '../../test/small-study.ts';
import { loadProtocol } from './index.ts';

const env = { DESIST_DATA: '/registers' };
const inStudy = (from: string, to: string) => mistakesOf({ 'study.yaml': changed(STUDY, from, to) });

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
