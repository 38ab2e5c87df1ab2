import type { ColumnData } from '../../engine/index.ts';
import { clopperPearsonInterval } from '../../stats/rates/proportion.ts';
import type { Clock } from '../clocks.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, DAYS_PER_YEAR, levelled, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import {
  fitWithinPersons,
  jointTest,
  type Levels,
  levelTerms,
  METHOD,
  type PersonTime,
  type Term,
  termOutcomes,
  type Variance,
  type WithinOutcome,
} from '../within-person.ts';
import type { caseRow } from './counts.ts';
import { PRE_EXPOSURE } from './exposure.ts';
import { shownExposures } from './rare-levels.ts';

/** Relative incidences of a case series, the counts they stand on, and the tests of what they take for granted. */

export interface SccsContext extends EstimateContext {
  readonly clock: Clock;
  /** How many cases, and half as many events, a level needs to be told; undefined: any. */
  readonly named_from?: number;
  /** Levels of exposure in the order of the report; those that do not occur are left out. */
  readonly exposures: readonly string[];
  readonly reference: string;
  readonly ages: readonly string[];
  readonly calendar: readonly string[];
}

type Cases = ColumnData<typeof caseRow>;

/** The rows of one stratum and level. */
interface Series extends PersonTime {
  readonly stratum: string;
  readonly level: string;
  readonly person: Float64Array;
  readonly days: Float64Array;
  readonly events: Float64Array;
  readonly first_events: Float64Array;
  readonly departed: Float64Array;
  readonly exposure: readonly string[];
  readonly age: Float64Array;
  readonly calendar: Float64Array;
}

function seriesOf(rows: Cases): readonly Series[] {
  const made: Series[] = [];
  const n = rows.days.length;
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < n && rows.stratum[to] === rows.stratum[from] && rows.level[to] === rows.level[from]) to += 1;
    made.push({
      stratum: rows.stratum[from] ?? 'all',
      level: rows.level[from] ?? 'all',
      person: rows.person.subarray(from, to),
      days: rows.days.subarray(from, to),
      events: rows.events.subarray(from, to),
      first_events: rows.first_events.subarray(from, to),
      departed: rows.departed.subarray(from, to),
      exposure: rows.exposure.slice(from, to).map((one) => one ?? ''),
      age: rows.age.subarray(from, to),
      calendar: rows.calendar.subarray(from, to),
    });
    from = to;
  }
  return made;
}

const total = (values: ArrayLike<number>, keeps?: (row: number) => boolean): number => {
  let sum = 0;
  for (let r = 0; r < values.length; r++) if (keeps === undefined || keeps(r)) sum += values[r] ?? 0;
  return sum;
};

function personsIn(series: Series, keeps: (row: number) => boolean): number {
  const seen = new Set<number>();
  series.person.forEach((person, r) => {
    if (keeps(r)) seen.add(person);
  });
  return seen.size;
}

interface Model {
  readonly within: WithinOutcome;
  readonly exposure: Levels;
  readonly age: Levels;
  readonly calendar: Levels;
  readonly age_reference: string;
  readonly calendar_reference: string;
}

/** The first band that has events is what other bands are compared with. */
function firstWithEvents(events: ArrayLike<number>, of: ArrayLike<number>, names: readonly string[]): number {
  const found = names.findIndex((_, level) => total(events, (r) => of[r] === level) > 0);
  return Math.max(0, found);
}

function fitSeries(
  series: Series,
  events: Float64Array,
  keeps: (row: number) => boolean,
  context: SccsContext,
  more: (exposure: Levels) => readonly Term[] = () => [],
): Model {
  const { exposures, reference, ages, calendar } = context;
  // Rows left out have neither time nor events.
  const time: PersonTime = {
    person: series.person,
    days: series.days.map((days, r) => (keeps(r) ? days : 0)),
    events: events.map((count, r) => (keeps(r) ? count : 0)),
  };
  const exposure = levelTerms(
    time,
    series.exposure.map((one) => exposures.indexOf(one)),
    exposures,
    (level) => exposures[level] === reference,
  );
  const ageReference = firstWithEvents(time.events, series.age, ages);
  const age = levelTerms(time, series.age, ages, (level) => level === ageReference);
  const calendarReference = firstWithEvents(time.events, series.calendar, calendar);
  const season = levelTerms(time, series.calendar, calendar, (level) => level === calendarReference);
  const kept = exposure.keeps.map((one, r) => one & (age.keeps[r] ?? 0) & (season.keeps[r] ?? 0));
  // Of columns that say the same the first is kept: an exposure that age explains as well has no estimate.
  const terms = [...age.terms, ...season.terms, ...exposure.terms, ...more(exposure)];
  const within: WithinOutcome =
    exposure.reference_events === 0
      ? { status: 'not-estimable', note: `no events in the reference, ${reference}` }
      : exposure.terms.length === 0
        ? { status: 'not-estimable', note: 'no events in any other level' }
        : fitWithinPersons(time, terms, kept);
  return {
    within,
    exposure,
    age,
    calendar: season,
    age_reference: ages[ageReference] ?? '',
    calendar_reference: calendar[calendarReference] ?? '',
  };
}

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
