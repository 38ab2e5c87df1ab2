/**
 * A world: everything the generator is told, as data. Rates are per year, lengths in days, shares in [0, 1].
 * `ENGLAND_2006` meets published margins (counts, shares); no parameter was chosen by the published changes.
 */

/** [value, weight]; weights are relative. */
export type Weighted<V> = readonly (readonly [V, number])[];

export interface OffenceKind {
  readonly code: string;
  readonly group: string;
  /** Relative frequency. */
  readonly weight: number;
  /** Chance that it is punished with custody. */
  readonly custodial: number;
  /** Mean days in custody beyond the least. */
  readonly custody_days: number;
  /** Treatment does nothing about these: a negative-control outcome. */
  readonly spared: boolean;
}

export interface World {
  readonly name: string;
  readonly calendar: {
    /** First day of the registers. */
    readonly from: string;
    /** Index entries fall in [entry_from, entry_to). */
    readonly entry_from: string;
    readonly entry_to: string;
    /** Day of the treatment extract. */
    readonly treatment_to: string;
    /** Day of the police, custody and death extracts; convictions of later days are not in them. */
    readonly police_to: string;
  };
  readonly people: {
    readonly police_only_per_client: number;
    readonly male: number;
    /** Age on the middle day of the entry window: [from, to), share; uniform within. */
    readonly ages: readonly (readonly [from: number, to: number, share: number])[];
    /** Police force areas (equal shares); agencies in each. */
    readonly areas: number;
    readonly agencies_per_area: number;
    /** Clients without an offence in the extract who are in the police file from earlier years. */
    readonly old_record: number;
  };
  readonly offending: {
    /** Offences leading to a conviction or caution per year at liberty, outside treatment, for the average client. */
    readonly events_per_year: number;
    /** Shape of the gamma distribution of personal rates; smaller is more unequal. */
    readonly shape: number;
    readonly police_only_factor: number;
    readonly substance_factor: Readonly<Record<string, number>>;
    /** The personal rate falls by this share a year. */
    readonly ageing: number;
    /** The rate is 1 + height at its peak, `days_before_entry` before the index entry, and decays to both sides. */
    readonly peak: {
      readonly height: number;
      readonly decay_days: number;
      readonly days_before_entry: number;
    };
    /** Events in which a second offence of the same day is convicted too. */
    readonly second_offence: number;
    readonly kinds: readonly OffenceKind[];
    readonly caution: number;
    /** Days from offence to disposal: least + exponential. */
    readonly lag: { readonly least: number; readonly mean: number };
  };
  readonly effect: {
    /** True ratio of the offending rate in treatment to the same person's rate out of it. */
    readonly rate_ratio: number;
  };
  readonly treatment: {
    readonly substance_groups: Weighted<string>;
    /** Chance of a criminal justice referral: base + slope x / (x + half), x the personal rate over the mean. */
    readonly criminal_justice: { readonly base: number; readonly slope: number; readonly half: number };
    readonly self_referral: number;
    /** Index entry outside the entry window. */
    readonly entry_outside: number;
    readonly prior_treatment: number;
    /** Latent lengths of a journey; the shortest happens. Weibull for dropping out, shifted exponential for success. */
    readonly drop_out: { readonly scale: number; readonly shape: number };
    readonly success: { readonly least: number; readonly mean: number; readonly frailty: number };
    readonly other_exit: { readonly mean: number };
    /** Chance that an offence in treatment ends the journey. */
    readonly offence_ends: number;
    /** After an exit: chance of a return, mean days until it. */
    readonly returns: Readonly<
      Record<'dropped' | 'success' | 'other' | 'offence' | 'custody', readonly [number, number]>
    >;
    /** A journey as episodes: one; a transfer; one nested in another; two overlapping; two to the same day. */
    readonly patterns: Weighted<'single' | 'transfer' | 'nested' | 'overlap' | 'concurrent'>;
    readonly deaths_per_year: number;
  };
  readonly custody: { readonly least_days: number };
  readonly dirt: {
    /** Odd-numbered clients who have the previous client's initials, birth date, sex and area. */
    readonly shared_key: number;
    /** Police-only persons who have a client's. */
    readonly police_shared_key: number;
    /** Client initials with a letter outside ASCII, which the police write without its mark. */
    readonly accented_initials: number;
    /** At most one of these a treatment row. */
    readonly treatment: Readonly<Record<TreatmentDirt, number>>;
    /** At most one of these a nominal. */
    readonly nominal: Readonly<Record<NominalDirt, number>>;
    /** At most one of these a conviction row. */
    readonly conviction: Readonly<Record<ConvictionDirt, number>>;
    readonly notes: { readonly plain: number; readonly accented: number; readonly quoted_newline: number };
    /** Open episodes written as 31/12/9999; the others are blank. */
    readonly open_sentinel: number;
    /** Custody spells with an offence dated inside. */
    readonly offence_in_custody: number;
    /** Deaths of people known to the police with an offence dated after. */
    readonly offence_after_death: number;
    /** Two episodes that end on one day with different reasons. */
    readonly disagreeing_reasons: number;
  };
}

export const TREATMENT_DIRT = [
  'duplicate_row',
  'reversed_dates',
  'date_of_birth_missing',
  'date_of_birth_1900',
  'date_of_birth_mistyped',
  'initials_missing',
  'initials_lower_case',
  'initials_swapped',
  'start_date_missing',
  'impossible_date',
  'ragged_short',
  'ragged_long',
  'stray_quote',
] as const;
export type TreatmentDirt = (typeof TREATMENT_DIRT)[number];

export const NOMINAL_DIRT = [
  'duplicate_row',
  'second_nominal',
  'moved_area',
  'date_of_birth_missing',
  'date_of_birth_mistyped',
  'initial_changed',
  'sex_wrong',
  'ragged_short',
] as const;
export type NominalDirt = (typeof NOMINAL_DIRT)[number];

export const CONVICTION_DIRT = [
  'duplicate_row',
  'offence_date_missing',
  'reversed_dates',
  'ragged_long',
] as const;
export type ConvictionDirt = (typeof CONVICTION_DIRT)[number];

function kind(
  code: string,
  group: string,
  weight: number,
  custodial: number,
  custody_days: number,
  spared = false,
): OffenceKind {
  return { code, group, weight, custodial, custody_days, spared };
}

export const ENGLAND_2006: World = {
  name: 'england-2006',
  calendar: {
    from: '2003-04-01',
    entry_from: '2006-04-01',
    entry_to: '2007-04-01',
    treatment_to: '2009-10-01',
    police_to: '2010-07-01',
  },
  people: {
    police_only_per_client: 0.5,
    male: 0.72,
    ages: [
      [16, 18, 0.03],
      [18, 25, 0.18],
      [25, 30, 0.21],
      [30, 35, 0.22],
      [35, 40, 0.17],
      [40, 50, 0.15],
      [50, 65, 0.04],
    ],
    areas: 42,
    agencies_per_area: 6,
    old_record: 0.45,
  },
  offending: {
    events_per_year: 0.91,
    shape: 0.4,
    police_only_factor: 0.5,
    substance_factor: { 'opiate and crack': 1.35, 'opiate only': 1.1, 'crack only': 1, other: 0.5 },
    ageing: 0.03,
    peak: { height: 0.5, decay_days: 90, days_before_entry: 45 },
    second_offence: 0.1,
    kinds: [
      kind('theft', 'acquisitive', 330, 0.05, 45),
      kind('robbery', 'acquisitive', 12, 0.6, 450),
      kind('burglary', 'acquisitive', 45, 0.35, 200),
      kind('aggravated-burglary', 'acquisitive', 2, 0.8, 600),
      kind('taking-vehicle', 'acquisitive', 20, 0.1, 60),
      kind('aggravated-vehicle-taking', 'acquisitive', 6, 0.3, 120),
      kind('handling', 'acquisitive', 30, 0.1, 60),
      kind('going-equipped', 'acquisitive', 15, 0.1, 45),
      kind('drug-supply-class-a', 'drug', 20, 0.5, 400),
      kind('drug-intent-class-a', 'drug', 15, 0.45, 350),
      kind('drug-possession-class-a', 'drug', 85, 0.03, 45),
      kind('fraud', 'acquisitive', 20, 0.08, 90),
      kind('fraud-articles', 'acquisitive', 5, 0.05, 60),
      kind('begging', 'other', 15, 0, 0),
      kind('soliciting', 'other', 25, 0, 0),
      kind('assault', 'violence', 80, 0.12, 120),
      kind('criminal-damage', 'other', 60, 0.04, 45),
      kind('motoring', 'motoring', 100, 0.03, 45, true),
      kind('public-order', 'other', 70, 0.04, 45),
      kind('breach', 'breach', 45, 0.2, 30),
    ],
    caution: 0.06,
    lag: { least: 7, mean: 95 },
  },
  effect: { rate_ratio: 0.85 },
  treatment: {
    substance_groups: [
      ['opiate and crack', 0.29],
      ['opiate only', 0.36],
      ['crack only', 0.06],
      ['other', 0.29],
    ],
    criminal_justice: { base: 0.12, slope: 0.62, half: 1 },
    self_referral: 0.6,
    entry_outside: 0.08,
    prior_treatment: 0.4,
    drop_out: { scale: 1500, shape: 0.7 },
    success: { least: 45, mean: 1800, frailty: 0.3 },
    other_exit: { mean: 6500 },
    offence_ends: 0.08,
    returns: {
      dropped: [0.42, 200],
      success: [0.25, 300],
      other: [0.4, 200],
      offence: [0.45, 200],
      custody: [0.4, 60],
    },
    patterns: [
      ['single', 0.7],
      ['transfer', 0.13],
      ['nested', 0.06],
      ['overlap', 0.06],
      ['concurrent', 0.05],
    ],
    deaths_per_year: 0.011,
  },
  custody: { least_days: 7 },
  dirt: {
    shared_key: 0.004,
    police_shared_key: 0.004,
    accented_initials: 0.004,
    treatment: {
      duplicate_row: 0.01,
      reversed_dates: 0.003,
      date_of_birth_missing: 0.004,
      date_of_birth_1900: 0.004,
      date_of_birth_mistyped: 0.003,
      initials_missing: 0.005,
      initials_lower_case: 0.01,
      initials_swapped: 0.003,
      start_date_missing: 0.01,
      impossible_date: 0.001,
      ragged_short: 0.001,
      ragged_long: 0.001,
      stray_quote: 0.001,
    },
    nominal: {
      duplicate_row: 0.003,
      second_nominal: 0.004,
      moved_area: 0.03,
      date_of_birth_missing: 0.004,
      date_of_birth_mistyped: 0.003,
      initial_changed: 0.006,
      sex_wrong: 0.001,
      ragged_short: 0.001,
    },
    conviction: {
      duplicate_row: 0.005,
      offence_date_missing: 0.002,
      reversed_dates: 0.002,
      ragged_long: 0.001,
    },
    notes: { plain: 0.1, accented: 0.04, quoted_newline: 0.02 },
    open_sentinel: 0.5,
    offence_in_custody: 0.02,
    offence_after_death: 0.03,
    disagreeing_reasons: 0.2,
  },
};
