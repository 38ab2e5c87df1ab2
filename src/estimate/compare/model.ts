import type { EstimateOf } from '../../protocol/tables.ts';
import { clusterRobust } from '../../stats/regression/cluster-robust.ts';
import type { FitFailure } from '../../stats/regression/estimate.ts';
import { fitGee } from '../../stats/regression/gee.ts';
import { fitNegativeBinomial } from '../../stats/regression/negative-binomial.ts';
import { tailHistogram } from '../../stats/regression/overdispersion.ts';
import { personStarts } from '../../stats/regression/person-rows.ts';
import { fitPoisson, type PoissonEstimate } from '../../stats/regression/poisson.ts';
import { fitPoissonGamma } from '../../stats/regression/poisson-gamma.ts';
import { smallSampleClusterRobust } from '../../stats/regression/small-sample-clusters.ts';
import { type Groups, hindrance } from './groups.ts';

/** The four models of a comparison: log rates by level and terms, each with its own account of how persons differ. */

export type Model = NonNullable<EstimateOf<'compare'>['model']>;

export type LevelFit =
  | {
      readonly status: 'estimated';
      /** Levels with a coefficient against the reference, and its place among the columns. */
      readonly column: ReadonlyMap<string, number>;
      readonly coefficient: Float64Array;
      readonly covariance: Float64Array;
      /** Degrees of freedom of t per coefficient; left out: normal. */
      readonly df?: Float64Array;
      /** Denominator of the joint F test; left out: chi-square. */
      readonly df_joint?: number;
      /** Estimator and variance, without the terms. */
      readonly method: string;
      readonly note: string | undefined;
      /** Overdispersion or correlation, where the model has one. */
      readonly spread?: { readonly measure: string; readonly value: number; readonly unit: string };
    }
  | { readonly status: 'failed'; readonly method: string; readonly note: string };

/** Fewer clusters than this in all, or in a level, and the sandwich is too small: CR2 with Satterthwaite's t. */
const FEW = 50;
const FEW_IN_LEVEL = 30;
/** CR2 takes an eigenproblem of all columns for each cluster: clusters x columns cubed at most. */
const MOST_FOR_CR2 = 2e7;
/** A regression with more columns than this is no comparison that anybody could read. */
const MOST_COLUMNS = 400;

const METHOD: Readonly<Record<Model, string>> = {
  'poisson-cluster-robust': 'Poisson, cluster-robust',
  'negative-binomial': 'negative binomial (NB2)',
  'gee-exchangeable': 'GEE, exchangeable, robust',
  'poisson-gamma': 'Poisson-gamma',
};

function failureWords(failure: FitFailure | { readonly status: string }, names: readonly string[]): string {
  const named = (columns: readonly number[]): string => columns.map((k) => names[k] ?? '').join(', ');
  switch (failure.status) {
    case 'no-events':
      return 'no events';
    case 'no-exposure':
      return 'no time at risk';
    case 'separated':
      return `separated: no finite estimate of ${'columns' in failure ? named(failure.columns) : 'a term'}`;
    case 'aliased':
      return 'aliased: the columns say the same';
    case 'no-repeated-rows':
      return 'no unit has two rows: no working correlation';
    case 'correlation-out-of-range':
      return 'the working correlation is out of range';
    case 'too-few-clusters':
      return 'one cluster: its error cannot be seen';
    default:
      return 'not converged';
  }
}

/** Fits the levels that can be in a model against the reference; `withTerms` false leaves the columns of the terms out. */
export function fitLevels(
  groups: Groups,
  reference: string,
  model: Model,
  options: { readonly withTerms: boolean; readonly unit: string },
): LevelFit {
  const base = METHOD[model];
  const usable = groups.levels.filter((own) => hindrance(own) === undefined).map(({ level }) => level);
  if (!usable.includes(reference)) {
    const own = groups.levels.find(({ level }) => level === reference);
    const why = own === undefined ? 'nobody at the reference level' : `reference: ${hindrance(own)}`;
    return { status: 'failed', method: base, note: why };
  }
  const others = usable.filter((level) => level !== reference);
  if (others.length === 0)
    return { status: 'failed', method: base, note: 'no second level that can be compared' };
  const column = new Map(others.map((level, k) => [level, k + 1]));
  const terms = options.withTerms ? groups.columns : 0;
  const columns = 1 + others.length + terms;
  if (columns > MOST_COLUMNS)
    return { status: 'failed', method: base, note: `more than ${MOST_COLUMNS} levels and terms` };
  const names = ['intercept', ...others, ...(options.withTerms ? groups.names : [])];
  const place = groups.levels.map(({ level }) => (level === reference ? 0 : (column.get(level) ?? -1)));
  const kept: number[] = [];
  groups.level.forEach((level, i) => {
    if ((place[level] ?? -1) >= 0) kept.push(i);
  });
  const x = new Float64Array(kept.length * columns);
  kept.forEach((i, at) => {
    x[at * columns] = 1;
    const k = place[groups.level[i] ?? 0] ?? 0;
    if (k > 0) x[at * columns + k] = 1;
    for (let j = 0; j < terms; j += 1)
      x[at * columns + 1 + others.length + j] = groups.x[i * groups.columns + j] ?? 0;
  });
  const design = { rows: kept.length, columns, x };
  const events = Float64Array.from(kept, (i) => groups.row_events[i] ?? 0);
  const exposure = Float64Array.from(kept, (i) => groups.row_years[i] ?? 0);
  const start = personStarts(Int32Array.from(kept, (i) => groups.cluster[i] ?? 0));
  const clusters = start.length - 1;
  const aliasedNote = (aliased: readonly number[]): string | undefined =>
    aliased.length === 0
      ? undefined
      : `left out because other terms say the same: ${aliased.map((k) => names[k] ?? '').join(', ')}`;
  const notes = (...some: readonly (string | undefined)[]): string | undefined => {
    const said = some.filter((note) => note !== undefined);
    return said.length === 0 ? undefined : said.join('; ');
  };
  const failed = (failure: { readonly status: string }, method = base): LevelFit => ({
    status: 'failed',
    method,
    note: failureWords(failure, names),
  });
  const atBoundary = (poisson: PoissonEstimate, method: string): LevelFit => ({
    status: 'estimated',
    column,
    coefficient: poisson.coefficient,
    covariance: poisson.covariance,
    method,
    note: notes('no overdispersion: the Poisson model', aliasedNote(poisson.aliased)),
  });

  switch (model) {
    case 'poisson-cluster-robust': {
      const fit = fitPoisson({ design, events, exposure });
      if (fit.status !== 'estimated') return failed(fit);
      const cluster = new Int32Array(kept.length);
      for (let c = 0; c < clusters; c += 1) cluster.fill(c, start[c], start[c + 1]);
      const residual = events.map((y, i) => y - (fit.fitted[i] ?? 0));
      const fewest = groups.levels.reduce(
        (least, own) => (usable.includes(own.level) ? Math.min(least, own.clusters) : least),
        clusters,
      );
      const isFew = clusters < FEW || (fewest < FEW_IN_LEVEL && clusters * columns ** 3 <= MOST_FOR_CR2);
      if (isFew) {
        const small = smallSampleClusterRobust(
          fit,
          { design, residual, weight: fit.fitted, cluster, clusters },
          'CR2',
        );
        const method = `${base} (CR2, Satterthwaite's t), one cluster a ${options.unit}`;
        if (small.status !== 'estimated') return failed(small, method);
        return {
          status: 'estimated',
          column,
          coefficient: fit.coefficient,
          covariance: small.covariance,
          ...(small.df === undefined ? {} : { df: small.df }),
          df_joint: clusters - 1,
          method,
          note: aliasedNote(fit.aliased),
        };
      }
      const robust = clusterRobust(
        fit,
        { design, residual, cluster, clusters, observations: kept.length },
        'CR1',
      );
      const method = `${base} (CR1), one cluster a ${options.unit}`;
      if (robust.status !== 'estimated') return failed(robust, method);
      return {
        status: 'estimated',
        column,
        coefficient: fit.coefficient,
        covariance: robust.covariance,
        method,
        note: aliasedNote(fit.aliased),
      };
    }
    case 'negative-binomial': {
      const fit = fitNegativeBinomial({
        design,
        observations: new Float64Array(kept.length).fill(1),
        events,
        exposure,
        tail: tailHistogram(events),
      });
      if (fit.status === 'poisson-boundary') return atBoundary(fit.poisson, base);
      if (fit.status !== 'estimated') return failed(fit);
      return {
        status: 'estimated',
        column,
        coefficient: fit.coefficient,
        covariance: fit.covariance,
        method: base,
        note: aliasedNote(fit.aliased),
        spread: { measure: 'overdispersion', value: fit.alpha, unit: 'variance of the effect of a person' },
      };
    }
    case 'gee-exchangeable': {
      const method = `${base}, one unit a ${options.unit}`;
      const fit = fitGee(
        { design, start, events, exposure },
        { family: 'poisson', correlation: 'exchangeable' },
      );
      if (fit.status !== 'estimated') return failed(fit, method);
      return {
        status: 'estimated',
        column,
        coefficient: fit.coefficient,
        covariance: fit.robust_covariance,
        method,
        note: notes(
          fit.clusters < FEW ? 'few units: the robust error is too small' : undefined,
          aliasedNote(fit.aliased),
        ),
        spread: { measure: 'working_correlation', value: fit.alpha, unit: 'correlation' },
      };
    }
    case 'poisson-gamma': {
      const method = `${base}, one effect a ${options.unit}`;
      const fit = fitPoissonGamma({ design, start, events, exposure });
      if (fit.status === 'poisson-boundary') return atBoundary(fit.poisson, method);
      if (fit.status !== 'estimated') return failed(fit, method);
      return {
        status: 'estimated',
        column,
        coefficient: fit.coefficient,
        covariance: fit.covariance,
        method,
        note: aliasedNote(fit.aliased),
        spread: {
          measure: 'overdispersion',
          value: fit.alpha,
          unit: `variance of the effect of a ${options.unit}`,
        },
      };
    }
  }
}
