import { type EstimateOf, SYSTEM_METRIC_PRESETS } from '../../protocol/tables.ts';
import { CAUTION } from '../cautions.ts';
import { count, decimal } from '../numbers.ts';
import { absence, confidenceOf, type Reading } from '../reading.ts';
import { FRACTION, metricLabel, shares, shareText, systemSection } from '../sections/system-metrics.ts';
import { capital } from '../words.ts';
import type { DesignReport } from './design.ts';
import { type Statement, UNSHOWN } from './statement.ts';

type System = EstimateOf<'system-metrics'>;

function systemStatements(reading: Reading, estimate: System): readonly Statement[] {
  return shares(reading, estimate, 'all')
    .filter(({ is_headline }) => is_headline)
    .map(({ metric, row, of }): Statement => {
      const label = metricLabel(metric);
      const { standing } = SYSTEM_METRIC_PRESETS[metric];
      const caution = standing === 'provisional' ? 'The definition is provisional.' : undefined;
      const who = capital(of);
      if (row === undefined || row.value === null) {
        const why = row?.status === 'not-estimable' ? absence(row) : UNSHOWN;
        return {
          who,
          figure: '*',
          of: label,
          interval: capital(why),
          caution,
          sentence: `${label}: ${why}.`,
        };
      }
      const figure = `${decimal(100 * row.value, 0)}%`;
      const interval =
        row.ci_low === null || row.ci_high === null
          ? 'no interval'
          : `${confidenceOf(estimate)} interval ${decimal(100 * row.ci_low, 0)} to ${decimal(100 * row.ci_high, 0)}%`;
      const persons = row.persons === null ? '' : `, of ${count(row.persons)} persons`;
      return {
        who,
        figure,
        of: label,
        interval: `${capital(interval)}${persons}`,
        caution,
        sentence: `${label}: ${figure} (${interval}${persons}).${caution === undefined ? '' : ` ${caution}`}`,
      };
    });
}

export const systemMetrics: DesignReport<'system-metrics'> = {
  caution: CAUTION.system,
  section: systemSection,
  statements: systemStatements,
  variants: {
    axis: 'Share of persons (%)',
    ticks: FRACTION,
    text: shareText,
    label: 'Metric',
    lines: (reading, estimate, variant) =>
      shares(reading, estimate, 'all', variant)
        .filter(({ is_headline }) => is_headline)
        .map(({ metric, row }) => ({ variant, population: 'all', series: metricLabel(metric), row })),
  },
};
