import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCaution } from '../cautions.ts';
import { PLAIN } from '../interval-chart.ts';
import { decimal, digitsFor } from '../numbers.ts';
import { absence, confidenceOf, type Reading } from '../reading.ts';
import { ratioWords } from '../sections/event-time.ts';
import { exposureRows, incidences, leadMethod, levelWords, sccsSection } from '../sections/sccs.ts';
import { capital } from '../words.ts';
import type { DesignReport } from './design.ts';
import { personsWords, type Statement, UNSHOWN } from './statement.ts';

/** The time before the exposure is a check, not an answer. */
function answers(
  reading: Reading,
  estimate: EstimateOf<'sccs'>,
  variant = reading.variant,
): readonly ReleasedResultRow[] {
  const place = { stratum: 'all', level: 'all' };
  return exposureRows(estimate, incidences(reading, estimate, leadMethod(estimate), place, variant)).filter(
    (row) => row.contrast?.startsWith('pre-exposure / ') === false,
  );
}

function sccsStatements(reading: Reading, estimate: EstimateOf<'sccs'>): readonly Statement[] {
  const population = estimate.population ?? 'all';
  const outcome = reading.outcome(estimate);
  const caution = reading.isRestricted(population) ? selectionCaution(null) : undefined;
  return answers(reading, estimate).map((row) => {
    const [level = '', reference = ''] = (row.contrast ?? '').split(' / ').map(levelWords);
    const who = `${reading.population(population)} with events, ${level}`;
    if (row.value === null) {
      const why = row.status === 'not-estimable' ? absence(row) : UNSHOWN;
      return {
        who,
        figure: '*',
        of: `rate of ${outcome}, against ${reference}`,
        interval: capital(why),
        caution,
        sentence: `${who}: the relative incidence of ${outcome} is ${why}.`,
      };
    }
    const digits = digitsFor(row.value);
    const interval =
      row.ci_low === null || row.ci_high === null
        ? `no interval${row.note === null ? '' : `: ${row.note}`}`
        : `${confidenceOf(estimate)} interval ${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)}`;
    return {
      who,
      figure: `${decimal(row.value, digits)} times`,
      of: `the rate of ${outcome} of the same persons, ${reference}`,
      interval: `${capital(interval)}${personsWords(row)}`,
      caution,
      sentence: `${who}: ${decimal(row.value, digits)} times the rate of ${outcome} of the same persons, ${reference} (${interval}${personsWords(row)}).${caution === undefined ? '' : ` ${caution}`}`,
    };
  });
}

export const sccs: DesignReport<'sccs'> = {
  caution: CAUTION.sccs,
  section: sccsSection,
  statements: sccsStatements,
  variants: {
    axis: 'Relative incidence',
    ticks: PLAIN,
    text: ratioWords,
    label: 'Level',
    reference: 1,
    lines: (reading, estimate, variant) =>
      answers(reading, estimate, variant).map((row) => ({
        variant,
        population: estimate.population ?? 'all',
        series: capital(levelWords(row.contrast?.split(' / ')[0] ?? 'exposed')),
        row,
      })),
  },
};
