import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCaution } from '../cautions.ts';
import { SIGNED_PERCENT } from '../interval-chart.ts';
import { containsZero, fewerOrMore, fewerToMore, percentDigits } from '../numbers.ts';
import { absence, confidenceOf, type Reading } from '../reading.ts';
import { changePopulations, changeRow, changeSection } from '../sections/change.ts';
import { percentText } from '../value-text.ts';
import { capital } from '../words.ts';
import type { DesignReport } from './design.ts';
import { personsWords, type Statement, UNSHOWN, windows } from './statement.ts';

function changeStatement(reading: Reading, estimate: EstimateOf<'change'>, population: string): Statement {
  const row = changeRow(reading, estimate.id, population);
  const outcome = reading.outcome(estimate);
  const who = reading.population(population);
  const caution = reading.isRestricted(population) ? selectionCaution(row?.value ?? null) : undefined;
  const { before, after } = windows(reading);
  const of = `${outcome} in ${after} than in ${before}`;
  const among = population === 'all' ? 'Among everyone' : `Among ${who.toLowerCase()}`;
  const tail = caution === undefined ? '' : ` ${caution}`;
  if (row === undefined || row.value === null) {
    const why = row?.status === 'not-estimable' ? absence(row) : UNSHOWN;
    return {
      who,
      figure: '*',
      of: `change in ${outcome}, ${after} against ${before}`,
      interval: capital(why),
      caution,
      sentence: `${among}, the change in ${outcome} is ${why}.${tail}`,
    };
  }
  const { value, ci_low, ci_high } = row;
  const digits = percentDigits(ci_low, ci_high);
  const figure = fewerOrMore(value, digits);
  const as = figure === 'unchanged' ? `${outcome}: as many in ${after} as in ${before}` : of;
  const interval =
    ci_low === null || ci_high === null
      ? `no interval${row.note === null ? '' : `: ${row.note}`}`
      : `${confidenceOf(estimate)} interval ${fewerToMore(ci_low, ci_high, digits)}${containsZero(ci_low, ci_high) ? '; it contains zero, so no change at all is among the values the data allow' : ''}`;
  return {
    who,
    figure,
    of: as,
    interval: `${capital(interval)}${personsWords(row)}`,
    caution,
    sentence: `${among}, ${outcome} were ${figure === 'unchanged' ? 'as many' : figure} in ${after} ${figure === 'unchanged' ? 'as' : 'than'} in ${before} (${interval}${personsWords(row)}).${tail}`,
  };
}

export const change: DesignReport<'change'> = {
  caution: CAUTION.change,
  section: changeSection,
  statements: (reading, estimate) =>
    changePopulations(estimate).map((population) => changeStatement(reading, estimate, population)),
  variants: {
    axis: 'Change in events, after entry against before (%)',
    ticks: SIGNED_PERCENT,
    text: percentText,
    label: 'Population',
    reference: 0,
    change: (row) => row?.value ?? null,
    lines: (reading, estimate, variant) =>
      changePopulations(estimate).map((population) => ({
        variant,
        population,
        series: reading.population(population),
        row: changeRow(reading, estimate.id, population, 'all', 'all', variant),
      })),
  },
};
