import type { ClusteredScores } from '../../stats/regression/cluster-robust.ts';
import { clusterRobust } from '../../stats/regression/cluster-robust.ts';
import { designFromRows } from '../../stats/regression/design.ts';
import {
  armPeriodDesign,
  differenceOfRateChanges,
  fitDifferenceInRates,
  fitDifferenceWithinStrata,
} from '../../stats/regression/difference-in-rates.ts';
import { fitNbAncova, type NbAncova } from '../../stats/regression/nb-ancova.ts';
import { fitPoisson, type PoissonEstimate } from '../../stats/regression/poisson.ts';
import { smallSampleClusterRobust } from '../../stats/regression/small-sample-clusters.ts';
import type { DesignMatrix } from '../adjustment.ts';
import { levelled, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { failed, failureWords, plain, ratio } from './outcome.ts';
import { contrastCell, contrastOf, type PartnershipContext, type People } from './people.ts';

/** The arms compared: after, given before (primary); and the ratio of their before/after ratios. */

/** Fewer clusters than this: CR2 with Satterthwaite's degrees of freedom. */
const FEW_CLUSTERS = 40;

export const ANCOVA = 'negative binomial ANCOVA on the earlier rate';

export function fitAncova(people: People, matrix?: DesignMatrix): NbAncova {
  const { rows, columns, x } = matrix ?? { rows: 0, columns: 0, x: new Float64Array(0) };
  return people.rows.length === 0
    ? { status: 'no-exposure' }
    : fitNbAncova({
        treated: people.treated,
        baseline_events: people.before,
        baseline_exposure: people.years_before,
        events: people.after,
        exposure: people.years_after,
        ...(columns === 0 ? {} : { adjustment: { rows, columns, x } }),
      });
}

/** Which arms have nobody: then nothing is compared. */
export function emptyArm(people: People, context: PartnershipContext): string | undefined {
  const treated = people.treated.reduce((all, a) => all + a, 0);
  if (people.rows.length === 0) return 'nobody with time at risk before and after';
  if (treated === 0) return `nobody in ${context.treated} with time at risk before and after`;
  return treated === people.rows.length
    ? `nobody in ${context.comparison} with time at risk before and after`
    : undefined;
}

/** The rate ratio, its logarithm and the dispersion that is left, of one analysis of covariance. */
export function ancovaRows(
  people: People,
  fit: NbAncova,
  context: PartnershipContext,
  suffix: string,
): ResultRow[] {
  const { confidence } = context;
  const cell = contrastCell(context, people);
  const contrast = contrastOf(context);
  const none = emptyArm(people, context);
  const model = `${ANCOVA}${suffix}`;
  const rateRatio = (variance: string) => ({
    measure: 'rate_ratio',
    method: levelled(`${model}, ${variance}`, confidence),
    unit: 'ratio',
    contrast,
  });
  if (none !== undefined || fit.status !== 'estimated') {
    const why = none ?? (fit.status === 'estimated' ? '' : failureWords(fit));
    return [resultRow(cell, rateRatio('HC0'), failed(why))];
  }
  const note = fit.model === 'poisson' ? 'no overdispersion left: the fit is Poisson' : undefined;
  const robust = { estimate: fit.log_rate_ratio, se: fit.se_log_robust };
  const rows = [
    resultRow(cell, rateRatio('HC0'), ratio(robust, confidence, note)),
    resultRow(
      cell,
      rateRatio('likelihood'),
      ratio({ estimate: fit.log_rate_ratio, se: fit.se_log }, confidence, note),
    ),
    resultRow(
      cell,
      {
        measure: 'coefficient',
        method: levelled(`${model}, HC0`, confidence),
        unit: 'log rate ratio',
        contrast,
      },
      plain(robust, confidence),
    ),
  ];
  return [
    ...rows,
    resultRow(
      cell,
      {
        measure: 'dispersion',
        method: `${model}, likelihood`,
        unit: 'variance beyond Poisson over mean squared',
      },
      { status: 'estimated', value: fit.model === 'poisson' ? 0 : 1 / fit.theta, note },
    ),
  ];
}

interface Spread {
  readonly method: string;
  readonly outcome: (column: number) => { readonly se: number; readonly df?: number } | undefined;
  readonly covariance: Float64Array | undefined;
}

/** The sandwich that the number of clusters allows. */
function spreadOf(fit: PoissonEstimate, scores: ClusteredScores, unit: string): Spread {
  if (scores.clusters < FEW_CLUSTERS) {
    const weight = fit.fitted;
    const few = smallSampleClusterRobust(fit, { ...scores, weight }, 'CR2');
    return {
      method: `CR2 over ${unit}, Satterthwaite`,
      covariance: few.status === 'estimated' ? few.covariance : undefined,
      outcome: (column) => {
        if (few.status !== 'estimated') return undefined;
        const df = few.df?.[column];
        return { se: few.se[column] as number, ...(df === undefined ? {} : { df }) };
      },
    };
  }
  const many = clusterRobust(fit, scores, 'CR1S');
  return {
    method: `cluster-robust over ${unit} (CR1S)`,
    covariance: many.status === 'estimated' ? many.covariance : undefined,
    outcome: (column) => (many.status === 'estimated' ? { se: many.se[column] as number } : undefined),
  };
}

export interface Units {
  /** Unit of each of the people, 0 .. units - 1. */
  readonly of: Int32Array;
  readonly units: number;
  /** persons, or the stratum that says. */
  readonly name: string;
}

/** Before and after as two rows a person. */
function periods(people: People): {
  readonly treated: Float64Array;
  readonly post: Float64Array;
  readonly events: Float64Array;
  readonly exposure: Float64Array;
} {
  const twice = (before: Float64Array, after: Float64Array): Float64Array =>
    Float64Array.from({ length: 2 * before.length }, (_, k) =>
      k % 2 === 0 ? (before[k / 2] as number) : (after[(k - 1) / 2] as number),
    );
  const zero = new Float64Array(people.rows.length);
  return {
    treated: twice(people.treated, people.treated),
    post: twice(
      zero,
      zero.map(() => 1),
    ),
    events: twice(people.before, people.after),
    exposure: twice(people.years_before, people.years_after),
  };
}

/** Ratio of rate ratios and difference of rate changes; within persons as well. `note` says why they may mislead. */
export function differenceRows(
  people: People,
  units: Units,
  context: PartnershipContext,
  note: string | undefined,
): ResultRow[] {
  const { confidence } = context;
  const cell = contrastCell(context, people);
  const contrast = `${contrastOf(context)}, after / before`;
  const measured = (measure: string, method: string, unit: string) => ({
    measure,
    method: levelled(method, confidence),
    unit,
    contrast,
  });
  const none = emptyArm(people, context);
  const data = periods(people);
  const fit = none === undefined ? fitDifferenceInRates(data, []) : undefined;
  if (fit?.status !== 'estimated') {
    const why = none ?? (fit === undefined ? '' : failureWords(fit));
    return [
      resultRow(
        cell,
        measured('ratio_of_rate_ratios', `Poisson, cluster-robust over ${units.name}`, 'ratio'),
        failed(why),
      ),
    ];
  }
  const twice = Int32Array.from(data.events, (_, k) => units.of[k >> 1] as number);
  const spread = spreadOf(
    fit.fit,
    {
      design: armPeriodDesign(data),
      residual: data.events.map((y, i) => y - (fit.fit.fitted[i] as number)),
      cluster: twice,
      clusters: units.units,
      observations: data.events.length,
    },
    units.name,
  );
  const own = spread.outcome(fit.column);
  const rows = [
    resultRow(
      cell,
      measured('ratio_of_rate_ratios', `Poisson, ${spread.method}`, 'ratio'),
      own === undefined
        ? failed('too few clusters for an interval')
        : ratio({ estimate: fit.log_ratio_of_rate_ratios, ...own }, confidence, note),
    ),
  ];
  if (spread.covariance !== undefined) {
    const { difference, se } = differenceOfRateChanges(fit.fit, spread.covariance);
    const change: Outcome = plain(
      { estimate: 100 * difference, se: 100 * se, ...(own?.df === undefined ? {} : { df: own.df }) },
      confidence,
    );
    rows.push(
      resultRow(
        cell,
        measured('difference_of_rate_changes', `Poisson, ${spread.method}`, 'per 100 person-years'),
        change.status === 'estimated' ? { ...change, note } : change,
      ),
    );
  }
  const start = Int32Array.from({ length: people.rows.length + 1 }, (_, i) => 2 * i);
  const within = fitDifferenceWithinStrata(data, start, 'person');
  const persons = 'conditional Poisson within persons, robust';
  rows.push(
    resultRow(
      cell,
      measured('ratio_of_rate_ratios', persons, 'ratio'),
      within.status === 'estimated'
        ? ratio(
            { estimate: within.coefficient[1] as number, se: within.robust_se[1] as number },
            confidence,
            note,
          )
        : failed(
            within.status === 'no-informative-persons'
              ? 'nobody with events and time in both windows'
              : failureWords(within),
          ),
    ),
  );
  return rows;
}

/** Rate ratio of the arms before: what they differed in when they began. */
export function baselineRow(people: People, context: PartnershipContext): ResultRow {
  const { confidence } = context;
  const cell = { ...contrastCell(context, people), events: people.before.reduce((all, y) => all + y, 0) };
  const place = {
    ...cell,
    phase: 'before entry',
    person_years: people.years_before.reduce((all, t) => all + t, 0),
  };
  const measured = {
    measure: 'rate_ratio',
    method: levelled('Poisson, cluster-robust over persons', confidence),
    unit: 'ratio',
    contrast: contrastOf(context),
  };
  const none = emptyArm(people, context);
  if (none !== undefined) return resultRow(place, measured, failed(none));
  const design = designFromRows(Array.from(people.treated, (a) => [1, a]));
  const fit = fitPoisson({ design, events: people.before, exposure: people.years_before });
  if (fit.status !== 'estimated') return resultRow(place, measured, failed(failureWords(fit)));
  const robust = clusterRobust(
    fit,
    {
      design,
      residual: people.before.map((y, i) => y - (fit.fitted[i] as number)),
      cluster: Int32Array.from(people.rows, (_, i) => i),
      clusters: people.rows.length,
      observations: people.rows.length,
    },
    'CR1S',
  );
  return resultRow(
    place,
    measured,
    robust.status === 'estimated'
      ? ratio({ estimate: fit.coefficient[1] as number, se: robust.se[1] as number }, confidence)
      : failed('one person only'),
  );
}
