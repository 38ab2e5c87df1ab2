import { clopperPearsonInterval } from '../../stats/rates/proportion.ts';
import { type Cell, DAYS_PER_YEAR, levelled, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { jointTest, METHOD, termOutcomes, type Variance, type WithinOutcome } from '../within-person.ts';
import { PRE_EXPOSURE } from './exposure.ts';
import { shownExposures } from './rare-levels.ts';
import {
  type Cases,
  fitSeries,
  type Model,
  personsIn,
  type SccsContext,
  type Series,
  seriesOf,
  total,
} from './series.ts';

/** Relative incidences of a case series, the counts they stand on, and the tests of what they take for granted. */

/** A sum of squares over fewer departed cases than this for each term says more of chance than of a difference. */
const DEPARTED_PER_TERM = 10;
const TOO_FEW_DEPARTED: WithinOutcome = {
  status: 'not-estimable',
  note: `fewer than ${DEPARTED_PER_TERM} cases a term whose observation ended with death or emigration`,
};
/** With more repeated events than this the first comes early in a person's time because others follow. */
const MOST_REPEATED = 0.1;
const RECURRENT: WithinOutcome = {
  status: 'not-estimable',
  note: 'events are not rare: the first of several comes early by nature, and is no check',
};

const CHI_SQUARE = 'chi-square';

function wald(degrees_of_freedom: number): string {
  return `Wald chi-square, ${degrees_of_freedom} d.f., ${METHOD.robust}`;
}

function effectRows(
  model: Model,
  cell: Cell,
  context: SccsContext,
  variances: readonly Variance[],
  condition = '',
  isOnlyExposure = false,
): ResultRow[] {
  const groups = [
    [model.exposure, context.reference],
    ...(isOnlyExposure
      ? []
      : ([
          [model.age, model.age_reference],
          [model.calendar, model.calendar_reference],
        ] as const)),
  ] as const;
  return groups.flatMap(([levels, reference]) => {
    const labels = [...levels.terms.map((term) => term.label), ...levels.without_events];
    return labels.flatMap((label) =>
      variances.flatMap((variance) => {
        const none: Outcome | undefined = levels.without_events.includes(label)
          ? { status: 'not-estimable', note: 'no events in this level' }
          : model.within.status === 'estimated'
            ? undefined
            : model.within;
        const both =
          none === undefined && model.within.status === 'estimated'
            ? termOutcomes(model.within, label, variance, context.confidence)
            : { ratio: none ?? NOTHING, coefficient: none ?? NOTHING };
        const method = levelled(`${METHOD[variance]}${condition}`, context.confidence);
        const contrast = `${label} / ${reference}`;
        return [
          resultRow(cell, { measure: 'relative_incidence', method, unit: 'ratio', contrast }, both.ratio),
          resultRow(
            cell,
            { measure: 'coefficient', method, unit: 'log relative incidence', contrast },
            both.coefficient,
          ),
        ];
      }),
    );
  });
}

const NOTHING: Outcome = { status: 'not-estimable', note: 'nothing to compare' };

/**
 * Of the cases, by level of exposure: these are persons with events, so events over person-years are no rate. How many
 * have time in a level is told of all levels together only: that all but two were ever seen before treatment is about two.
 */
function countRows(series: Series, cell: Cell, context: SccsContext): ResultRow[] {
  const count = { method: 'count', unit: 'number' };
  const place = (phase: string, keeps: (row: number) => boolean): readonly ResultRow[] => {
    const own: Cell = {
      ...cell,
      phase,
      persons: personsIn(series, keeps),
      events: total(series.events, keeps),
      person_years: total(series.days, keeps) / DAYS_PER_YEAR,
    };
    if (own.persons === 0) return [];
    return [
      ...(phase === 'cases'
        ? [resultRow(own, { measure: 'persons', ...count }, { status: 'estimated', value: own.persons })]
        : []),
      resultRow(own, { measure: 'events', ...count }, { status: 'estimated', value: own.events ?? 0 }),
      resultRow(
        own,
        { measure: 'person_years', method: 'sum', unit: 'years' },
        { status: 'estimated', value: own.person_years ?? 0 },
      ),
    ];
  };
  return [
    ...place('cases', () => true),
    ...context.exposures.flatMap((exposure) =>
      place(`cases: ${exposure}`, (row) => series.exposure[row] === exposure),
    ),
  ];
}

/** Cases, and those with more than one event. */
function repeatsOf(series: Series): { readonly cases: number; readonly repeated: number } {
  const events = new Map<number, number>();
  series.person.forEach((person, r) => {
    events.set(person, (events.get(person) ?? 0) + (series.events[r] ?? 0));
  });
  return { cases: events.size, repeated: [...events.values()].filter((count) => count > 1).length };
}

function repeatShare(series: Series): number {
  const { cases, repeated } = repeatsOf(series);
  return repeated / cases;
}

/** How many cases have more than one event: the model takes their events as independent of one another. */
function repeatRow(series: Series, cell: Cell, context: SccsContext): ResultRow {
  const { cases, repeated } = repeatsOf(series);
  const { lower, upper } = clopperPearsonInterval(repeated, cases, context.confidence);
  return resultRow(
    {
      ...cell,
      phase: 'cases: more than one event',
      persons: cases,
      events: repeated,
      person_years: null,
    },
    {
      measure: 'proportion',
      method: levelled('exact binomial (Clopper-Pearson)', context.confidence),
      unit: 'proportion',
      contrast: 'cases with more than one event / cases',
    },
    { status: 'estimated', value: repeated / cases, ci_low: lower, ci_high: upper },
  );
}

function seriesRows(series: Series, context: SccsContext): ResultRow[] {
  const hasBand = (row: number): boolean =>
    !Number.isNaN(series.age[row]) && !Number.isNaN(series.calendar[row]);
  const cell: Cell = {
    estimate_id: context.estimate_id,
    design: 'sccs',
    population: context.population,
    stratum: series.stratum,
    level: series.level,
    clock: context.clock,
    persons: personsIn(series, hasBand),
    events: total(series.events, hasBand),
    person_years: total(series.days, hasBand) / DAYS_PER_YEAR,
    variant: context.variant,
  };
  const model = fitSeries(series, series.events, hasBand, context);
  const { within } = model;
  const rows: ResultRow[] = [
    ...countRows(series, cell, context),
    repeatRow(series, cell, context),
    ...effectRows(model, cell, context, ['robust', 'model']),
  ];
  const unbanded = personsIn(series, () => true) - cell.persons;
  const noted = (outcome: Outcome): Outcome =>
    outcome.status === 'estimated' && unbanded > 0
      ? { ...outcome, note: 'persons without a birth month are left out of the model' }
      : outcome;

  const test = (
    measure: string,
    contrast: string,
    result: { readonly outcome: Outcome; readonly degrees_of_freedom: number },
    own = cell,
  ): void => {
    rows.push(
      resultRow(
        own,
        { measure, method: wald(result.degrees_of_freedom), unit: CHI_SQUARE, contrast },
        noted(result.outcome),
      ),
    );
  };
  const untested = (note: string) => ({
    outcome: { status: 'not-estimable', note } as const,
    degrees_of_freedom: 0,
  });
  const effects = model.exposure.terms.map((term) => term.label).filter((label) => label !== PRE_EXPOSURE);
  test(
    'exposure_test',
    `all levels of exposure / ${context.reference}`,
    within.status === 'estimated' ? jointTest(within, effects, 'robust') : untested(within.note),
  );

  // Does the event make the exposure come, or keep it away? Then the time before it is not like the reference.
  if (context.exposures.includes(PRE_EXPOSURE)) {
    test(
      'pre_exposure_test',
      `${PRE_EXPOSURE} / ${context.reference}`,
      within.status !== 'estimated'
        ? untested(within.note)
        : model.exposure.without_events.includes(PRE_EXPOSURE)
          ? untested('no events before the exposure')
          : jointTest(within, [PRE_EXPOSURE], 'robust'),
    );
  }

  // Does the event end the observation? Then cases whose observation ended early differ from the others.
  const isDeparted = (row: number): boolean => series.departed[row] === 1;
  const departed = personsIn(series, (row) => hasBand(row) && isDeparted(row));
  const ended = (note: string): void =>
    test('observation_end_test', 'observation ended by departure / not', untested(note));
  if (departed === 0) ended("no case's observation ended with death or emigration");
  else if (departed === cell.persons) ended("every case's observation ended with death or emigration");
  else {
    const DEPARTED = ', departed';
    const needed = DEPARTED_PER_TERM * model.exposure.terms.length;
    const withInteraction =
      departed < needed
        ? TOO_FEW_DEPARTED
        : fitSeries(series, series.events, hasBand, context, (exposure) =>
            exposure.terms.map((term) => ({
              label: `${term.label}${DEPARTED}`,
              x: term.x.map((value, row) => value * (series.departed[row] ?? 0)),
            })),
          ).within;
    test(
      'observation_end_test',
      'observation ended by departure / not',
      withInteraction.status === 'estimated'
        ? jointTest(
            withInteraction,
            model.exposure.terms.map((term) => `${term.label}${DEPARTED}`),
            'robust',
          )
        : untested(withInteraction.note),
    );
    const stayed = (row: number): boolean => hasBand(row) && !isDeparted(row);
    const own: Cell = {
      ...cell,
      persons: personsIn(series, stayed),
      events: total(series.events, stayed),
      person_years: total(series.days, stayed) / DAYS_PER_YEAR,
    };
    rows.push(
      ...effectRows(
        fitSeries(series, series.events, stayed, context),
        own,
        context,
        ['robust'],
        ', observation not ended by departure',
        true,
      ),
    );
  }

  // Do events bring about the next? With the first of each person alone they cannot; that is unbiased for rare events.
  rows.push(
    ...effectRows(
      repeatShare(series) > MOST_REPEATED
        ? { ...model, within: RECURRENT }
        : fitSeries(series, series.first_events, hasBand, context),
      { ...cell, events: total(series.first_events, hasBand) },
      context,
      ['robust'],
      ', first event of each person',
      true,
    ),
  );
  const dispersion = within.status === 'estimated' ? within.fit.dispersion : Number.NaN;
  rows.push(
    resultRow(
      cell,
      { measure: 'dispersion', method: 'Pearson chi-square / d.f.', unit: 'ratio' },
      within.status !== 'estimated'
        ? within
        : Number.isFinite(dispersion)
          ? { status: 'estimated', value: dispersion }
          : { status: 'not-estimable', note: 'no degrees of freedom left' },
    ),
  );
  return rows;
}

/** The levels as the whole population allows them to be named; its parts have the same, so that they add up. */
export function fitSccs(rows: Cases, context: SccsContext): ResultRow[] {
  const all = seriesOf(rows);
  const whole = all.find((series) => series.stratum === 'all');
  const { named_from, exposures, reference } = context;
  if (named_from === undefined || whole === undefined)
    return all.flatMap((series) => seriesRows(series, context));
  const shown = shownExposures(
    exposures.map((exposure) => {
      const isIn = (row: number): boolean => whole.exposure[row] === exposure;
      return {
        exposure,
        cases: new Set(whole.person.filter((_, row) => isIn(row))),
        events: total(whole.events, isIn),
      };
    }),
    reference,
    { cases: named_from, events: named_from / 2 },
  );
  const name = (exposure: string): string => shown.get(exposure) ?? exposure;
  const told = { ...context, exposures: [...new Set(exposures.map(name))] };
  return all.flatMap((series) => seriesRows({ ...series, exposure: series.exposure.map(name) }, told));
}
