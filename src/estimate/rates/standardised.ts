import type { Row } from '../../engine/index.ts';
import type { Protocol } from '../../protocol/tables.ts';
import { clusteredStandardisedRate } from '../../stats/rates/clustered-standardised.ts';
import { directlyStandardisedRate } from '../../stats/rates/standardised.ts';
import { DAYS_PER_YEAR, levelled, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import type { classPair } from './classes.ts';
import { type RateContext, rateCell } from './fit.ts';
import { classParts, type Standardise, standardWeights } from './standard.ts';

/** Directly standardised rates of each cell: what the rate would be if its time had the ages and sexes of the standard. */

type Pair = Row<typeof classPair>;

const WEIGHTS = { study: 'the whole population', 'esp-2013': 'European standard population 2013' } as const;

export function standardName(standardise: Standardise): string {
  const { by, weights = 'study' } = standardise;
  const standard = typeof weights === 'string' ? WEIGHTS[weights] : 'weights of the protocol';
  return `directly standardised for ${by.map((one) => one.replace('_band', '')).join(' and ')} to ${standard}`;
}

function groupBy(pairs: readonly Pair[], keyOf: (pair: Pair) => readonly unknown[]): Pair[][] {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const key = JSON.stringify(keyOf(pair));
    const group = groups.get(key) ?? [];
    group.push(pair);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Totals of each class: the pairs of a class with itself. */
function classTotals(
  pairs: readonly Pair[],
): Map<string, { readonly events: number; readonly years: number }> {
  return new Map(
    pairs
      .filter((pair) => pair.class_a === pair.class_b)
      .map((pair) => [
        pair.class_a ?? '',
        { events: pair.events ?? 0, years: (pair.days ?? 0) / DAYS_PER_YEAR },
      ]),
  );
}

/** A level of sex is standardised to its own sex: the classes of the other are none of its time. */
function ownClasses(protocol: Protocol, { by }: Standardise, pair: Pair): (label: string) => boolean {
  const place = by.indexOf('sex');
  const isSex = new Map(Object.entries(protocol.strata)).get(pair.stratum ?? '') === 'sex';
  if (!isSex || place < 0) return () => true;
  return (label) => classParts(label)[place] === pair.level;
}

/** `persons` of a cell with time at risk, by stratum, level, division and clock. */
export type PersonsOf = (pair: Pair) => number;

export function fitStandardised(
  pairs: readonly Pair[],
  protocol: Protocol,
  standardise: Standardise,
  persons: PersonsOf,
  context: RateContext,
): ResultRow[] {
  const name = standardName(standardise);
  return groupBy(pairs, (pair) => [pair.divided_by, pair.division, pair.clock]).flatMap((when) => {
    const whole = classTotals(when.filter((pair) => pair.stratum === 'all'));
    const standard = standardWeights(
      protocol,
      standardise,
      new Map([...whole].map(([label, { years }]) => [label, years])),
    );
    return groupBy(when, (pair) => [pair.stratum, pair.level]).flatMap((own) => {
      const [first] = own;
      if (first === undefined) return [];
      const totals = classTotals(own);
      const isOwn = ownClasses(protocol, standardise, first);
      const labels = standard.status === 'known' ? [...standard.weight.keys()].filter(isOwn).sort() : [];
      const events = labels.map((label) => totals.get(label)?.events ?? 0);
      const years = labels.map((label) => totals.get(label)?.years ?? 0);
      const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
      const cell = rateCell(first, context, {
        persons: persons(first),
        events: sum(events),
        person_years: sum(years),
      });
      const row = (method: string, outcome: Outcome): ResultRow =>
        resultRow(
          cell,
          {
            measure: 'standardised_rate',
            method: levelled(`${name}, ${method}`, context.confidence),
            unit: 'per person-year',
          },
          outcome,
        );
      const methods = ['Fay-Feuer', 'Dobson', 'clustered by person'] as const;
      if (standard.status === 'unknown-class') {
        const note = `the weights leave out ${standard.classes.join(', ')}`;
        return methods.map((method) => row(method, { status: 'not-estimable', note }));
      }
      const weights = labels.map((label) => standard.weight.get(label) ?? 0);
      if (!(sum(weights) > 0)) {
        const note = 'no class of the standard has time at risk';
        return methods.map((method) => row(method, { status: 'not-estimable', note }));
      }
      const note = standard.note === undefined ? {} : { note: standard.note };
      const place = new Map(labels.map((label, i) => [label, i]));
      const moments = own.flatMap((pair) => {
        const a = place.get(pair.class_a ?? '');
        const b = place.get(pair.class_b ?? '');
        return a === undefined || b === undefined
          ? []
          : [
              {
                a,
                b,
                yy: pair.yy ?? 0,
                yt: (pair.yt ?? 0) / DAYS_PER_YEAR,
                tt: (pair.tt ?? 0) / DAYS_PER_YEAR ** 2,
              },
            ];
      });
      const empty = (classes: readonly number[]): Outcome => ({
        status: 'not-estimable',
        note: `no time at risk in ${classes.map((i) => labels[i] ?? '').join(', ')}, which the standard has`,
      });
      const exact = (['fay-feuer', 'dobson'] as const).map((method): Outcome => {
        const made = directlyStandardisedRate(events, years, weights, { method, level: context.confidence });
        if (made.status === 'stratum-without-person-time') return empty(made.strata);
        return made.status === 'no-events'
          ? { status: 'estimated', value: 0, ci_low: 0, ci_high: made.upper, ...note }
          : {
              status: 'estimated',
              value: made.rate,
              ci_low: Math.max(0, made.lower),
              ci_high: made.upper,
              ...note,
            };
      });
      const clustered = clusteredStandardisedRate(
        { persons: cell.persons, events, time: years, weights },
        moments,
        context.confidence,
      );
      const byPerson: Outcome =
        clustered.status === 'class-without-time'
          ? empty(clustered.classes)
          : clustered.status === 'no-spread'
            ? { status: 'not-estimable', note: 'no spread between persons to see' }
            : {
                status: 'estimated',
                value: clustered.rate,
                ci_low: clustered.lower,
                ci_high: clustered.upper,
                std_error: clustered.se_log,
                ...note,
              };
      return [...exact, byPerson].map((outcome, i) => row(methods[i] ?? '', outcome));
    });
  });
}
