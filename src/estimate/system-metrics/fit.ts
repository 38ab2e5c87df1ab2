import type { Row } from '../../engine/index.ts';
import { SYSTEM_METRIC_PRESETS, type SystemMetric } from '../../protocol/tables.ts';
import { clopperPearsonInterval, wilsonInterval } from '../../stats/rates/proportion.ts';
import { estimateSurvival, survivalQuantile } from '../../stats/survival/kaplan-meier.ts';
import { tabulateCounts } from '../../stats/survival/life-table.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, levelled, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { type stepCount, textOf, type waitCount } from './counts.ts';

/** Shares with their intervals, who could not be followed, and the median wait; see docs/methods/system-metrics.md. */

export interface SystemContext extends EstimateContext {
  readonly metrics: readonly SystemMetric[];
  readonly interval: 'wilson' | 'clopper-pearson';
}

const INTERVAL = {
  wilson: { of: wilsonInterval, words: 'Wilson' },
  'clopper-pearson': { of: clopperPearsonInterval, words: 'Clopper-Pearson' },
} as const;

const PROVISIONAL = 'provisional: the wording was not checked against the official source';

interface Place {
  readonly stratum: string;
  readonly level: string;
}

export function fitSystem(
  steps: readonly Row<typeof stepCount>[],
  waits: readonly Row<typeof waitCount>[],
  context: SystemContext,
): ResultRow[] {
  const keys = new Map<string, Place>([
    [JSON.stringify(['all', 'all']), { stratum: 'all', level: 'all' }],
    ...steps.map(({ stratum, level }): [string, Place] => [
      JSON.stringify([stratum, level]),
      { stratum: stratum ?? 'all', level: level ?? 'all' },
    ]),
  ]);
  return [...keys.values()].flatMap((place) => {
    const own = steps.filter(({ stratum, level }) => stratum === place.stratum && level === place.level);
    return context.metrics.flatMap((metric) => {
      const ofMetric = own.filter((one) => one.metric === metric);
      if (ofMetric.length === 0 && place.stratum !== 'all') return [];
      return [
        ...shareRows(metric, ofMetric, place, context),
        ...(metric === 'waiting-3w'
          ? [
              medianRow(
                waits.filter(({ stratum, level }) => stratum === place.stratum && level === place.level),
                place,
                context,
              ),
            ]
          : []),
      ];
    });
  });
}

function cellOf(
  place: Place,
  phase: string,
  persons: number,
  events: number | null,
  context: SystemContext,
): Cell {
  return {
    estimate_id: context.estimate_id,
    design: 'system-metrics',
    population: context.population,
    ...place,
    phase,
    persons,
    events,
    variant: context.variant,
  };
}

function shareRows(
  metric: SystemMetric,
  counts: readonly Row<typeof stepCount>[],
  place: Place,
  context: SystemContext,
): ResultRow[] {
  const preset = SYSTEM_METRIC_PRESETS[metric];
  const isProvisional = preset.standing === 'provisional';
  const interval = INTERVAL[context.interval];
  const first = counts.find(({ step }) => step === 0);
  const indexed = first?.indexed ?? 0;
  const followed = first?.known ?? 0;
  const rows = [
    resultRow(
      cellOf(place, preset.known, indexed, followed, context),
      { measure: 'proportion', method: `${textOf(metric)}, count`, unit: 'proportion' },
      indexed > 0
        ? { status: 'estimated', value: followed / indexed }
        : { status: 'not-estimable', note: 'nobody counts in the entry window' },
    ),
  ];
  const started = counts.find(({ step }) => step === 1);
  // A register of starts alone makes every referral a start: the cascade then says nothing of who was lost.
  const isStartsOnly =
    metric === 'cascade-12w' && followed > 0 && started !== undefined && started.reached === followed;
  preset.reached.forEach((words, step) => {
    const { known = 0, reached = 0 } = counts.find((one) => one.step === step) ?? {};
    const [n, events] = [known ?? 0, reached ?? 0];
    const measured = {
      measure: 'proportion',
      method: levelled(`${textOf(metric)}, ${interval.words} interval`, context.confidence),
      unit: 'proportion',
    };
    const notes = [
      isProvisional ? PROVISIONAL : undefined,
      isStartsOnly ? 'everybody referred started: the register may hold nobody who did not' : undefined,
    ].filter((note) => note !== undefined);
    const { lower, upper } = interval.of(events, n, context.confidence);
    rows.push(
      resultRow(
        cellOf(place, `${preset.of}: ${words}`, n, events, context),
        measured,
        n > 0
          ? {
              status: 'estimated',
              value: events / n,
              ci_low: lower,
              ci_high: upper,
              note: notes.length === 0 ? undefined : notes.join('; '),
            }
          : {
              status: 'not-estimable',
              note: indexed > 0 ? 'nobody was followed for so long' : 'nobody counts in the entry window',
            },
      ),
    );
  });
  return rows;
}

/** Median of the days waited by those who started: nobody is censored. */
function medianRow(
  counts: readonly Row<typeof waitCount>[],
  place: Place,
  context: SystemContext,
): ResultRow {
  const persons = counts.reduce((all, one) => all + (one.persons ?? 0), 0);
  const cell = cellOf(place, 'waiting', persons, persons, context);
  const measured = {
    measure: 'median',
    method: levelled(`${textOf('waiting-3w')}, Kaplan-Meier, log-log interval`, context.confidence),
    unit: 'days',
  };
  const [table] = tabulateCounts({
    time: Float64Array.from(counts, ({ days }) => days ?? 0),
    events: Float64Array.from(counts, (one) => one.persons ?? 0),
    censored: new Float64Array(counts.length),
  });
  if (table === undefined || persons === 0)
    return resultRow(cell, measured, {
      status: 'not-estimable',
      note: 'nobody with a dated referral started',
    });
  const curve = estimateSurvival(table, { conf_type: 'log-log', conf_level: context.confidence });
  const { time, lower, upper } = survivalQuantile(curve, 0.5);
  return resultRow(
    cell,
    measured,
    Number.isFinite(time)
      ? { status: 'estimated', value: time, ci_low: lower, ci_high: upper }
      : { status: 'not-estimable', note: 'no median' },
  );
}
