import type { Preset } from './preset.ts';

/** Which treatment-free gaps do not break a journey. The gap is counted in days from the end of a spell to the next start. */
export interface GapPreset extends Preset {
  readonly days?: number;
  readonly months?: number;
}

export const GAP_PRESETS = {
  'ndtms-21d': {
    name: 'ndtms-21d',
    version: '1',
    days: 21,
    text: 'Episodes form one journey while at most 21 days lie between a discharge and the next start.',
    source:
      'National Drug Treatment Monitoring System (England), journey rule as remembered; official text not read.',
    standing: 'provisional',
  },
  'omt-7d': {
    name: 'omt-7d',
    version: '1',
    days: 7,
    text: 'An interruption of more than 7 days ends a journey of opioid maintenance treatment.',
    source: 'Cousins and others 2017 (Ireland), abstract: an interruption is more than 7 days.',
    standing: 'verified',
  },
  'aihw-3m': {
    name: 'aihw-3m',
    version: '1',
    months: 3,
    text: 'A journey ends when three calendar months pass without treatment. Changes of main treatment, drug or setting, which also close an episode in the source, do not end a journey here.',
    source:
      'Australian Institute of Health and Welfare, Alcohol and Other Drug Treatment Services national minimum data set.',
    standing: 'verified',
  },
  'omop-30d': {
    name: 'omop-30d',
    version: '1',
    days: 30,
    text: 'Treatment counts as continuous over gaps of at most 30 days.',
    source: 'OMOP common data model, persistence window of drug eras; conventions as remembered.',
    standing: 'provisional',
  },
  'adherer-90d': {
    name: 'adherer-90d',
    version: '1',
    days: 90,
    text: 'Treatment counts as one episode over gaps of at most 90 days.',
    source: 'AdhereR (R package), default permissible gap.',
    standing: 'verified',
  },
  none: {
    name: 'none',
    version: '1',
    days: 0,
    text: 'Only spells that overlap or meet form one journey: any treatment-free day ends it.',
    source: 'No tolerance, for comparison with the other rules.',
    standing: 'verified',
  },
} as const satisfies Readonly<Record<string, GapPreset>>;
