import { clusterRobust } from '../../stats/regression/cluster-robust.ts';
import { designFromRows } from '../../stats/regression/design.ts';
import { fitPoisson } from '../../stats/regression/poisson.ts';
import type { Clock } from '../clocks.ts';
import { type Cell, DAYS_PER_YEAR, levelled, NOBODY, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { failed, ratio } from './outcome.ts';
import type { ArmData, PartnershipContext } from './people.ts';

/** The arms before and after: persons, events, person-years and rates, each arm with persons as clusters. */

/** The rate of a group of persons: a Poisson regression on a constant, its sandwich over persons. */
function rateOf(events: Float64Array, years: Float64Array, level: number): Outcome {
  const design = designFromRows(Array.from(events, () => [1]));
  const fit = events.length === 0 ? undefined : fitPoisson({ design, events, exposure: years });
  if (fit === undefined) return failed(NOBODY);
  if (fit.status === 'no-events')
    return { status: 'estimated', value: 0, note: 'no interval: no events in this group' };
  if (fit.status !== 'estimated') return failed('no time at risk');
  const persons = events.length;
  const robust = clusterRobust(
    fit,
    {
      design,
      residual: events.map((y, i) => y - (fit.fitted[i] as number)),
      cluster: Int32Array.from(events, (_, i) => i),
      clusters: persons,
      observations: persons,
    },
    'CR1',
  );
  const log = fit.coefficient[0] as number;
  if (robust.status !== 'estimated')
    return { status: 'estimated', value: Math.exp(log), note: 'no interval: one person only' };
  const outcome = ratio({ estimate: log, se: robust.se[0] as number }, level);
  // That a rate is not 1 per year is no finding.
  return outcome.status === 'estimated' ? { ...outcome, p_value: undefined } : outcome;
}

export function countRow(cell: Cell, measure: string, value: number): ResultRow {
  return resultRow(cell, { measure, method: 'count', unit: 'number' }, { status: 'estimated', value });
}

/** The four rows of a cell from the events and days of its persons, those without time left out. */
export function cellRows(
  cell: Omit<Cell, 'persons'>,
  events: Float64Array,
  days: Float64Array,
  confidence: number,
): ResultRow[] {
  const present = [...events.keys()].filter((i) => (days[i] as number) > 0);
  const own = Float64Array.from(present, (i) => events[i] as number);
  const years = Float64Array.from(present, (i) => (days[i] as number) / DAYS_PER_YEAR);
  const total = own.reduce((all, y) => all + y, 0);
  const time = years.reduce((all, t) => all + t, 0);
  const full: Cell = { ...cell, persons: present.length, events: total, person_years: time };
  return [
    countRow(full, 'persons', present.length),
    countRow(full, 'events', total),
    resultRow(
      full,
      { measure: 'person_years', method: 'sum', unit: 'years' },
      { status: 'estimated', value: time },
    ),
    resultRow(
      full,
      {
        measure: 'rate',
        method: levelled('Poisson, cluster-robust over persons', confidence),
        unit: 'per person-year',
      },
      rateOf(own, years, confidence),
    ),
  ];
}

export function armRows(data: ArmData, clocks: readonly Clock[], context: PartnershipContext): ResultRow[] {
  const base = {
    estimate_id: context.estimate_id,
    design: 'partnership',
    population: context.population,
    variant: context.variant,
  };
  const everyone: Cell = {
    ...base,
    stratum: 'all',
    level: 'all',
    persons: data.arm.length,
  };
  const rows = [countRow(everyone, 'persons', data.arm.length)];
  if (!context.is_divided) return rows;
  for (const [arm, level] of [
    [1, context.treated],
    [0, context.comparison],
  ] as const) {
    const own = [...data.arm.keys()].filter((i) => data.arm[i] === arm);
    const of = (column: Float64Array): Float64Array => Float64Array.from(own, (i) => column[i] as number);
    const place = { ...base, stratum: context.arms, level };
    rows.push(countRow({ ...place, persons: own.length }, 'persons', own.length));
    for (const clock of clocks) {
      const [b, tb, a, ta] =
        clock === 'calendar' ? [data.b, data.tb, data.a, data.ta] : [data.fb, data.ftb, data.fa, data.fta];
      rows.push(
        ...cellRows({ ...place, phase: 'before entry', clock }, of(b), of(tb), context.confidence),
        ...cellRows({ ...place, phase: 'after entry', clock }, of(a), of(ta), context.confidence),
      );
    }
  }
  return rows;
}
