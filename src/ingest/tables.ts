import { type RowOf, table } from '../engine/index.ts';

/** What ingest makes: canonical tables keyed by register and record. All days; all intervals half-open [start, end). */

/** Identifiers. They live here and in `link` only. `record_id` is the register's own number for a client or nominal. */
export const personRecord = table('person_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  given_name: 'VARCHAR',
  family_name: 'VARCHAR',
  initials: 'VARCHAR',
  date_of_birth: 'DATE',
  sex: 'VARCHAR',
  postcode: 'VARCHAR',
  area: 'VARCHAR',
  national_id: 'VARCHAR',
});

export const episodeRecord = table('episode_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  episode_id: 'VARCHAR',
  service: 'VARCHAR',
  area: 'VARCHAR',
  referral_route: 'VARCHAR',
  referral_date: 'DATE',
  triage_date: 'DATE',
  substances: 'VARCHAR',
  substance_group: 'VARCHAR',
  start_date: 'DATE',
  /** NULL while the episode is open. */
  end_date: 'DATE',
  exit_reason: 'VARCHAR',
});

/** Also daily doses: start_date is the dose day, end_date the next day or NULL (one day). */
export const interventionRecord = table('intervention_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  episode_id: 'VARCHAR',
  kind: 'VARCHAR',
  drug: 'VARCHAR',
  dose: 'DOUBLE',
  supervised: 'BOOLEAN',
  start_date: 'DATE',
  end_date: 'DATE',
});

export const contactRecord = table('contact_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  contact_date: 'DATE',
  kind: 'VARCHAR',
});

export const offenceRecord = table('offence_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  event_id: 'VARCHAR',
  occasion_id: 'VARCHAR',
  offence_date: 'DATE',
  /** Last day of an offence that is only known as a range, else NULL. */
  offence_date_to: 'DATE',
  disposal_date: 'DATE',
  kind: 'VARCHAR',
  code: 'VARCHAR',
  offence_group: 'VARCHAR',
  severity: 'DOUBLE',
});

/** Registers that come as counts with time at risk; never turned into invented dates. Exposure in person-years at liberty. */
export const aggregateRecord = table('aggregate_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  period: 'INTEGER',
  events: 'INTEGER',
  exposure: 'DOUBLE',
});

export const custodyRecord = table('custody_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  start_date: 'DATE',
  /** NULL while still in custody. */
  end_date: 'DATE',
  kind: 'VARCHAR',
  estimated: 'BOOLEAN',
});

export const departureRecord = table('departure_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  departure_date: 'DATE',
  /** death, emigration, immigration, end-of-data */
  kind: 'VARCHAR',
});

export const covariateRecord = table('covariate_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  name: 'VARCHAR',
  value: 'VARCHAR',
  covariate_date: 'DATE',
});

export const drugTestRecord = table('drug_test_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  test_date: 'DATE',
  setting: 'VARCHAR',
  substance: 'VARCHAR',
  positive: 'BOOLEAN',
});

export const allocationRecord = table('allocation_record', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  programme: 'VARCHAR',
  arm: 'VARCHAR',
  allocation_date: 'DATE',
});

/** The canonical tables a mapping can fill. */
export const CANONICAL = {
  person_record: personRecord,
  episode: episodeRecord,
  intervention: interventionRecord,
  contact: contactRecord,
  offence: offenceRecord,
  aggregate: aggregateRecord,
  custody: custodyRecord,
  departure: departureRecord,
  covariate: covariateRecord,
  drug_test: drugTestRecord,
  allocation: allocationRecord,
} as const;
export type CanonicalName = keyof typeof CANONICAL;

/** From when to when a register saw an area; area NULL is everywhere. Unobserved time is never crime-free time. */
export const registerCoverage = table('register_coverage', {
  register: 'VARCHAR',
  area: 'VARCHAR',
  from_date: 'DATE',
  to_date: 'DATE',
  complete_to: 'DATE',
});

/** One row a file: read = accepted + quarantined, or the run stops. Blank lines are not records. */
export const ingestAccount = table('ingest_account', {
  register: 'VARCHAR',
  file: 'VARCHAR',
  sha256: 'VARCHAR',
  bytes: 'BIGINT',
  encoding: 'VARCHAR',
  dialect: 'VARCHAR',
  records_read: 'BIGINT',
  accepted: 'BIGINT',
  quarantined: 'BIGINT',
  blank_lines: 'BIGINT',
});

/**
 * Every record that did not enter a canonical table, with the reason. `not-selected` is no fault: no mapping takes the
 * record. A record that could not be read keeps its bytes (base64, in parts of 1 MiB); one whose values do not fit is
 * found in the extract by its line. Never leaves the store.
 */
export const quarantine = table('quarantine', {
  register: 'VARCHAR',
  file: 'VARCHAR',
  record_number: 'BIGINT',
  line: 'BIGINT',
  part: 'INTEGER',
  code: 'VARCHAR',
  column_name: 'VARCHAR',
  raw: 'VARCHAR',
});

/** The state of the data, n of N; see Issue in errors.ts. */
export const ingestIssue = table('ingest_issue', {
  code: 'VARCHAR',
  register: 'VARCHAR',
  column_name: 'VARCHAR',
  severity: 'VARCHAR',
  count: 'BIGINT',
  of: 'BIGINT',
  unit: 'VARCHAR',
  message: 'VARCHAR',
});

/** A data profile: one row a column of a register. Counts only. */
export const registerProfile = table('register_profile', {
  register: 'VARCHAR',
  column_name: 'VARCHAR',
  type: 'VARCHAR',
  records: 'BIGINT',
  missing: 'BIGINT',
  open_ended: 'BIGINT',
  distinct_values: 'BIGINT',
});

export type IngestAccountRow = RowOf<typeof ingestAccount>;
export type IngestIssueRow = RowOf<typeof ingestIssue>;
export type RegisterProfileRow = RowOf<typeof registerProfile>;
