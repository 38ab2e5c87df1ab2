import { describe, expect, it } from 'vitest';
import { cell, release } from '../../test/made-up-results.ts';
import { disclose, isReleased, PROFILES, profileOf } from './index.ts';

describe('the threshold of a profile', () => {
  it('can be raised', () => {
    expect(profileOf({ profile: 'ndtms', threshold: 12 })).toMatchObject({ id: 'ndtms', threshold: 12 });
    expect(profileOf({ profile: 'ndtms' }).threshold).toBe(5);
  });

  it('is never lowered', () => {
    expect(() => profileOf({ profile: 'ndtms', threshold: 4 })).toThrow(/lower/);
    expect(() => profileOf({ profile: 'acro', threshold: 5 })).toThrow(/lower/);
  });

  it('cannot be given where nobody is protected', () => {
    expect(() => profileOf({ profile: 'none', threshold: 5 })).toThrow(/protects nobody/);
  });

  it('is what a count is held to', () => {
    const rows = (threshold: number) =>
      release(cell({}, 40, 8), profileOf({ profile: 'ndtms', threshold })).map(({ events }) => events);
    expect(rows(8)).toEqual([8, 8, 8]);
    expect(rows(9)).toEqual([null, null, null]);
  });
});

describe('what is released', () => {
  it('is known by the object itself, not by how it looks', () => {
    const released = disclose(
      {
        study: {
          estimates: [],
          population: { entry: 'first-journey', entry_window: { from: '2006-01-01', to: '2006-12-31' } },
          time_at_risk: {},
        },
        results: [],
        attrition: [],
        population_steps: [],
        link_flow: [],
        accounts: [],
        issues: [],
        profiles: [],
      },
      PROFILES.ndtms,
    );
    expect(isReleased(released)).toBe(true);
    expect(isReleased({ ...released })).toBe(false);
    expect(Object.isFrozen(released)).toBe(true);
  });
});
