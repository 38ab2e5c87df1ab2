import { describe, expect, it } from 'vitest';
import { disclose, PROFILES, type Profile } from '../../src/disclose/index.ts';
import type { InternalTables } from '../../src/disclose/tables.ts';
import type { Tables } from '../reference/attack-numbers.ts';
import { type Attack, attack } from '../reference/attack-ranges.ts';
import { drawSmallStudy } from '../reference/attack-study.ts';

/**
 * An attacker with equations of their own and a linear programme against what disclose releases: results, curves,
 * attrition, subsets, linkage and file accounts of random studies. Every withheld count that is in truth small must keep
 * a range that holds every small number. The range is of real numbers: an attacker who also reasons in whole numbers
 * (a ratio of 2/3 has a denominator divisible by three) is not played here.
 */

/** DESIST_ATTACK=full, or a range of studies as in DESIST_ATTACK=401-800, for chunks. */
const ASKED = process.env.DESIST_ATTACK ?? '1-24';
const [FIRST = 1, LAST = FIRST] = (ASKED === 'full' ? '1-5000' : ASKED).split('-').map(Number);
const STUDIES = LAST - FIRST + 1;
const HAND_MADE = 20;
const PERIOD = [730, 731] as const;

function profileFor(seed: number): Profile {
  if (seed % 5 === 3) return PROFILES.acro;
  return seed % 5 === 4 ? PROFILES.opensafely : PROFILES.ndtms;
}

function attackOn(seed: number, releaseBy: (internal: InternalTables, profile: Profile) => Tables): Attack {
  const { internal, at_least } = drawSmallStudy(seed);
  const profile = profileFor(seed);
  return attack({
    truth: internal,
    released: releaseBy(internal, profile),
    known: { at_least, window_days: PERIOD },
    threshold: profile.threshold,
    rounding: profile.rounding,
  });
}

/** Only what is small goes, with everything in its row: what a careful person without a tool would do. */
function primaryOnly(internal: InternalTables, { threshold }: Profile): Tables {
  const isSmall = (count: number | null): boolean => count !== null && count >= 1 && count < threshold;
  const hide = <T extends { readonly persons: number | null; readonly events?: number | null }>(row: T): T =>
    isSmall(row.persons) || isSmall(row.events ?? null) ? { ...row, persons: null, events: null } : row;
  return {
    results: internal.results
      .filter(({ measure }) => measure !== 'at_risk' && measure !== 'survival')
      .map((row) => (hide(row) === row ? row : { ...hide(row), value: null, person_years: null })),
    attrition: internal.attrition.map(hide),
    population_steps: internal.population_steps.map(hide),
    link_flow: internal.link_flow.map((row) =>
      isSmall(row.persons) || isSmall(row.records) ? { ...row, records: null, persons: null } : row,
    ),
    accounts: internal.accounts,
  };
}

describe('an attacker with linear programmes', () => {
  it(`cannot narrow any small count in ${STUDIES} released studies`, { timeout: 10 * 3_600_000 }, () => {
    let withheld = 0;
    const failures: string[] = [];
    const mistakes: string[] = [];
    for (let seed = FIRST; seed <= LAST; seed += 1) {
      const found = attackOn(seed, disclose);
      withheld += found.withheld;
      mistakes.push(...found.false_equations.map((one) => `study ${seed}: ${one}`));
      failures.push(
        ...found.printed.map((key) => `study ${seed} prints ${key}`),
        ...found.narrowed.map(({ key, low, high }) => `study ${seed}: ${key} in ${low} to ${high}`),
      );
    }
    expect(mistakes).toEqual([]);
    expect(failures).toEqual([]);
    expect(withheld).toBeGreaterThan(10 * STUDIES);
  });

  it('finds counts in most studies where only what is small is hidden', () => {
    let broken = 0;
    let attacked = 0;
    for (let seed = 1; seed <= HAND_MADE; seed += 1) {
      if (profileFor(seed).rounding !== 1) continue;
      const found = attackOn(seed, primaryOnly);
      expect(found.false_equations).toEqual([]);
      if (found.withheld > 0) attacked += 1;
      if (found.narrowed.length > 0) broken += 1;
    }
    expect(attacked).toBeGreaterThan(10);
    expect(broken).toBeGreaterThan(0.8 * attacked);
  });
});
