import type { Row } from '../../engine/index.ts';
import { normalQuantile } from '../../stats/special/normal.ts';
import {
  estimateSurvival,
  type RestrictedMean,
  restrictedMean,
  type SurvivalInterval,
  survivalAt,
  survivalQuantile,
} from '../../stats/survival/kaplan-meier.ts';
import { type LifeTable, numbersAtRisk, tabulateCounts } from '../../stats/survival/life-table.ts';
import { testLogRank } from '../../stats/survival/log-rank.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, DAYS_PER_YEAR, levelled, NOBODY, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import type { exitCount } from './counts.ts';

/** Retention: Kaplan-Meier curve, numbers at risk, median, log-rank test; see docs/methods/survival.md. */

export interface SurvivalContext extends EstimateContext {
  readonly interval: SurvivalInterval;
  /** Days at which tables report the curve. */
  readonly times: readonly number[];
  /** What is waited for; left out: the end of the journey. */
  readonly event?: 'journey-end' | 'departure' | 'first-offence' | undefined;
  /** Days within which the mean time free of the event is taken. */
  readonly horizon?: number | undefined;
}

const NO_EVENT = {
  'journey-end': 'nobody left',
  departure: 'nobody departed',
  'first-offence': 'nobody offended',
};
const NO_MEDIAN = {
  'journey-end': 'more than half had not left when observation ended',
  departure: 'more than half had not departed when observation ended',
  'first-offence': 'more than half had not offended when observation ended',
};

type Counts = readonly Row<typeof exitCount>[];

function tableOf(rows: Counts): LifeTable | undefined {
  const pick = (key: 'time' | 'events' | 'censored'): Float64Array =>
    Float64Array.from(rows, (row) => row[key] ?? 0);
  return tabulateCounts({ time: pick('time'), events: pick('events'), censored: pick('censored') })[0];
}

function orMissing(value: number, lower: number, upper: number, note: string): Outcome {
  return Number.isFinite(value)
    ? { status: 'estimated', value, ci_low: lower, ci_high: upper }
    : { status: 'not-estimable', note };
}

function levelRows(rows: Counts, base: Cell, context: SurvivalContext): ResultRow[] {
  const table = tableOf(rows);
  if (table === undefined) return [];
  const curve = estimateSurvival(table, { conf_type: context.interval, conf_level: context.confidence });
  const method = levelled(`Kaplan-Meier, ${context.interval} interval`, context.confidence);
  const made: ResultRow[] = [
    resultRow(
      base,
      { measure: 'persons', method: 'count', unit: 'number' },
      { status: 'estimated', value: base.persons },
    ),
    resultRow(
      base,
      { measure: 'events', method: 'count', unit: 'number' },
      { status: 'estimated', value: base.events ?? 0 },
    ),
  ];
  const grid = [...new Set([0, ...context.times])].sort((x, y) => x - y);
  const atRisk = numbersAtRisk(table, grid);
  const at = survivalAt(curve, grid);
  grid.forEach((time, i) => {
    made.push(
      resultRow(
        { ...base, events: null },
        { measure: 'at_risk', method: 'count', unit: 'persons', time },
        { status: 'estimated', value: atRisk[i] ?? 0 },
      ),
      resultRow(
        { ...base, events: null },
        { measure: 'survival_at', method, unit: 'proportion', time },
        orMissing(
          at.survival[i] ?? Number.NaN,
          at.lower[i] ?? Number.NaN,
          at.upper[i] ?? Number.NaN,
          'nobody is followed so long',
        ),
      ),
    );
  });
  let sofar = 0;
  curve.time.forEach((time, k) => {
    const events = curve.events[k] ?? 0;
    if (events === 0) return;
    sofar += events;
    made.push(
      resultRow(
        { ...base, persons: curve.at_risk[k] ?? 0, events: sofar },
        { measure: 'survival', method, unit: 'proportion', time },
        {
          status: 'estimated',
          value: curve.survival[k] ?? Number.NaN,
          ci_low: curve.lower[k],
          ci_high: curve.upper[k],
          std_error: curve.se[k],
        },
      ),
    );
  });
  const median = survivalQuantile(curve, 0.5);
  made.push(
    resultRow(
      base,
      { measure: 'median', method, unit: 'days' },
      orMissing(median.time, median.lower, median.upper, NO_MEDIAN[context.event ?? 'journey-end']),
    ),
  );
  return [...made, ...restrictedMeans([{ level: base.level, base, rows }], context)];
}

interface LevelCounts {
  readonly level: string;
  readonly base: Cell;
  readonly rows: Counts;
}

function meanOf(rows: Counts, horizon: number, context: SurvivalContext): RestrictedMean | undefined {
  const table = tableOf(rows);
  if (table === undefined) return undefined;
  return restrictedMean(estimateSurvival(table, { conf_type: context.interval }), horizon);
}

function withNormalInterval(value: number, se: number, context: SurvivalContext): Outcome {
  const z = normalQuantile(0.5 + context.confidence / 2);
  return { status: 'estimated', value, ci_low: value - z * se, ci_high: value + z * se, std_error: se };
}

const TOO_SHORT: Outcome = { status: 'not-estimable', note: 'nobody is followed to the horizon' };

/** The mean time free of the event up to the horizon, of each level. */
function restrictedMeans(levels: readonly LevelCounts[], context: SurvivalContext): ResultRow[] {
  const { horizon } = context;
  if (horizon === undefined) return [];
  return levels.map(({ base, rows }) => {
    const mean = meanOf(rows, horizon, context);
    return resultRow(
      base,
      {
        measure: 'restricted_mean',
        method: levelled('area under the Kaplan-Meier curve', context.confidence),
        unit: 'days',
        time: horizon,
      },
      mean?.status === 'estimated' ? withNormalInterval(mean.mean, mean.se, context) : TOO_SHORT,
    );
  });
}

/** Differences of the restricted means from that of the largest level: of persons apart, so variances add up. */
function meanDifferences(levels: readonly LevelCounts[], base: Cell, context: SurvivalContext): ResultRow[] {
  const { horizon } = context;
  const [first, ...others] = [...levels].sort(
    (a, b) => b.base.persons - a.base.persons || (a.level < b.level ? -1 : 1),
  );
  if (horizon === undefined || first === undefined) return [];
  const reference = meanOf(first.rows, horizon, context);
  return others.map(({ level, rows }) => {
    const mean = meanOf(rows, horizon, context);
    const isKnown = mean?.status === 'estimated' && reference?.status === 'estimated';
    return resultRow(
      base,
      {
        measure: 'restricted_mean_difference',
        method: levelled('difference of areas under Kaplan-Meier curves', context.confidence),
        unit: 'days',
        contrast: `${base.stratum}: ${level} / ${first.level}`,
        time: horizon,
      },
      isKnown
        ? withNormalInterval(mean.mean - reference.mean, Math.hypot(mean.se, reference.se), context)
        : TOO_SHORT,
    );
  });
}

function logRankRow(stratum: string, rows: Counts, base: Cell, context: SurvivalContext): ResultRow {
  const levels = [...new Set(rows.map((row) => row.level ?? 'not recorded'))].sort();
  const pick = (key: 'time' | 'events' | 'censored'): Float64Array =>
    Float64Array.from(rows, (row) => row[key] ?? 0);
  const group = Int32Array.from(rows, (row) => levels.indexOf(row.level ?? 'not recorded'));
  const measured = { measure: 'log_rank', method: 'log-rank test', unit: 'chi-square' };
  const cell: Cell = { ...base, stratum, level: 'all levels' };
  if (levels.length < 2)
    return resultRow(cell, measured, { status: 'not-estimable', note: 'one level only' });
  const test = testLogRank(
    { time: pick('time'), events: pick('events'), censored: pick('censored') },
    group,
    { groups: levels.length },
  );
  return resultRow(
    cell,
    test.status === 'estimated'
      ? { ...measured, method: `log-rank test, ${test.degrees_of_freedom} d.f.` }
      : measured,
    test.status === 'estimated'
      ? { status: 'estimated', value: test.chi_square, p_value: test.p_value }
      : {
          status: 'not-estimable',
          note:
            test.status === 'no-events'
              ? NO_EVENT[context.event ?? 'journey-end']
              : 'no day with two levels at risk',
        },
  );
}

export function fitSurvival(counts: Counts, context: SurvivalContext): ResultRow[] {
  if (counts.length === 0) {
    const nobody: Cell = { ...context, design: 'survival', stratum: 'all', level: 'all', persons: 0 };
    return [
      resultRow(
        nobody,
        { measure: 'persons', method: 'count', unit: 'number' },
        { status: 'estimated', value: 0 },
      ),
      resultRow(
        nobody,
        { measure: 'median', method: 'Kaplan-Meier', unit: 'days' },
        { status: 'not-estimable', note: NOBODY },
      ),
    ];
  }
  const strata = [...new Set(counts.map((row) => row.stratum ?? 'all'))].sort();
  return strata.flatMap((stratum) => {
    const rows = counts.filter((row) => row.stratum === stratum);
    const levels = [...new Set(rows.map((row) => row.level ?? 'not recorded'))].sort();
    const cellOf = (level: string, own: Counts): Cell => {
      const total = (key: 'events' | 'censored'): number =>
        own.reduce((sum, row) => sum + (row[key] ?? 0), 0);
      const days = own.reduce(
        (sum, row) => sum + (row.time ?? 0) * ((row.events ?? 0) + (row.censored ?? 0)),
        0,
      );
      return {
        estimate_id: context.estimate_id,
        design: 'survival',
        population: context.population,
        stratum,
        level,
        persons: total('events') + total('censored'),
        events: total('events'),
        person_years: days / DAYS_PER_YEAR,
        variant: context.variant,
      };
    };
    const curves = levels.flatMap((level) => {
      const own = rows.filter((row) => row.level === level);
      return levelRows(own, cellOf(level, own), context);
    });
    if (stratum === 'all') return curves;
    const together = cellOf('all levels', rows);
    const apart = levels.map((level): LevelCounts => {
      const own = rows.filter((row) => row.level === level);
      return { level, base: cellOf(level, own), rows: own };
    });
    return [
      ...curves,
      ...meanDifferences(apart, together, context),
      logRankRow(stratum, rows, together, context),
    ];
  });
}
