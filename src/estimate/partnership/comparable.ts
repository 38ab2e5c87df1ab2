import { clusterRobust } from '../../stats/regression/cluster-robust.ts';
import { type Design, designFromRows } from '../../stats/regression/design.ts';
import { fitWeightedRates } from '../../stats/regression/iptw.ts';
import type { LogisticEstimate } from '../../stats/regression/logistic.ts';
import { matchPairs } from '../../stats/regression/matching.ts';
import { fitPoisson } from '../../stats/regression/poisson.ts';
import {
  covariateBalance,
  effectiveSampleSize,
  fitPropensity,
  propensityWeights,
  type WeightKind,
} from '../../stats/regression/propensity.ts';
import type { DesignMatrix } from '../adjustment.ts';
import { type Cell, levelled, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { emptyArm } from './contrasts.ts';
import { failed, failureWords, ratio, single } from './outcome.ts';
import {
  contrastCell,
  contrastOf,
  logEarlierRate,
  type PartnershipContext,
  type People,
  subset,
} from './people.ts';

/** The arms made alike before they are compared after: weights and pairs from a propensity, and the balance that they reach. */

export type Weighting = 'overlap' | 'att' | 'ate';

const KIND: Readonly<Record<Weighting, { readonly kind: WeightKind; readonly words: string }>> = {
  overlap: { kind: 'overlap', words: 'overlap weights' },
  att: { kind: 'att', words: 'weights to the treated' },
  ate: { kind: 'ate-stabilised', words: 'weights to everyone' },
};

const UNWEIGHTED = 'as they are';
const PAIRS = 'matched pairs';

export interface Comparable {
  readonly weighting: Weighting;
  /** Standard deviations of the logit of the propensity. */
  readonly caliper: number;
  /** Stratum of each of the people within which pairs are made. */
  readonly exact: Int32Array;
  readonly exact_names: readonly string[];
}

/**
 * The columns the arms are made alike in: the earlier rate always, then what the protocol adjusts for. The rate stands
 * beside its logarithm because what is expected after is linear in it (gamma-Poisson), however the arms were chosen.
 */
function covariatesOf(people: People, matrix: DesignMatrix): { design: Design; names: readonly string[] } {
  const earlier = logEarlierRate(people);
  const columns = matrix.columns + 2;
  const x = new Float64Array(people.rows.length * columns);
  for (let i = 0; i < people.rows.length; i++) {
    x[i * columns] = earlier[i] as number;
    x[i * columns + 1] = (people.before[i] as number) / (people.years_before[i] as number);
    for (let k = 0; k < matrix.columns; k++)
      x[i * columns + k + 2] = matrix.x[i * matrix.columns + k] as number;
  }
  return {
    design: { rows: people.rows.length, columns, x },
    names: ['log earlier rate', 'earlier rate', ...matrix.names],
  };
}

function withConstant({ rows, columns, x }: Design): Design {
  const out = new Float64Array(rows * (columns + 1));
  for (let i = 0; i < rows; i++) {
    out[i * (columns + 1)] = 1;
    out.set(x.subarray(i * columns, (i + 1) * columns), i * (columns + 1) + 1);
  }
  return { rows, columns: columns + 1, x: out };
}

/** A difference that is nothing but rounding is none. */
function unlessNothing(difference: number): number {
  return Math.abs(difference) < 1e-9 ? 0 : difference;
}

function balanceRows(
  people: People,
  covariates: { readonly design: Design; readonly names: readonly string[] },
  weights: Float64Array,
  method: string,
  context: PartnershipContext,
): ResultRow[] {
  const cell = contrastCell(context, people);
  return covariateBalance(covariates.design, people.treated, weights).map((balance, k) =>
    resultRow(
      cell,
      {
        measure: 'standardised_difference',
        method,
        unit: 'standard deviations',
        contrast: `${contrastOf(context)}: ${covariates.names[k] ?? ''}`,
      },
      single(unlessNothing(balance.standardised_difference), 'everybody is alike in this'),
    ),
  );
}

export function comparableRows(
  people: People,
  matrix: DesignMatrix,
  asked: Comparable,
  context: PartnershipContext,
): ResultRow[] {
  const { kind, words } = KIND[asked.weighting];
  const { confidence } = context;
  const cell = contrastCell(context, people);
  const contrast = contrastOf(context);
  const weighted = {
    measure: 'rate_ratio',
    method: levelled(`${words}, Poisson, sandwich with estimated weights`, confidence),
    unit: 'ratio',
    contrast,
  };
  const matched = {
    measure: 'rate_ratio',
    method: levelled(`${PAIRS}, Poisson, cluster-robust over pairs`, confidence),
    unit: 'ratio',
    contrast,
  };
  const neither = (why: string): ResultRow[] => [
    resultRow(cell, weighted, failed(why)),
    resultRow(cell, matched, failed(why)),
  ];
  const none = emptyArm(people, context);
  if (none !== undefined) return neither(none);
  const covariates = covariatesOf(people, matrix);
  const rows = balanceRows(
    people,
    covariates,
    new Float64Array(people.rows.length).fill(1),
    UNWEIGHTED,
    context,
  );
  const design = withConstant(covariates.design);
  const propensity = fitPropensity(design, people.treated);
  if (propensity.status !== 'estimated') {
    const why =
      propensity.status === 'separated'
        ? 'no overlap: what is known before tells the arms apart completely'
        : `no propensity: ${failureWords(propensity)}`;
    return [...rows, ...neither(why)];
  }
  const fit = fitWeightedRates(
    {
      outcome: designFromRows(Array.from(people.treated, (a) => [1, a])),
      events: people.after,
      exposure: people.years_after,
      treated: people.treated,
      covariates: design,
      propensity,
      kind,
    },
    'CR1',
  );
  if (fit.status !== 'estimated' || fit.estimated.status !== 'estimated') {
    const why =
      fit.status === 'no-overlap'
        ? 'no overlap: a propensity of 0 or 1'
        : fit.status === 'estimated'
          ? 'one person only'
          : failureWords(fit);
    rows.push(resultRow(cell, weighted, failed(why)));
  } else {
    rows.push(
      resultRow(
        cell,
        weighted,
        ratio({ estimate: fit.fit.coefficient[1] as number, se: fit.estimated.se[1] as number }, confidence),
      ),
    );
  }
  const weights = propensityWeights(people.treated, propensity.probability, kind);
  if (weights.every((w) => Number.isFinite(w))) {
    rows.push(...balanceRows(people, covariates, weights, words, context));
    const size = effectiveSampleSize(people.treated, weights);
    for (const [arm, value] of [
      [context.treated, size.treated],
      [context.comparison, size.control],
    ] as const)
      rows.push(
        resultRow(
          cell,
          { measure: 'effective_persons', method: words, unit: 'persons', contrast: arm },
          single(value, 'no weight'),
        ),
      );
  }
  return [...rows, ...matchedRows(people, covariates, propensity, asked, matched, context)];
}

/** Logit of the propensity from its linear predictor, which stays finite where the probability rounds to 0 or 1. */
function logits(design: Design, propensity: LogisticEstimate): Float64Array {
  return Float64Array.from({ length: design.rows }, (_, i) => {
    let sum = 0;
    for (const k of propensity.kept)
      sum += (propensity.coefficient[k] as number) * (design.x[i * design.columns + k] as number);
    return sum;
  });
}

/** Pooled standard deviation of the two arms (Austin 2011). */
function pooledDeviation(values: Float64Array, treated: Float64Array): number {
  const variance = (arm: number): number => {
    const own = values.filter((_, i) => treated[i] === arm);
    const mean = own.reduce((all, v) => all + v, 0) / own.length;
    return own.length < 2 ? 0 : own.reduce((all, v) => all + (v - mean) ** 2, 0) / (own.length - 1);
  };
  return Math.sqrt((variance(1) + variance(0)) / 2);
}

function matchedRows(
  people: People,
  covariates: { readonly design: Design; readonly names: readonly string[] },
  propensity: LogisticEstimate,
  asked: Comparable,
  measured: {
    readonly measure: string;
    readonly method: string;
    readonly unit: string;
    readonly contrast: string;
  },
  context: PartnershipContext,
): ResultRow[] {
  const score = logits(withConstant(covariates.design), propensity);
  const pairs = matchPairs({
    treated: people.treated,
    score,
    stratum: asked.exact,
    caliper: asked.caliper * pooledDeviation(score, people.treated),
  });
  const within = asked.exact_names.length === 0 ? '' : `, exact on ${asked.exact_names.join(' and ')}`;
  const method = { ...measured, method: measured.method.replace(PAIRS, `${PAIRS}${within}`) };
  const treated = people.treated.reduce((all, a) => all + a, 0);
  const made = pairs.treated.length;
  const share: Cell = {
    ...contrastCell(context, people),
    level: context.treated,
    phase: PAIRS,
    persons: treated,
    events: made,
    person_years: null,
  };
  const rows = context.is_divided
    ? [
        resultRow(
          share,
          {
            measure: 'proportion',
            method: `nearest propensity within ${asked.caliper} standard deviations of its logit${within}`,
            unit: 'proportion',
            contrast: `in a pair / ${context.treated}`,
          },
          { status: 'estimated', value: made / treated },
        ),
      ]
    : [];
  const places = [...pairs.treated.keys()].flatMap((k) => [
    pairs.treated[k] as number,
    pairs.comparison[k] as number,
  ]);
  const own = subset(people, places);
  const cell = contrastCell(context, own);
  if (made === 0) return [...rows, resultRow(contrastCell(context, people), method, failed('no pair'))];
  const design = designFromRows(Array.from(own.treated, (a) => [1, a]));
  const fit = fitPoisson({ design, events: own.after, exposure: own.years_after });
  const robust =
    fit.status === 'estimated'
      ? clusterRobust(
          fit,
          {
            design,
            residual: own.after.map((y, i) => y - (fit.fitted[i] as number)),
            cluster: Int32Array.from(places, (_, i) => i >> 1),
            clusters: made,
            observations: 2 * made,
          },
          'CR1S',
        )
      : undefined;
  rows.push(
    resultRow(
      cell,
      method,
      fit.status !== 'estimated'
        ? failed(failureWords(fit))
        : robust?.status !== 'estimated'
          ? failed('one pair only')
          : ratio({ estimate: fit.coefficient[1] as number, se: robust.se[1] as number }, context.confidence),
    ),
  );
  const chosen = new Float64Array(people.rows.length);
  for (const i of places) chosen[i] = 1;
  return [...rows, ...balanceRows(people, covariates, chosen, PAIRS, context)];
}
