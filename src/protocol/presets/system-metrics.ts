import type { Preset } from './preset.ts';

/**
 * How a treatment system serves: who counts, what is reached, by when. Each counts a person once, at the first event in
 * the entry window that makes them count, and only persons whom the treatment register saw for long enough. A journey is
 * begun on the first recorded start of treatment in it; where the register records starts, an assessment alone begins none.
 */
export interface SystemMetricPreset extends Preset {
  readonly label: string;
  /** The label where there is little room. */
  readonly short: string;
  /** Who counts, in a word. */
  readonly of: string;
  /** Whose answer can be known, as the rows call it. */
  readonly known: string;
  /** What is reached, in order; each step is among those of the step before. */
  readonly reached: readonly string[];
  readonly within_days?: number;
  readonly from_age?: number;
  readonly back_months?: number;
  readonly start_days?: number;
  readonly retained_days?: number;
  readonly completed_days?: number;
}

export const SYSTEM_METRIC_PRESETS = {
  'release-21d': {
    name: 'release-21d',
    version: '1',
    label: 'In treatment within 21 days of release',
    short: 'After release',
    of: 'released',
    known: 'released: followed for 21 days',
    reached: ['in treatment within 21 days'],
    within_days: 21,
    from_age: 18,
    text: 'Of adults released from custody in the entry window whom the treatment register knew before, those in a journey on any day from release to day 21 after it. Release: the end of a custody spell that was not police custody throughout; spells that meet are one, so that a recall on the day is no release. Who died or was recalled by then without treatment was not reached.',
    source:
      'Public Health Outcomes Framework C20 (England): adults with a treatment need who start structured community treatment within three weeks of release; the wording of its denominator was not read. Known to the register before stands for a treatment need here.',
    standing: 'provisional',
  },
  'retained-12w': {
    name: 'retained-12w',
    version: '1',
    label: 'Retained 12 weeks, or successful before',
    short: 'Retained',
    of: 'started',
    known: 'started: followed for 12 weeks',
    reached: ['retained 12 weeks'],
    within_days: 84,
    text: 'Of persons who started a journey in the entry window, those whose journey lasted at least 84 days or ended earlier with a successful exit.',
    source:
      'Effective treatment of the Diagnostic Outcomes Monitoring Executive Summary (England): in treatment twelve weeks, or completed before.',
    standing: 'verified',
  },
  'completed-not-back-6m': {
    name: 'completed-not-back-6m',
    version: '1',
    label: 'Completed and not back in 6 months',
    short: 'Completed',
    of: 'in treatment',
    known: 'in treatment: followed for 6 months after the window',
    reached: ['completed', 'completed and not back'],
    back_months: 6,
    text: 'Of persons with a journey on any day of the entry window, those whose last journey of the window ended in it with a successful exit and who started no other within six calendar months.',
    source:
      'Public Health Outcomes Framework C19 (England): successful completions in twelve months without re-presentation within six, of all in treatment in them. That the last journey speaks for a person is ours.',
    standing: 'verified',
  },
  'waiting-3w': {
    name: 'waiting-3w',
    version: '1',
    label: 'Waited at most 3 weeks',
    short: 'Waited',
    of: 'started',
    known: 'started: with a dated referral',
    reached: ['waited at most 3 weeks'],
    within_days: 21,
    text: 'Of persons who started a journey in the entry window and whose referral to it is dated, those who started at most 21 days after the referral; and the median of the days. Who was referred and never started is not in it: see the cascade.',
    source:
      'Waiting times of the National Treatment Agency (England): first intervention within three weeks.',
    standing: 'verified',
  },
  'cascade-12w': {
    name: 'cascade-12w',
    version: '1',
    label: 'From referral to completion',
    short: 'Cascade',
    of: 'referred',
    known: 'referred: followed to the last step',
    reached: ['assessed', 'started', 'retained', 'completed successfully'],
    start_days: 84,
    retained_days: 84,
    completed_days: 365,
    text: 'Of persons referred in the entry window while not in treatment: assessed (triage or start) within 84 days; started a journey within 84 days; retained in it 84 days or successful before; completed it successfully within 365 days. Each step is among those of the step before.',
    source:
      'Steps as in reports of arrest referral and the Drug Interventions Programme (tested, assessed, referred, triaged, started, twelve weeks), as remembered; the limits in days are ours.',
    standing: 'provisional',
  },
} as const satisfies Readonly<Record<string, SystemMetricPreset>>;

export type SystemMetric = keyof typeof SYSTEM_METRIC_PRESETS;
