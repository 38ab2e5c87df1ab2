import { sql } from '../engine/index.ts';
import type { Protocol } from '../protocol/tables.ts';
import { ageBands } from './age-bands.ts';
import { aggregateCells, aggregateIntervals, aggregateIssues } from './aggregates.ts';
import { entryCandidates } from './candidates.ts';
import { cohortOf } from './cohort.ts';
import { attritionOf, eligibilitySteps, judge } from './eligibility.ts';
import { intervalsOf } from './intervals.ts';
import { strataOf } from './strata.ts';
import type {
  aggregateInterval,
  attrition,
  cohort,
  cohortStratum,
  interval,
  persontimeIssue,
} from './tables.ts';
import { windowsOf } from './windows.ts';

/** Raised whenever the same inputs would give other time at risk. */
export const PERSONTIME_VERSION = 1;

export interface PersontimePlan {
  readonly cohort: typeof cohort;
  readonly cohortStratum: typeof cohortStratum;
  readonly interval: typeof interval;
  readonly aggregateInterval: typeof aggregateInterval;
  readonly attrition: typeof attrition;
  readonly persontimeIssue: typeof persontimeIssue;
}

/** Journeys -> eligibility, time zero, windows and intervals at risk, as queries over the tables of ingest, link and journeys. */
export function planPersontime(protocol: Protocol): PersontimePlan {
  const windows = windowsOf(protocol);
  const steps = eligibilitySteps(protocol, windows);
  const judged = judge(entryCandidates(protocol, windows), steps);
  const members = cohortOf(judged, windows);
  const { split } = protocol.study.time_at_risk;
  const asks = (part: 'calendar_year' | 'age_band'): boolean =>
    protocol.estimates.some((estimate) => estimate.design === 'rates' && (estimate.by ?? []).includes(part));
  const cells = aggregateCells(sql`SELECT person_id FROM ${judged} WHERE excluded_at IS NULL`);
  return {
    cohort: members,
    cohortStratum: strataOf(members, protocol),
    interval: intervalsOf(members, windows, {
      calendar_year: split?.calendar_year === true || asks('calendar_year'),
      age_bands: split?.age_bands !== undefined || asks('age_band') ? ageBands(protocol) : undefined,
    }),
    aggregateInterval: aggregateIntervals(cells, protocol),
    attrition: attritionOf(judged, steps, protocol),
    persontimeIssue: aggregateIssues(cells, protocol),
  };
}
