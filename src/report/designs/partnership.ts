import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCaution } from '../cautions.ts';
import { PLAIN } from '../interval-chart.ts';
import { decimal, digitsFor } from '../numbers.ts';
import { absence, confidenceOf, type Reading } from '../reading.ts';
import { comparisonRows, methodLabel, partnershipSection, ratioText } from '../sections/partnership.ts';
import { CLOCK, capital } from '../words.ts';
import type { DesignReport } from './design.ts';
import { personsWords, type Statement, UNSHOWN } from './statement.ts';

function partnershipStatements(reading: Reading, estimate: EstimateOf<'partnership'>): readonly Statement[] {
  const row = comparisonRows(reading, estimate).find(({ measure }) => measure === 'rate_ratio');
  const population = estimate.population ?? 'all';
  const who = reading.population(population);
  const outcome = reading.outcome(estimate);
  const { treated, comparison } = estimate;
  const on = CLOCK[row?.clock ?? ''] ?? 'calendar time';
  const of = `the rate of ${outcome} after entry in ${treated} over that in ${comparison}, given the rate before, on ${on}`;
  const caution = reading.isRestricted(population) ? selectionCaution(null) : undefined;
  if (row === undefined || row.value === null) {
    const why = row?.status === 'not-estimable' ? absence(row) : UNSHOWN;
    return [
      {
        who,
        figure: '*',
        of,
        interval: capital(why),
        caution,
        sentence: `The comparison of ${treated} with ${comparison} is ${why}.`,
      },
    ];
  }
  const digits = digitsFor(row.value);
  const figure = decimal(row.value, digits);
  const contains = row.ci_low !== null && row.ci_high !== null && row.ci_low <= 1 && row.ci_high >= 1;
  const interval =
    row.ci_low === null || row.ci_high === null
      ? `no interval${row.note === null ? '' : `: ${row.note}`}`
      : `${confidenceOf(estimate)} interval ${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)}${contains ? '; it contains 1, so that the arms do not differ is among the values the data allow' : ''}`;
  return [
    {
      who,
      figure: `${figure} times`,
      of,
      interval: `${capital(interval)}${personsWords(row)}`,
      caution,
      sentence: `${capital(of)} is ${figure} (${interval}${personsWords(row)}).${caution === undefined ? '' : ` ${caution}`}`,
    },
  ];
}

export const partnership: DesignReport<'partnership'> = {
  caution: CAUTION.partnership,
  section: partnershipSection,
  statements: partnershipStatements,
  variants: {
    axis: 'Rate ratio of the arms',
    ticks: PLAIN,
    text: ratioText,
    label: 'Comparison',
    lines: (reading, estimate, variant) => {
      const compared = comparisonRows(reading, estimate, variant);
      const primary = compared.find(({ measure }) => measure === 'rate_ratio');
      return primary === undefined
        ? []
        : [
            {
              variant,
              population: estimate.population ?? 'all',
              series: methodLabel(primary, true),
              row: primary,
            },
          ];
    },
  },
};
