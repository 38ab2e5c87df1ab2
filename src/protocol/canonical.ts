/**
 * What a mapping can fill: the canonical tables, their columns and types, without `register`, which Desist adds. The
 * tables themselves are declared by `ingest`; test/canonical-columns.test.ts keeps the two equal.
 */

export type CanonicalType = 'VARCHAR' | 'DATE' | 'INTEGER' | 'DOUBLE' | 'BOOLEAN';

export const CANONICAL_COLUMNS = {
  person_record: {
    record_id: 'VARCHAR',
    given_name: 'VARCHAR',
    family_name: 'VARCHAR',
    initials: 'VARCHAR',
    date_of_birth: 'DATE',
    sex: 'VARCHAR',
    postcode: 'VARCHAR',
    area: 'VARCHAR',
    national_id: 'VARCHAR',
  },
  episode: {
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
    end_date: 'DATE',
    exit_reason: 'VARCHAR',
  },
  intervention: {
    record_id: 'VARCHAR',
    episode_id: 'VARCHAR',
    kind: 'VARCHAR',
    drug: 'VARCHAR',
    dose: 'DOUBLE',
    supervised: 'BOOLEAN',
    start_date: 'DATE',
    end_date: 'DATE',
  },
  contact: { record_id: 'VARCHAR', contact_date: 'DATE', kind: 'VARCHAR' },
  offence: {
    record_id: 'VARCHAR',
    event_id: 'VARCHAR',
    occasion_id: 'VARCHAR',
    offence_date: 'DATE',
    offence_date_to: 'DATE',
    disposal_date: 'DATE',
    kind: 'VARCHAR',
    code: 'VARCHAR',
    offence_group: 'VARCHAR',
    severity: 'DOUBLE',
  },
  aggregate: { record_id: 'VARCHAR', period: 'INTEGER', events: 'INTEGER', exposure: 'DOUBLE' },
  custody: {
    record_id: 'VARCHAR',
    start_date: 'DATE',
    end_date: 'DATE',
    kind: 'VARCHAR',
    estimated: 'BOOLEAN',
  },
  departure: { record_id: 'VARCHAR', departure_date: 'DATE', kind: 'VARCHAR' },
  covariate: { record_id: 'VARCHAR', name: 'VARCHAR', value: 'VARCHAR', covariate_date: 'DATE' },
  drug_test: {
    record_id: 'VARCHAR',
    test_date: 'DATE',
    setting: 'VARCHAR',
    substance: 'VARCHAR',
    positive: 'BOOLEAN',
  },
  allocation: { record_id: 'VARCHAR', programme: 'VARCHAR', arm: 'VARCHAR', allocation_date: 'DATE' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, CanonicalType>>>>;

export type CanonicalTable = keyof typeof CANONICAL_COLUMNS;

/** Of each group one column must be filled, or a row of the table says nothing. */
export const CANONICAL_NEEDS: Readonly<Record<CanonicalTable, readonly (readonly string[])[]>> = {
  person_record: [],
  episode: [['start_date', 'triage_date']],
  intervention: [['start_date']],
  contact: [['contact_date']],
  offence: [['offence_date', 'disposal_date']],
  aggregate: [['period'], ['events', 'exposure']],
  custody: [['start_date']],
  departure: [['departure_date'], ['kind']],
  covariate: [['name'], ['value']],
  drug_test: [['test_date'], ['positive']],
  allocation: [['programme'], ['arm']],
};
