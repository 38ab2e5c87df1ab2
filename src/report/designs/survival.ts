import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCaution } from '../cautions.ts';
import { PLAIN } from '../interval-chart.ts';
import { count, decimal } from '../numbers.ts';
import { confidenceOf, type Reading } from '../reading.ts';
import { daysText, retentionSection } from '../sections/retention.ts';
import { capital } from '../words.ts';
import type { DesignReport } from './design.ts';
import { personsWords, type Statement, UNSHOWN } from './statement.ts';

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
  const statements: Statement[] = [];
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
      of: 'until half of them had left treatment',
      interval: value === null ? capital(why) : `${capital(interval)}${personsWords(median)}`,
      caution,
      sentence:
        value === null
          ? `The median stay is not given: ${why}.`
          : `Half of ${population === 'all' ? 'those who entered' : who.toLowerCase()} had left treatment after ${count(value)} days (${interval}${personsWords(median)}).`,
    });
  }
  const mark = marks.find(({ time }) => (time ?? 0) >= 365) ?? marks.at(-1);
  if (mark !== undefined && mark.value !== null) {
    const share = `${decimal(100 * mark.value, 0)}%`;
    const interval =
      mark.ci_low === null || mark.ci_high === null
        ? 'no interval'
        : `${confidence} interval ${decimal(100 * mark.ci_low, 0)} to ${decimal(100 * mark.ci_high, 0)}%`;
    statements.push({
      who,
      figure: share,
      of: `still in treatment after ${count(mark.time ?? 0)} days`,
      interval: capital(interval),
      caution,
      sentence: `After ${count(mark.time ?? 0)} days, ${share} were still in treatment (${interval}).`,
    });
  }
  return statements;
}

export const survival: DesignReport<'survival'> = {
  caution: CAUTION.survival,
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
