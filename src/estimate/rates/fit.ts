import type { Row } from '../../engine/index.ts';
import { clusteredRate } from '../../stats/rates/clustered-rate.ts';
import { garwoodInterval } from '../../stats/rates/poisson-interval.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, levelled, NOBODY, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import type { rateCount } from './counts.ts';

/**
 * Rates with two intervals: exact for a Poisson count (Garwood 1936), which takes events as independent, and clustered by
 * person, which takes persons as independent; see docs/methods/rates.md.
 */

const PHASED = new Set(['window', 'phase']);
const GARWOOD = 'exact Poisson (Garwood)';
export const CLUSTERED = 'rate, clustered by person (CR1 / sandwich)';

export interface RateContext extends EstimateContext {
  /** The design whose cells these are; left out: rates. */
  readonly design?: string;
}

/** Where the rate of a row of counts belongs. */
export function rateCell(
  count: Pick<Row<typeof rateCount>, 'stratum' | 'level' | 'divided_by' | 'division' | 'clock'>,
  context: RateContext,
  own: Pick<Cell, 'persons' | 'events' | 'person_years'>,
): Cell {
  const divided = count.divided_by ?? 'whole';
  const division = count.division ?? 'not recorded';
  const isPhase = PHASED.has(divided);
  const [stratum, level] =
    isPhase || divided === 'whole'
      ? [count.stratum ?? 'all', count.level ?? 'all']
      : count.stratum === 'all'
        ? [divided, division]
        : [`${count.stratum} x ${divided}`, `${count.level} x ${division}`];
  return {
    estimate_id: context.estimate_id,
    design: context.design ?? 'rates',
    population: context.population,
    stratum,
    level,
    phase: divided === 'window' ? `${division} entry` : isPhase ? division : null,
    clock: count.clock === 'calendar' ? 'calendar' : 'at-liberty',
    variant: context.variant,
    ...own,
  };
}

/** Why the spread between persons gives no interval, in words. */
function withoutSpread(persons: number, events: number): string {
  if (events === 0) return 'no events: the spread between persons gives no interval';
  return persons < 2
    ? 'one person: no spread between persons to see'
    : 'all persons have the same rate: no spread between persons to see';
}

function clusteredOutcome(count: Row<typeof rateCount>, confidence: number): Outcome {
  const persons = count.persons ?? 0;
  const events = count.events ?? 0;
  const made = clusteredRate(
    {
      persons,
      events,
      time: count.person_years ?? 0,
      ee: count.ee ?? 0,
      et: count.et ?? 0,
      tt: count.tt ?? 0,
    },
    confidence,
  );
  switch (made.status) {
    case 'no-time':
      return { status: 'not-estimable', note: 'no time at risk' };
    case 'no-spread':
      return { status: 'not-estimable', note: withoutSpread(persons, events) };
    case 'estimated':
      return {
        status: 'estimated',
        value: made.rate,
        ci_low: made.lower,
        ci_high: made.upper,
        std_error: made.se_log,
      };
  }
}

export function fitRates(counts: readonly Row<typeof rateCount>[], context: RateContext): ResultRow[] {
  const counted = { method: 'count', unit: 'number' };
  const rate = (method: string) => ({
    measure: 'rate',
    method: levelled(method, context.confidence),
    unit: 'per person-year',
  });
  if (counts.length === 0) {
    const nobody: Cell = {
      ...context,
      design: context.design ?? 'rates',
      stratum: 'all',
      level: 'all',
      persons: 0,
    };
    return [
      resultRow(nobody, { measure: 'persons', ...counted }, { status: 'estimated', value: 0 }),
      resultRow(nobody, rate(GARWOOD), { status: 'not-estimable', note: NOBODY }),
    ];
  }
  return counts.flatMap((count) => {
    const persons = count.persons ?? 0;
    const events = count.events ?? 0;
    const person_years = count.person_years ?? 0;
    const cell = rateCell(count, context, { persons, events, person_years });
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
        rate(GARWOOD),
        person_years > 0
          ? {
              status: 'estimated',
              value: events / person_years,
              ci_low: lower / person_years,
              ci_high: upper / person_years,
            }
          : { status: 'not-estimable', note: 'no time at risk' },
      ),
      resultRow(cell, rate(CLUSTERED), clusteredOutcome(count, context.confidence)),
    ];
  });
}
