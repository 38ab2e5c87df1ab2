import type { EstimateOf } from '../../protocol/tables.ts';
import type { Design, EstimateContext } from '../design.ts';
import { namedFrom } from '../population.ts';
import { type Cell, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { caseRow, clockOf, countCases } from './counts.ts';
import { ageBandsOf, calendarBandsOf, PRE_EXPOSURE, windowLabels } from './exposure.ts';
import { fitSccs } from './fit.ts';

const PHASES = ['before', 'waiting', 'in', 'between', 'after'] as const;

/** Every level of exposure that can occur, the reference first. */
function exposuresOf(estimate: EstimateOf<'sccs'>, reference: string): readonly string[] {
  const all = [
    ...(estimate.phases === true ? PHASES.slice(0, 1) : ['baseline']),
    ...((estimate.pre_exposure ?? 0) > 0 ? [PRE_EXPOSURE] : []),
    ...windowLabels(estimate),
    ...(estimate.phases === true ? PHASES.slice(1) : []),
  ];
  return [reference, ...all.filter((level) => level !== reference)];
}

function nobodyRows(context: EstimateContext): ResultRow[] {
  const cell: Cell = { ...context, design: 'sccs', stratum: 'all', level: 'all', persons: 0 };
  return [
    resultRow(
      { ...cell, phase: 'cases' },
      { measure: 'persons', method: 'count', unit: 'number' },
      { status: 'estimated', value: 0 },
    ),
    resultRow(
      cell,
      {
        measure: 'relative_incidence',
        method: 'conditional Poisson',
        unit: 'ratio',
        contrast: 'exposed / reference',
      },
      { status: 'not-estimable', note: 'nobody in this population has an event in the time observed' },
    ),
  ];
}

export const sccs: Design<'sccs'> = {
  estimand:
    "The ratio of a person's event rate in exposed time to the same person's rate in reference time, at the same age: among persons with events, with everything that does not change in a person held fixed.",
  plan: ({ protocol, estimate, members, context }) => {
    const cases = countCases(protocol, estimate, members);
    const reference = estimate.reference ?? (estimate.phases === true ? 'before' : 'baseline');
    return {
      tables: [cases],
      rows: async (read) => {
        const rows = await read.columns(caseRow, cases);
        return rows.days.length === 0
          ? nobodyRows(context)
          : fitSccs(rows, {
              ...context,
              clock: clockOf(protocol, estimate),
              ...(protocol.study.disclosure.profile === 'none' ? {} : { named_from: namedFrom(protocol) }),
              exposures: exposuresOf(estimate, reference),
              reference,
              ages: ageBandsOf(estimate).labels,
              calendar: calendarBandsOf(estimate).labels,
            });
      },
    };
  },
};
