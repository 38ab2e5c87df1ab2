import type { Row } from '../../engine/index.ts';
import { garwoodInterval } from '../../stats/rates/poisson-interval.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, levelled, NOBODY, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import type { rateCount } from './counts.ts';

/** Rates with the exact (Garwood 1936) interval for a Poisson count; see docs/methods/rates.md. */

const PHASED = new Set(['window', 'phase']);

export function fitRates(counts: readonly Row<typeof rateCount>[], context: EstimateContext): ResultRow[] {
  const counted = { method: 'count', unit: 'number' };
  const rate = {
    measure: 'rate',
    method: levelled('exact Poisson (Garwood)', context.confidence),
    unit: 'per person-year',
  };
  if (counts.length === 0) {
    const nobody: Cell = { ...context, design: 'rates', stratum: 'all', level: 'all', persons: 0 };
    return [
      resultRow(nobody, { measure: 'persons', ...counted }, { status: 'estimated', value: 0 }),
      resultRow(nobody, rate, { status: 'not-estimable', note: NOBODY }),
    ];
  }
  return counts.flatMap((count) => {
    const divided = count.divided_by ?? 'whole';
    const division = count.division ?? 'not recorded';
    const isPhase = PHASED.has(divided);
    const isWhole = divided === 'whole';
    const persons = count.persons ?? 0;
    const events = count.events ?? 0;
    const person_years = count.person_years ?? 0;
    const [stratum, level] =
      isPhase || isWhole
        ? [count.stratum ?? 'all', count.level ?? 'all']
        : count.stratum === 'all'
          ? [divided, division]
          : [`${count.stratum} x ${divided}`, `${count.level} x ${division}`];
    const cell: Cell = {
      estimate_id: context.estimate_id,
      design: 'rates',
      population: context.population,
      stratum,
      level,
      phase: divided === 'window' ? `${division} entry` : isPhase ? division : null,
      clock: count.clock === 'calendar' ? 'calendar' : 'at-liberty',
      persons,
      events,
      person_years,
      variant: context.variant,
    };
    const { lower, upper } = garwoodInterval(events, 1, context.confidence);
    return [
      resultRow(cell, { measure: 'events', ...counted }, { status: 'estimated', value: events }),
      resultRow(cell, { measure: 'persons', ...counted }, { status: 'estimated', value: persons }),
      resultRow(
        cell,
        { measure: 'person_years', method: 'sum', unit: 'years' },
        { status: 'estimated', value: person_years },
      ),
      resultRow(
        cell,
        rate,
        person_years > 0
          ? {
              status: 'estimated',
              value: events / person_years,
              ci_low: lower / person_years,
              ci_high: upper / person_years,
            }
          : { status: 'not-estimable', note: 'no time at risk' },
      ),
    ];
  });
}
