import { type RowOf, table } from '../engine/index.ts';

/** What link makes: persons, and every canonical table keyed by the person's pseudonym. No identifier passes this stage. */

export const person = table('person', {
  person_id: 'VARCHAR',
  sex: 'VARCHAR',
  /** First day of the month of birth: ages are by month. */
  birth_month: 'DATE',
  area: 'VARCHAR',
  /** matched, absent, ambiguous or unlinkable: what linkage with the outcome registers found. */
  link_class: 'VARCHAR',
});

/** Which record is which person. Stays in the store. */
export const personLink = table('person_link', {
  register: 'VARCHAR',
  record_id: 'VARCHAR',
  person_id: 'VARCHAR',
});

export const episode = table('episode', {
  person_id: 'VARCHAR',
  episode_id: 'VARCHAR',
  service: 'VARCHAR',
  area: 'VARCHAR',
  referral_route: 'VARCHAR',
  referral_date: 'DATE',
  triage_date: 'DATE',
  substances: 'VARCHAR',
  substance_group: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
  exit_reason: 'VARCHAR',
});

export const intervention = table('intervention', {
  person_id: 'VARCHAR',
  intervention_id: 'VARCHAR',
  episode_id: 'VARCHAR',
  kind: 'VARCHAR',
  drug: 'VARCHAR',
  dose: 'DOUBLE',
  supervised: 'BOOLEAN',
  start_date: 'DATE',
  end_date: 'DATE',
});

export const contact = table('contact', {
  person_id: 'VARCHAR',
  contact_id: 'VARCHAR',
  contact_date: 'DATE',
  kind: 'VARCHAR',
});

export const offence = table('offence', {
  person_id: 'VARCHAR',
  event_id: 'VARCHAR',
  occasion_id: 'VARCHAR',
  offence_date: 'DATE',
  offence_date_to: 'DATE',
  disposal_date: 'DATE',
  kind: 'VARCHAR',
  code: 'VARCHAR',
  offence_group: 'VARCHAR',
  severity: 'DOUBLE',
});

export const aggregate = table('aggregate', {
  person_id: 'VARCHAR',
  period: 'INTEGER',
  events: 'INTEGER',
  exposure: 'DOUBLE',
});

export const custody = table('custody', {
  person_id: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
  kind: 'VARCHAR',
  estimated: 'BOOLEAN',
});

export const departure = table('departure', {
  person_id: 'VARCHAR',
  departure_date: 'DATE',
  kind: 'VARCHAR',
});

export const covariate = table('covariate', {
  person_id: 'VARCHAR',
  name: 'VARCHAR',
  value: 'VARCHAR',
  covariate_date: 'DATE',
});

export const drugTest = table('drug_test', {
  person_id: 'VARCHAR',
  test_date: 'DATE',
  setting: 'VARCHAR',
  substance: 'VARCHAR',
  positive: 'BOOLEAN',
});

export const allocation = table('allocation', {
  person_id: 'VARCHAR',
  programme: 'VARCHAR',
  arm: 'VARCHAR',
  allocation_date: 'DATE',
});

/** How the records of each register fared: counts of records and persons by linkage class. */
export const linkFlow = table('link_flow', {
  register: 'VARCHAR',
  link_class: 'VARCHAR',
  records: 'BIGINT',
  persons: 'BIGINT',
});

/** What the persons' rows say once they are together: events after death, offences in custody, rows seen twice. */
export const linkIssue = table('link_issue', {
  code: 'VARCHAR',
  register: 'VARCHAR',
  column_name: 'VARCHAR',
  severity: 'VARCHAR',
  count: 'BIGINT',
  of: 'BIGINT',
  unit: 'VARCHAR',
  message: 'VARCHAR',
});

export type LinkFlowRow = RowOf<typeof linkFlow>;
export type LinkIssueRow = RowOf<typeof linkIssue>;
