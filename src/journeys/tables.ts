import { type RowOf, table } from '../engine/index.ts';

/** What journeys makes: spells, the journeys they form, and a tiling of each person's time by phase. */

/** A stretch of treatment: an episode, or consecutive days of doses or contacts. */
export const spell = table('spell', {
  person_id: 'VARCHAR',
  spell_id: 'VARCHAR',
  start_date: 'DATE',
  /** NULL while open. */
  end_date: 'DATE',
  exit_reason: 'VARCHAR',
  referral_date: 'DATE',
  referral_route: 'VARCHAR',
  substance_group: 'VARCHAR',
  area: 'VARCHAR',
  service: 'VARCHAR',
});

/** Spells joined by the gap rule; `journey` counts from 1 within a person. */
export const journey = table('journey', {
  person_id: 'VARCHAR',
  journey: 'INTEGER',
  start_date: 'DATE',
  /** NULL while open at the end of the treatment register's coverage. */
  end_date: 'DATE',
  exit_reason: 'VARCHAR',
  /** successful, transferred, unplanned, custody, died, inconsistent, unknown or open */
  exit_group: 'VARCHAR',
  spells: 'INTEGER',
  referral_date: 'DATE',
  referral_route: 'VARCHAR',
  substance_group: 'VARCHAR',
  area: 'VARCHAR',
  service: 'VARCHAR',
  /** Days covered by a spell, as far as the register saw; gaps inside the journey do not count. */
  treatment_days: 'INTEGER',
});

/** Custody as the union of its rows: no overlap within a person. */
export const custodySpell = table('custody_spell', {
  person_id: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
});

/**
 * Each person's time without gap or overlap from the first day to the last that the treatment register covers.
 * `phase` is before, waiting, in, between, after or custody; custody wins, `treatment_phase` says what it covers.
 */
export const phase = table('phase', {
  person_id: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
  phase: 'VARCHAR',
  treatment_phase: 'VARCHAR',
  /** The journey itself for in and waiting, the one just left for between and after, NULL for before. */
  journey: 'INTEGER',
});

export const journeyIssue = table('journey_issue', {
  code: 'VARCHAR',
  register: 'VARCHAR',
  column_name: 'VARCHAR',
  severity: 'VARCHAR',
  count: 'BIGINT',
  of: 'BIGINT',
  unit: 'VARCHAR',
  message: 'VARCHAR',
});

export type JourneyIssueRow = RowOf<typeof journeyIssue>;
