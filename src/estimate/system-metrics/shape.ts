/** One row a person and metric, in the shape all metrics share. */
export const INDEX = {
  metric: 'VARCHAR',
  person_id: 'VARCHAR',
  /** The event that makes the person count. */
  index_date: 'DATE',
  /** The register must have seen the person up to this day. */
  needed_to: 'DATE',
  /** FALSE where a date is missing without which there is no answer. */
  is_dated: 'BOOLEAN',
  step_1: 'BOOLEAN',
  step_2: 'BOOLEAN',
  step_3: 'BOOLEAN',
  step_4: 'BOOLEAN',
  wait_days: 'INTEGER',
  area: 'VARCHAR',
  service: 'VARCHAR',
  referral_route: 'VARCHAR',
  substance_group: 'VARCHAR',
  sex: 'VARCHAR',
} as const;
