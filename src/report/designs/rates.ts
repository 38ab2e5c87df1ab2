import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCaution } from '../cautions.ts';
import { PLAIN } from '../interval-chart.ts';
import { decimal, digitsFor } from '../numbers.ts';
import { absence, confidenceOf, type Reading } from '../reading.ts';
import { bestRates, phasePlace, ratesSection, rateText } from '../sections/rates.ts';
import { CLOCK, capital, phaseWords } from '../words.ts';
import type { DesignReport } from './design.ts';
import { personsWords, type Statement, UNSHOWN } from './statement.ts';

function rateStatements(reading: Reading, estimate: EstimateOf<'rates'>): readonly Statement[] {
  const population = estimate.population ?? 'all';
  const rows = bestRates(
    reading.find({ estimate_id: estimate.id, population, stratum: 'all', level: 'all', measure: 'rate' }),
  );
  const clock = rows.some((row) => row.clock === 'at-liberty') ? 'at-liberty' : 'calendar';
  const own = rows
    .filter((row) => row.clock === clock)
    .sort((a, b) => phasePlace(a.phase) - phasePlace(b.phase));
  const whole = own.filter(({ phase }) => phase === 'before entry' || phase === 'after entry');
  const shown = whole.length > 0 ? whole : own;
  const outcome = reading.outcome(estimate);
  return shown.map((row) => {
    const when = row.phase === null ? '' : `, ${phaseWords(row.phase).replace(' (whole window)', '')}`;
    const who = `${reading.population(population)}${when}`;
    const on = `${outcome} per person-year of ${CLOCK[clock] ?? clock}`;
    const caution = reading.isRestricted(population) ? selectionCaution(null) : undefined;
    if (row.value === null) {
      const why = row.status === 'not-estimable' ? absence(row) : UNSHOWN;
      return {
        who,
        figure: '*',
        of: on,
        interval: capital(why),
        caution,
        sentence: `${who}: the rate is ${why}.`,
      };
    }
    const digits = digitsFor(row.value);
    const interval =
      row.ci_low === null || row.ci_high === null
        ? 'no interval'
        : `${confidenceOf(estimate)} interval ${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)}`;
    return {
      who,
      figure: decimal(row.value, digits),
      of: on,
      interval: `${capital(interval)}${personsWords(row)}`,
      caution,
      sentence: `${who}: ${decimal(row.value, digits)} ${on} (${interval}${personsWords(row)}).${caution === undefined ? '' : ` ${caution}`}`,
    };
  });
}

export const rates: DesignReport<'rates'> = {
  caution: CAUTION.rates,
  section: ratesSection,
  statements: rateStatements,
  variants: {
    axis: 'Events per person-year',
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
      const own = rows.filter((row) => row.clock === clock);
      const windows = own.filter(({ phase }) => phase === 'before entry' || phase === 'after entry');
      return [...(windows.length > 0 ? windows : own)]
        .sort((a, b) => phasePlace(a.phase) - phasePlace(b.phase))
        .map((row) => ({
          variant,
          population,
          series: row.phase === null ? 'Rate' : capital(phaseWords(row.phase).replace(' (whole window)', '')),
          row,
        }));
    },
  },
};
