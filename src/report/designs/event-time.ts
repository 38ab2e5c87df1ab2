import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCaution } from '../cautions.ts';
import { PLAIN } from '../interval-chart.ts';
import { decimal, digitsFor } from '../numbers.ts';
import { absence, confidenceOf, type Reading } from '../reading.ts';
import {
  eventTimeSection,
  eventWords,
  modelNumbers,
  ratioWords,
  trendWords,
} from '../sections/event-time.ts';
import { capital } from '../words.ts';
import type { DesignReport } from './design.ts';
import { personsWords, type Statement, UNSHOWN } from './statement.ts';

function eventTimeStatements(reading: Reading, estimate: EstimateOf<'event-time'>): readonly Statement[] {
  const population = estimate.population ?? 'all';
  const numbers = modelNumbers(reading, estimate);
  const { after: row } = numbers;
  const who = reading.population(population);
  const outcome = reading.outcome(estimate);
  const event = eventWords(estimate);
  const caution = reading.isRestricted(population) ? selectionCaution(null) : undefined;
  const trend = trendWords(numbers);
  if (row === undefined || row.value === null) {
    const why = row?.status === 'not-estimable' ? absence(row) : UNSHOWN;
    return [
      {
        who,
        figure: '*',
        of: `rate of ${outcome} from ${event} on, against before`,
        interval: capital(why),
        caution,
        sentence: `${who}: the rate of ${outcome} from ${event} on, against before, is ${why}.`,
      },
    ];
  }
  const digits = digitsFor(row.value);
  const against = row.contrast?.split(' / ')[1] ?? 'before';
  const interval =
    row.ci_low === null || row.ci_high === null
      ? `no interval${row.note === null ? '' : `: ${row.note}`}`
      : `${confidenceOf(estimate)} interval ${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)}`;
  return [
    {
      who,
      figure: `${decimal(row.value, digits)} times`,
      of: `the rate of ${outcome} from ${event} on, against ${against} of the same persons`,
      interval: `${capital(interval)}${personsWords(row)}. ${trend}`,
      caution,
      sentence: `${who}: from ${event} on, the rate of ${outcome} was ${decimal(row.value, digits)} times that of ${against} of the same persons (${interval}${personsWords(row)}). ${trend}${caution === undefined ? '' : ` ${caution}`}`,
    },
  ];
}

export const eventTime: DesignReport<'event-time'> = {
  caution: CAUTION.event_time,
  section: eventTimeSection,
  statements: eventTimeStatements,
  variants: {
    axis: 'Rate ratio within persons, after against the reference',
    ticks: PLAIN,
    text: ratioWords,
    label: 'Measure',
    reference: 1,
    lines: (reading, estimate, variant) => [
      {
        variant,
        population: estimate.population ?? 'all',
        series: 'Rate ratio within persons',
        row: modelNumbers(reading, estimate, { stratum: 'all', level: 'all' }, variant).after,
      },
    ],
  },
};
