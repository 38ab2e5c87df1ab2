import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCaution } from '../cautions.ts';
import { PLAIN } from '../interval-chart.ts';
import { decimal, probability } from '../numbers.ts';
import { absence, type Reading } from '../reading.ts';
import { type Comparison, compareSection, comparisonOf } from '../sections/compare.ts';
import { bestRates, rateText } from '../sections/rates.ts';
import { capital, phaseWords } from '../words.ts';
import type { DesignReport } from './design.ts';
import { type Statement, UNSHOWN } from './statement.ts';

/** `ratios from 0.80 (South / North) to 1.20 (East / North)`. */
function rangeWords({ lines }: Comparison): string {
  const ratios = lines
    .map(({ adjusted, crude }) => adjusted ?? crude)
    .filter((row): row is ReleasedResultRow => row !== undefined && row.value !== null)
    .sort((a, b) => (a.value ?? 0) - (b.value ?? 0));
  const [least] = ratios;
  const most = ratios.at(-1);
  if (least === undefined || most === undefined) return 'no ratio can be shown';
  const one = (row: ReleasedResultRow): string => `${decimal(row.value ?? 0, 2)} (${row.contrast})`;
  return least === most ? `ratio ${one(least)}` : `ratios from ${one(least)} to ${one(most)}`;
}

function statement(reading: Reading, estimate: EstimateOf<'compare'>, comparison: Comparison): Statement {
  const population = estimate.population ?? 'all';
  const outcome = reading.outcome(estimate);
  const by = reading.stratum(comparison.stratum);
  const who = `${reading.population(population)}, by ${by}`;
  const caution = reading.isRestricted(population) ? selectionCaution(null) : undefined;
  const { test } = comparison;
  const when = phaseWords(comparison.phase ?? '').replace(' (whole window)', '');
  const range = rangeWords(comparison);
  const of = `that one rate of ${outcome} ${when} holds for all levels of ${by} (joint test)`;
  if (test === undefined || test.p_value === null) {
    const why = test?.status === 'not-estimable' ? absence(test) : UNSHOWN;
    return {
      who,
      figure: '*',
      of,
      interval: capital(why),
      caution,
      sentence: `${who}: the joint test is ${why}.`,
    };
  }
  const figure = probability(test.p_value);
  return {
    who,
    figure,
    of,
    interval: capital(range),
    caution,
    sentence: `${who}: ${figure} ${of}; ${range}.${caution === undefined ? '' : ` ${caution}`}`,
  };
}

export const compare: DesignReport<'compare'> = {
  caution: CAUTION.compare,
  section: compareSection,
  statements: (reading, estimate) =>
    (estimate.strata ?? []).flatMap((stratum) => {
      const comparison = comparisonOf(reading, estimate, stratum);
      return comparison === undefined ? [] : [statement(reading, estimate, comparison)];
    }),
  variants: {
    // Strata are compared in the protocol's analysis alone; a variant tells the rate of the whole.
    axis: 'Events per person-year, all levels together',
    ticks: PLAIN,
    text: rateText,
    label: 'Measure',
    lines: (reading, estimate, variant) => {
      const population = estimate.population ?? 'all';
      const rows = bestRates(
        reading.find({
          estimate_id: estimate.id,
          variant,
          population,
          stratum: 'all',
          level: 'all',
          measure: 'rate',
        }),
      );
      const clock = rows.some((row) => row.clock === 'at-liberty') ? 'at-liberty' : 'calendar';
      return rows
        .filter((row) => row.clock === clock)
        .map((row) => ({ variant, population, series: 'Rate', row }));
    },
  },
};
