import { StudyError } from '../errors.ts';
import type { Study } from '../protocol/tables.ts';

/**
 * Disclosure rules differ between sites, so they are records with a version and their source, not constants in code.
 * A study names one and may raise its threshold, never lower it.
 */

export interface Profile {
  readonly id: 'ndtms' | 'opensafely' | 'acro' | 'none';
  readonly version: string;
  /** A count of persons or of events below this is not shown. 1 hides nothing. */
  readonly threshold: number;
  /** `shown`: 0 may be printed and is then known not to hide anyone. `hidden`: 0 says something about everyone. */
  readonly zero: 'shown' | 'hidden';
  /** Shown counts are rounded to the nearest multiple of this; 1 is no rounding. */
  readonly rounding: number;
  /** Residual degrees of freedom below which standard errors, intervals and p values are not shown; 0 is no rule. */
  readonly degrees_of_freedom: number;
  /** What the rule says, and where. */
  readonly source: string;
  /** Printed on everything released under the profile, or null. */
  readonly banner: string | null;
}

export const PROFILES: Readonly<Record<Profile['id'], Profile>> = {
  ndtms: {
    id: 'ndtms',
    version: '1',
    threshold: 5,
    zero: 'shown',
    rounding: 1,
    degrees_of_freedom: 0,
    source:
      'NDTMS public statistics suppress cell values of less than five, shown as * (ndtms.net, Suppression and ' +
      'Restricted Data). Read here as 1 to 4: a zero is printed, and suppression that protects another cell is added.',
    banner: null,
  },
  opensafely: {
    id: 'opensafely',
    version: '1',
    threshold: 8,
    zero: 'shown',
    rounding: 5,
    degrees_of_freedom: 0,
    source:
      'OpenSAFELY permitted outputs: counts of 7 or fewer are redacted, all others rounded to the nearest 5 ' +
      '(docs.opensafely.org, Statistical disclosure control).',
    banner: null,
  },
  acro: {
    id: 'acro',
    version: '1',
    threshold: 10,
    zero: 'hidden',
    rounding: 1,
    degrees_of_freedom: 10,
    source:
      'ACRO (SACRO) default risk appetite: cells of fewer than 10, zeros disclosive, at least 10 residual degrees of ' +
      'freedom, survival tables from 10 (AI-SDC/ACRO, default.yaml).',
    banner: null,
  },
  none: {
    id: 'none',
    version: '1',
    threshold: 1,
    zero: 'shown',
    rounding: 1,
    degrees_of_freedom: 0,
    source: 'No disclosure control: for synthetic or already public data only.',
    banner:
      'No disclosure control was applied. This output may leave only because its data are synthetic or already public.',
  },
};

/** The profile a study asks for, with its own higher threshold. Refuses a lower one, and any threshold under `none`. */
export function profileOf(disclosure: Study['disclosure']): Profile {
  const profile = PROFILES[disclosure.profile];
  const { threshold } = disclosure;
  if (threshold === undefined || threshold === profile.threshold) return profile;
  if (profile.id === 'none') {
    throw new StudyError('E-DISCLOSURE', 'Profile none protects nobody, so it takes no threshold.', {
      fix: 'Name the profile ndtms, opensafely or acro, or leave out the threshold.',
    });
  }
  if (threshold < profile.threshold) {
    throw new StudyError(
      'E-DISCLOSURE',
      `The threshold ${threshold} is lower than that of profile ${profile.id}, ${profile.threshold}.`,
      { fix: `Leave out the threshold, or give one above ${profile.threshold}.` },
    );
  }
  return { ...profile, threshold };
}
