import type { Protocol } from '../protocol/tables.ts';
import { personCoverage } from './coverage.ts';
import { custodyUnion } from './custody.ts';
import { issuesOf } from './issues.ts';
import { journeysOf } from './journeys.ts';
import { phaseTiling } from './phases.ts';
import { planSpells } from './spells.ts';
import { stitch } from './stitch.ts';
import type { custodySpell, journey, journeyIssue, phase, spell } from './tables.ts';

/** Raised whenever the same inputs would give other journeys. */
export const JOURNEYS_VERSION = 1;

export interface JourneysPlan {
  readonly spell: typeof spell;
  readonly journey: typeof journey;
  readonly custodySpell: typeof custodySpell;
  readonly phase: typeof phase;
  readonly journeyIssue: typeof journeyIssue;
}

/** Events -> spells -> journeys -> phases, as queries over the tables of link and the coverage of ingest. */
export function planJourneys(protocol: Protocol): JourneysPlan {
  const coverage = personCoverage(protocol.study.linkage.spine);
  const spells = planSpells(protocol);
  const stitched = stitch(spells.spell, protocol.gap);
  const journeys = journeysOf(stitched, coverage, protocol);
  const custody = custodyUnion();
  return {
    spell: spells.spell,
    journey: journeys,
    custodySpell: custody,
    phase: phaseTiling(journeys, custody, coverage),
    journeyIssue: issuesOf(spells.record, stitched, coverage, protocol),
  };
}
