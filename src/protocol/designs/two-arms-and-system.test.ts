import { describe, expect, it } from 'vitest';
import { changed, mistakesOf, STUDY, TREATMENT } from '../../../test/small-study.ts';

/** What a protocol must hold for a comparison of two arms, and for the shares of a system. */

const ARMS = `  - id: arms
    design: partnership
    outcome: trigger
    arms: sex
    treated: male
    comparison: female
    adjust: [homeless]
`;
const SYSTEM = `  - id: system
    design: system-metrics
    metrics: [retained-12w]
`;

const withEstimate = (estimate: string, study = STUDY) =>
  mistakesOf({ 'study.yaml': changed(study, 'headline: change', `${estimate}headline: change`) });

describe('a partnership', () => {
  it('is without a mistake where everything is declared', () => {
    expect(withEstimate(ARMS)).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['arms: sex', 'arms: sox', 'there is no stratum `sox`. Did you mean `sex`?'],
    ['arms: sex', 'arms: retention', 'groups are formed by what happens after entry'],
    ['comparison: female', 'comparison: male', 'compares an arm with itself'],
    ['adjust: [homeless]', 'adjust: [homless]', 'there is no stratum `homless`'],
    ['adjust: [homeless]', 'adjust: [retention]', 'groups are formed by what happens after entry'],
    ['adjust: [homeless]', 'match: { exact: [areas] }', 'there is no stratum `areas`'],
    ['adjust: [homeless]', 'cluster: clinic', 'there is no stratum `clinic`'],
    ['adjust: [homeless]', 'strata: [sex]', 'which no strata divide further'],
    ['adjust: [homeless]', 'dose: {}', 'counts contacts, and no register fills `contact`'],
    ['adjust: [homeless]', 'dose: { groups: [6, 3] }', 'has dose groups that do not rise'],
    ['outcome: trigger', 'outcome: triger', 'there is no outcome `triger`'],
  ])('%s -> %s', (from, to, message) => {
    expect(withEstimate(ARMS.replace(from, to)).join('\n')).toContain(message);
  });

  it('needs both windows', () => {
    expect(withEstimate(ARMS, changed(STUDY, '  before: {months: 24}\n', '')).join('\n')).toContain(
      'compares two windows, and `time_at_risk` lacks `before`',
    );
  });
});

describe('system metrics', () => {
  it('are without a mistake where the registers hold what they need', () => {
    expect(withEstimate(SYSTEM)).toEqual([]);
    expect(withEstimate(SYSTEM.replace('[retained-12w]', '[release-21d, completed-not-back-6m]'))).toEqual(
      [],
    );
  });

  it.each<[string, string, string]>([
    ['[retained-12w]', '[cascade-12w]', 'no register fills `episode.referral_date`'],
    ['[retained-12w]', '[waiting-3w]', 'no register fills `episode.referral_date`'],
    ['[retained-12w]', '[retained-12w, retained-12w]', 'names a metric or a division twice'],
    ['[retained-12w]', '[retained-12w]\n    by: [service]', 'no register fills `episode.service`'],
    ['[retained-12w]', '[retained-12w]\n    strata: [sex]', 'strata are known for the cohort only'],
    [
      '[retained-12w]',
      '[retained-12w]\n    population: known-offenders',
      'whom no subset of the cohort holds',
    ],
    ['[retained-12w]', '[retained-13w]', 'E-PROTOCOL-VALUE'],
  ])('%s -> %s', (from, to, message) => {
    const found = withEstimate(SYSTEM.replace(from, to));
    expect(found.join('\n')).toContain(message);
  });

  it('count from referrals where they are mapped', () => {
    const treatment = changed(
      TREATMENT,
      '      triage_date: TRIAGED\n',
      '      triage_date: TRIAGED\n      referral_date: TRIAGED\n',
    );
    expect(
      mistakesOf({
        'study.yaml': changed(
          STUDY,
          'headline: change',
          `${SYSTEM.replace('[retained-12w]', '[waiting-3w, cascade-12w]')}headline: change`,
        ),
        'sources/treatment.yaml': treatment,
      }),
    ).toEqual([]);
  });
});
