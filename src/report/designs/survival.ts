import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCaution } from '../cautions.ts';
import { PLAIN } from '../interval-chart.ts';
import { count, decimal } from '../numbers.ts';
import { confidenceOf, type Reading } from '../reading.ts';
import { daysText, retentionSection } from '../sections/retention.ts';
import { capital } from '../words.ts';
import type { DesignReport } from './design.ts';
import { personsWords, type Statement, UNSHOWN } from './statement.ts';

/** How a sentence tells the event. */
const TELL = {
  'journey-end': {
    had: 'had left treatment',
    still: 'still in treatment',
    were: 'were still in treatment',
    median: 'The median stay',
    caution: CAUTION.survival,
  },
  departure: {
    had: 'had died or emigrated',
    still: 'neither dead nor emigrated',
    were: 'had neither died nor emigrated',
    median: 'The median time to departure',
    caution: CAUTION.reconviction,
  },
  'first-offence': {
    had: 'had offended',
    still: 'without an offence',
    were: 'were without an offence',
    median: 'The median time to the first offence',
    caution: CAUTION.reconviction,
  },
} as const;

/** With competing events the answer is the cumulative incidence: one less the curve would be too high. */
function incidenceStatement(
  reading: Reading,
  estimate: EstimateOf<'survival'>,
  who: string,
  caution: string | undefined,
): Statement | undefined {
  const rows = reading
    .find({
      estimate_id: estimate.id,
      population: estimate.population ?? 'all',
      stratum: 'all',
      level: 'all',
      measure: 'cumulative_incidence_at',
    })
    .filter(({ phase, value }) => value !== null && ['left treatment', 'first offence'].includes(phase ?? ''))
    .sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  const row = rows.find(({ time }) => (time ?? 0) >= 365) ?? rows.at(-1);
  if (row === undefined || row.value === null) return undefined;
  const { had } = TELL[estimate.event ?? 'journey-end'];
  const figure = `${decimal(100 * row.value, 0)}%`;
  const interval =
    row.ci_low === null || row.ci_high === null
      ? 'no interval'
      : `${confidenceOf(estimate)} interval ${decimal(100 * row.ci_low, 0)} to ${decimal(100 * row.ci_high, 0)}%`;
  return {
    who,
    figure,
    of: `${had} within ${count(row.time ?? 0)} days`,
    interval: `${capital(interval)}${personsWords(row)}`,
    caution,
    sentence: `Within ${count(row.time ?? 0)} days, ${figure} ${had} (${interval}${personsWords(row)}); who died or moved away before is counted as not having done so.`,
  };
}

function survivalStatements(reading: Reading, estimate: EstimateOf<'survival'>): readonly Statement[] {
  const population = estimate.population ?? 'all';
  const rows = reading.find({ estimate_id: estimate.id, population, stratum: 'all', level: 'all' });
  const who = reading.population(population);
  const caution = reading.isRestricted(population) ? selectionCaution(null) : undefined;
  const median = rows.find((row) => row.measure === 'median');
  const marks = rows
    .filter((row) => row.measure === 'survival_at' && (row.time ?? 0) > 0 && row.value !== null)
    .sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  const confidence = confidenceOf(estimate);
  const tell = TELL[estimate.event ?? 'journey-end'];
  const since = { entry: 'entered', 'journey-end': 'left treatment', release: 'were released' }[
    estimate.from ?? 'entry'
  ];
  const first = estimate.competing === true ? incidenceStatement(reading, estimate, who, caution) : undefined;
  const statements: Statement[] = first === undefined ? [] : [first];
  if (median !== undefined) {
    const { value, ci_low, ci_high } = median;
    const limit = (day: number | null): string => (day === null ? 'not reached' : count(day));
    const interval =
      ci_low === null && ci_high === null
        ? 'no interval'
        : `${confidence} interval ${limit(ci_low)} to ${limit(ci_high)}`;
    const why = median.status === 'not-estimable' ? (median.note ?? 'not estimable') : UNSHOWN;
    statements.push({
      who,
      figure: value === null ? '*' : `${count(value)} days`,
      of: `until half of them ${tell.had}`,
      interval: value === null ? capital(why) : `${capital(interval)}${personsWords(median)}`,
      caution,
      sentence:
        value === null
          ? `${tell.median} is not given: ${why}.`
          : `Half of ${population === 'all' ? `those who ${since}` : who.toLowerCase()} ${tell.had} after ${count(value)} days (${interval}${personsWords(median)}).`,
    });
  }
  const mark = marks.find(({ time }) => (time ?? 0) >= 365) ?? marks.at(-1);
  if (first === undefined && mark !== undefined && mark.value !== null) {
    const share = `${decimal(100 * mark.value, 0)}%`;
    const interval =
      mark.ci_low === null || mark.ci_high === null
        ? 'no interval'
        : `${confidence} interval ${decimal(100 * mark.ci_low, 0)} to ${decimal(100 * mark.ci_high, 0)}%`;
    statements.push({
      who,
      figure: share,
      of: `${tell.still} after ${count(mark.time ?? 0)} days`,
      interval: capital(interval),
      caution,
      sentence: `After ${count(mark.time ?? 0)} days, ${share} ${tell.were} (${interval}).`,
    });
  }
  return statements;
}

export const survival: DesignReport<'survival'> = {
  caution: CAUTION.survival,
  cautionOf: ({ event = 'journey-end' }) => TELL[event].caution,
  section: retentionSection,
  statements: survivalStatements,
  variants: {
    axis: 'Median stay (days)',
    ticks: PLAIN,
    text: daysText,
    label: 'Measure',
    lines: (reading, estimate, variant) => {
      const population = estimate.population ?? 'all';
      const [row] = reading.find({
        estimate_id: estimate.id,
        variant,
        population,
        stratum: 'all',
        level: 'all',
        measure: 'median',
      });
      return [{ variant, population, series: 'Median stay', row }];
    },
  },
};
