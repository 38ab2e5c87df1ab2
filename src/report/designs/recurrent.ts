import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCaution } from '../cautions.ts';
import { PLAIN } from '../interval-chart.ts';
import { count, decimal, digitsFor } from '../numbers.ts';
import { absence, confidenceOf, type Reading } from '../reading.ts';
import { meanText, recurrentSection } from '../sections/recurrent.ts';
import { capital } from '../words.ts';
import type { DesignReport } from './design.ts';
import { personsWords, type Statement, UNSHOWN } from './statement.ts';

/** The day that the headline tells: a year if it is there, else the last. */
function markOf(reading: Reading, estimate: EstimateOf<'recurrent'>, variant = reading.variant) {
  const population = estimate.population ?? 'all';
  const rows = reading
    .find({ estimate_id: estimate.id, variant, population, stratum: 'all', level: 'all', measure: 'mcf_at' })
    .filter(({ clock }) => clock === 'calendar')
    .sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  return (
    rows.find(({ time, status }) => (time ?? 0) >= 365 && status !== 'not-estimable') ??
    rows.filter(({ status }) => status !== 'not-estimable').at(-1) ??
    rows.at(-1)
  );
}

function recurrentStatements(reading: Reading, estimate: EstimateOf<'recurrent'>): readonly Statement[] {
  const population = estimate.population ?? 'all';
  const who = reading.population(population);
  const outcome = reading.outcome(estimate);
  const caution = reading.isRestricted(population) ? selectionCaution(null) : undefined;
  const row = markOf(reading, estimate);
  const of = `${outcome} per person within ${count(row?.time ?? 0)} days of entry`;
  if (row === undefined || row.value === null) {
    const why = row?.status === 'not-estimable' ? absence(row) : UNSHOWN;
    return [
      { who, figure: '*', of, interval: capital(why), caution, sentence: `${who}: the mean is ${why}.` },
    ];
  }
  const digits = Math.min(3, Math.max(2, digitsFor(row.value)));
  const interval =
    row.ci_low === null || row.ci_high === null
      ? 'no interval'
      : `${confidenceOf(estimate)} interval ${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)}`;
  const value = decimal(row.value, digits);
  return [
    {
      who,
      figure: value,
      of,
      interval: `${capital(interval)}${personsWords(row)}`,
      caution,
      sentence: `${who}: ${value} ${of} (${interval}${personsWords(row)}).`,
    },
  ];
}

export const recurrent: DesignReport<'recurrent'> = {
  caution: CAUTION.recurrent,
  section: recurrentSection,
  statements: recurrentStatements,
  variants: {
    axis: 'Events per person',
    ticks: PLAIN,
    text: meanText,
    label: 'Measure',
    lines: (reading, estimate, variant) => [
      {
        variant,
        population: estimate.population ?? 'all',
        series: 'Events per person',
        row: markOf(reading, estimate, variant),
      },
    ],
  },
};
