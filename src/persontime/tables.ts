import { type RowOf, table } from '../engine/index.ts';

/** What persontime makes: who is eligible, when their time starts and stops, and their intervals at risk. */

/** One row a person in the study population. Windows are cut to coverage, death, emigration and the end of data. */
export const cohort = table('cohort', {
  person_id: 'VARCHAR',
  /** Time zero. */
  entry_date: 'DATE',
  /** The journey that starts at entry. */
  journey: 'INTEGER',
  age_at_entry: 'INTEGER',
  sex: 'VARCHAR',
  area: 'VARCHAR',
  link_class: 'VARCHAR',
  before_start: 'DATE',
  before_end: 'DATE',
  after_start: 'DATE',
  after_end: 'DATE',
  /** Why the later window ends: window, death, emigration, end-of-data, journey-end */
  end_reason: 'VARCHAR',
  /** The journey's end, cut at follow-up; retention is measured on it. */
  journey_end: 'DATE',
  /** TRUE when the journey was left, FALSE when it was still open at the end of follow-up. */
  left_treatment: 'BOOLEAN',
  exit_group: 'VARCHAR',
  /** Days from entry to journey_end. */
  retained_days: 'INTEGER',
  /** First start of a later journey within the later window, else NULL. */
  re_entry_date: 'DATE',
});

/** The strata a protocol names, long: one row a person and stratum. A person without a value has the level 'not recorded'. */
export const cohortStratum = table('cohort_stratum', {
  person_id: 'VARCHAR',
  stratum: 'VARCHAR',
  level: 'VARCHAR',
});

/**
 * Time at risk, split so that everything is constant within a row. The rows of a person and window tile the window.
 * Outcomes are not in here: they are met for the first time by `estimate`.
 */
export const interval = table('interval', {
  person_id: 'VARCHAR',
  /** before or after */
  time_window: 'VARCHAR',
  phase: 'VARCHAR',
  treatment_phase: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
  calendar_year: 'INTEGER',
  age_band: 'VARCHAR',
  /** In custody, or another removal the protocol names: not at liberty. */
  removed: 'BOOLEAN',
  days: 'INTEGER',
});

/** Counts with time at risk, for registers without dates. Exposure in person-years at liberty. */
export const aggregateInterval = table('aggregate_interval', {
  person_id: 'VARCHAR',
  period: 'INTEGER',
  events: 'INTEGER',
  exposure: 'DOUBLE',
});

/** Who remains after each step, and how many events of the primary outcome they have, whenever these happened. */
export const attrition = table('attrition', {
  step: 'INTEGER',
  code: 'VARCHAR',
  label: 'VARCHAR',
  persons: 'BIGINT',
  events: 'BIGINT',
});

/** What the persons' time at risk shows to be wrong, n of N; see Issue in errors.ts. */
export const persontimeIssue = table('persontime_issue', {
  code: 'VARCHAR',
  register: 'VARCHAR',
  column_name: 'VARCHAR',
  severity: 'VARCHAR',
  count: 'BIGINT',
  of: 'BIGINT',
  unit: 'VARCHAR',
  message: 'VARCHAR',
});

export { type AgeBand, ageBands } from './age-bands.ts';
export { covariateAtEntry } from './covariate.ts';
export { outcomeEvents } from './outcome.ts';

export type PersontimeIssueRow = RowOf<typeof persontimeIssue>;
export type AttritionRow = RowOf<typeof attrition>;
