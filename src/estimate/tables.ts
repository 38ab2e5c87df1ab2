import { type RowOf, table } from '../engine/index.ts';

/**
 * What estimate makes: one long table for all designs, one row a number. Internal: nothing here has passed disclosure
 * control. `status` is estimated, or not-estimable with the reason in `note`; then value and interval are NULL.
 */
export const result = table('result', {
  /** The protocol's id of the estimate. */
  estimate_id: 'VARCHAR',
  /** rates, change, survival ... */
  design: 'VARCHAR',
  /** `all` or the name of a subset of the protocol. */
  population: 'VARCHAR',
  /** `all`, or what the rows are divided by: a stratum's name, or several joined by ' x '. */
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  /** before, waiting, in, between, after, custody, a window, or NULL. */
  phase: 'VARCHAR',
  /** events, persons, person_years, rate, change_percent, change_per_person, survival ...: docs/methods has the list. */
  measure: 'VARCHAR',
  value: 'DOUBLE',
  ci_low: 'DOUBLE',
  ci_high: 'DOUBLE',
  /** Persons behind the number: what disclosure control counts. */
  persons: 'BIGINT',
  events: 'BIGINT',
  person_years: 'DOUBLE',
  method: 'VARCHAR',
  status: 'VARCHAR',
  note: 'VARCHAR',
  unit: 'VARCHAR',
  /** calendar, at-liberty, or NULL where no clock is involved. */
  clock: 'VARCHAR',
  /** What is compared with what, e.g. 'after / before'. */
  contrast: 'VARCHAR',
  /** Days since entry for curves. */
  time: 'DOUBLE',
  /** `protocol`, or the name of a declared variant. */
  variant: 'VARCHAR',
  std_error: 'DOUBLE',
  p_value: 'DOUBLE',
  null_value: 'DOUBLE',
  null_low: 'DOUBLE',
  null_high: 'DOUBLE',
});

export type ResultRow = RowOf<typeof result>;

/** The order of results.csv: total, so that the bytes depend on nothing else. */
export const RESULT_ORDER = [
  'estimate_id',
  'variant',
  'population',
  'stratum',
  'level',
  'phase',
  'clock',
  'measure',
  'contrast',
  'time',
  'method',
] as const;

/** From everyone in the cohort to each named subset: the attrition that only the outcome can tell. */
export const populationStep = table('population_step', {
  population: 'VARCHAR',
  label: 'VARCHAR',
  persons: 'BIGINT',
  /** Events of the primary outcome, whenever they happened: comparable with attrition. */
  events: 'BIGINT',
});

export type PopulationStepRow = RowOf<typeof populationStep>;

/** Every person of `level` has `within_level` in the other stratum. */
export const levelNesting = table('level_nesting', {
  stratum: 'VARCHAR',
  level: 'VARCHAR',
  within_stratum: 'VARCHAR',
  within_level: 'VARCHAR',
});

export type LevelNestingRow = RowOf<typeof levelNesting>;
