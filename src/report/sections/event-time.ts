import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { drawSpec } from '../draw.ts';
import { eventTimeChart, type TimePoint, type TimeSeries } from '../event-time-chart.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import { type NumberTable, numberTable } from '../number-table.ts';
import { countOrMark, decimal, digitsFor, probability, SUPPRESSED, signed } from '../numbers.ts';
import { absence, confidenceOf, fileName, type Reading, type Section, titleOf } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns } from '../value-text.ts';
import { CLOCK, capital } from '../words.ts';
import { rateText } from './rates.ts';

/** The rate by time to and since an event: the curve, then the same persons compared with themselves. */

type EventTime = EstimateOf<'event-time'>;

const EVENT: Readonly<Record<EventTime['around'], string>> = {
  entry: 'entry',
  exit: 'the end of treatment',
  're-entry': 're-entry',
};

export function eventWords(estimate: EventTime): string {
  return EVENT[estimate.around];
}

/** More curves than this are drawn without bands: they would hide one another. */
const BANDS = 2;

export function ratioWords(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  const digits = digitsFor(row.value);
  return row.ci_low === null || row.ci_high === null
    ? `${decimal(row.value, digits)} (no interval)`
    : `${decimal(row.value, digits)} (${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)})`;
}

/** The clock a reader is told the answer on: at liberty where that is known and may be shown. */
function clockOf(rows: readonly ReleasedResultRow[], measure: string): string {
  const own = rows.filter((row) => row.measure === measure);
  const isOn = (row: ReleasedResultRow): boolean => row.clock === 'at-liberty';
  const shown = own.filter((row) => row.value !== null);
  return (shown.length > 0 ? shown : own).some(isOn) ? 'at-liberty' : 'calendar';
}

interface ModelNumbers {
  readonly clock: string;
  readonly bins: readonly ReleasedResultRow[];
  readonly after: ReleasedResultRow | undefined;
  readonly joint: ReleasedResultRow | undefined;
  readonly trend: ReleasedResultRow | undefined;
}

export function modelNumbers(
  reading: Reading,
  estimate: EventTime,
  level: { readonly stratum: string; readonly level: string } = { stratum: 'all', level: 'all' },
  variant = reading.variant,
): ModelNumbers {
  const rows = reading.find({
    estimate_id: estimate.id,
    variant,
    population: estimate.population ?? 'all',
    ...level,
  });
  const clock = clockOf(rows, 'rate_ratio');
  const own = rows.filter((row) => row.clock === clock || row.clock === null);
  const one = (measure: string) => own.find((row) => row.measure === measure);
  return {
    clock,
    bins: own
      .filter((row) => row.measure === 'rate_ratio' && row.time !== null)
      .sort((a, b) => (a.time ?? 0) - (b.time ?? 0)),
    after: own.find((row) => row.measure === 'rate_ratio' && row.time === null),
    joint: one('pre_trend_test'),
    trend: one('pre_trend_ratio'),
  };
}

/** The last day of the window is the end of the last bin; every other bin ends where the next one starts. */
function windowOf(estimate: EventTime): { readonly from: number; readonly to: number } {
  const { before = { months: 12 }, after = { months: 12 } } = estimate.window ?? {};
  return {
    from: 'days' in before ? -before.days : -Math.floor((before.months * 487) / 16),
    to: 'days' in after ? after.days : Math.ceil((after.months * 487) / 16),
  };
}

function pointsOf(
  rows: readonly ReleasedResultRow[],
  starts: readonly number[],
  end: number,
): readonly TimePoint[] {
  return rows.map((row) => {
    const from = row.time ?? 0;
    return {
      from,
      to: starts.find((start) => start > from) ?? end,
      value: row.value,
      low: row.ci_low,
      high: row.ci_high,
    };
  });
}

interface Line {
  readonly label: string;
  readonly row: ReleasedResultRow;
}

function curveTable(
  reading: Reading,
  name: string,
  caption: string,
  stratum: string,
  lines: readonly Line[],
): NumberTable {
  return numberTable(
    name,
    caption,
    lines,
    [
      {
        label: 'First day',
        text: ({ row }) => signed(row.time ?? 0, 0),
        csv: {
          stratum: () => stratum,
          level: ({ row }) => row.level,
          clock: ({ row }) => row.clock,
          first_day: ({ row }) => row.time,
        },
      },
      {
        label: 'Persons',
        is_number: true,
        text: ({ row }) => countOrMark(row.persons),
        csv: { persons: ({ row }) => row.persons },
      },
      {
        label: 'Events',
        is_number: true,
        text: ({ row }) => countOrMark(row.events),
        csv: { events: ({ row }) => row.events },
      },
      {
        label: 'Person-years',
        is_number: true,
        text: ({ row }) => (row.person_years === null ? SUPPRESSED : decimal(row.person_years, 1)),
        csv: { person_years: ({ row }) => row.person_years },
      },
      {
        label: 'Rate per person-year',
        is_number: true,
        text: ({ row }) => rateText(row),
        csv: fileColumns<Line>('rate', ({ row }) => row),
      },
    ],
    {
      ...(new Set(lines.map(({ label }) => label)).size > 1 ? { group: ({ label }: Line) => label } : {}),
      notes: lines.some(({ row }) => row.status === 'suppressed')
        ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`]
        : [],
    },
  );
}

function modelTable(
  reading: Reading,
  name: string,
  caption: string,
  numbers: readonly { readonly label: string; readonly numbers: ModelNumbers }[],
): NumberTable {
  const lines = numbers.flatMap(({ label, numbers: { bins, after, joint, trend } }) =>
    [...bins, after, trend, joint]
      .filter((row): row is ReleasedResultRow => row !== undefined)
      .map((row) => ({ label, row })),
  );
  const what = ({ row }: Line): string => {
    switch (row.measure) {
      case 'pre_trend_test':
        return 'Is the rate before the event the same in all bins?';
      case 'pre_trend_ratio':
        return 'Rate ratio of a month later, before the event';
      default:
        return row.time === null
          ? `All the time from the event on, against ${row.contrast?.split(' / ')[1] ?? 'the reference'}`
          : capital((row.contrast ?? '').replace(' / ', ', against '));
    }
  };
  const number = ({ row }: Line): string =>
    row.measure !== 'pre_trend_test'
      ? ratioWords(row)
      : row.value === null
        ? absence(row)
        : `${row.method?.split(', ').slice(0, 2).join(', ')}: ${decimal(row.value, 2)}`;
  return numberTable(
    name,
    caption,
    lines,
    [
      {
        label: 'Comparison',
        text: what,
        csv: {
          stratum: ({ row }) => row.stratum,
          level: ({ row }) => row.level,
          clock: ({ row }) => row.clock,
          measure: ({ row }) => row.measure,
          first_day: ({ row }) => row.time,
          contrast: ({ row }) => row.contrast,
        },
      },
      {
        label: `Rate ratio within persons`,
        is_number: true,
        text: number,
        csv: fileColumns<Line>('value', ({ row }) => row),
      },
      {
        label: 'p',
        is_number: true,
        text: ({ row }) => (row.p_value === null ? '' : probability(row.p_value).replace(/^p\s*=?\s*/, '')),
        csv: { p_value: ({ row }) => row.p_value },
      },
    ],
    {
      ...(numbers.length > 1 ? { group: ({ label }: Line) => label } : {}),
      notes: lines.some(({ row }) => row.status === 'suppressed')
        ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`]
        : [],
    },
  );
}

/** What the test before the event says, in a sentence. */
export function trendWords(numbers: ModelNumbers): string {
  const { joint, trend } = numbers;
  if (joint?.value == null || joint.p_value === null)
    return 'Whether the rate moved before the event could not be tested.';
  const slope = trend?.value == null ? '' : ` A month later the rate was ${ratioWords(trend)} times as high.`;
  return `${
    joint.p_value < 0.05
      ? `The rate was not steady before the event (${probability(joint.p_value)}): what follows is not to be compared with it as if it had been.`
      : `No movement of the rate before the event was detected (${probability(joint.p_value)}), which is not proof that there was none.`
  }${slope}`;
}

export async function eventTimeSection(reading: Reading, estimate: EventTime): Promise<Section> {
  const population = estimate.population ?? 'all';
  const outcome = reading.outcome(estimate);
  const event = eventWords(estimate);
  const title = titleOf(estimate, `${capital(outcome)} by time to and since ${event}`);
  const rows = reading.find({ estimate_id: estimate.id, population });
  const window = windowOf(estimate);
  const { donut } = estimate;
  const shade =
    donut === undefined || donut.before + donut.after === 0
      ? undefined
      : { from: -donut.before, to: donut.after, label: 'left out of the model' };
  const figures: Figure[] = [];
  const tables: NumberTable[] = [];
  const parts: Html[] = [];
  const cautions = selectionCautions(reading, [{ population, change: null }]);
  const strata = ['all', ...(estimate.strata ?? [])].filter((stratum) =>
    rows.some((row) => row.stratum === stratum),
  );
  for (const stratum of strata) {
    const own = rows.filter((row) => row.stratum === stratum);
    const clock = clockOf(own, 'event_time_rate_curve');
    const levels = reading.levels(
      stratum,
      own.filter((row) => row.level !== null && row.level !== ''),
    );
    const isWhole = stratum === 'all';
    const divided = isWhole ? '' : ` by ${reading.stratum(stratum)}`;
    const labelOf = (level: string): string => (level === 'all' ? 'Everyone' : capital(level));
    const curve = own
      .filter((row) => row.measure === 'event_time_rate_curve' && row.clock === clock && row.time !== null)
      .sort(
        (a, b) =>
          levels.indexOf(a.level ?? '') - levels.indexOf(b.level ?? '') || (a.time ?? 0) - (b.time ?? 0),
      );
    if (curve.length > 0) {
      const starts = [...new Set(curve.map((row) => row.time ?? 0))].sort((a, b) => a - b);
      const series: TimeSeries[] = levels.map((level) => ({
        label: labelOf(level),
        points: pointsOf(
          curve.filter((row) => row.level === level),
          starts,
          window.to,
        ),
      }));
      const hasBands = series.length <= BANDS;
      const name = fileName(estimate, ...(isWhole ? [] : [stratum]));
      const heading = `Rate of ${outcome} by time to and since ${event}${divided}`;
      const lines = curve.map((row) => ({ label: labelOf(row.level ?? 'all'), row }));
      const table = curveTable(reading, name, `${capital(heading)}, per person-year`, stratum, lines);
      const shown = curve.filter((row) => row.value !== null);
      const peak = shown.reduce<ReleasedResultRow | undefined>(
        (best, row) => (best === undefined || (row.value ?? 0) > (best.value ?? 0) ? row : best),
        undefined,
      );
      const alt = `Events per person-year from ${window.from} to ${window.to} days around ${event}, as steps${hasBands ? ' with bands' : ''}.${peak === undefined ? ' No value can be shown.' : ` Highest in the bin from day ${peak.time}: ${rateText(peak)}.`}`;
      const spec = eventTimeChart({
        description: alt,
        series,
        form: 'curve',
        has_bands: hasBands,
        axis: { x: `Days to and since ${event}`, y: 'Events per person-year' },
        window,
        event: capital(event),
        donut: shade,
        reference: undefined,
        is_ratio: false,
      });
      const figure: Figure = {
        name,
        title: heading,
        caption:
          `On ${CLOCK[clock] ?? clock}. ${hasBands ? `The band is the ${confidenceOf(estimate)} interval ${estimate.interval === 'exact' ? 'for a Poisson count (Garwood), which takes events as independent' : 'clustered by person'}, bin by bin, not of the curve as a whole.` : 'Intervals are in the table.'} Each bin holds those who were observed in it: time that no register has seen is in none.${shade === undefined ? '' : ' Shaded: the days that the model leaves out.'}${shown.length < curve.length ? ' Bins without a value leave a gap.' : ''}`.trim(),
        alt,
        svg: await drawSpec(spec, { name, title: heading, alt, stamp: reading.stamp }),
        spec,
        table: table.data,
      };
      figures.push(figure);
      tables.push(table);
      parts.push(
        figureView(figure, table, [
          ...cautions,
          ...(reading.isAfterEntry(stratum) ? [CAUTION.after_entry] : []),
        ]),
      );
    }
    const numbers = levels.map((level) => ({
      label: labelOf(level),
      numbers: modelNumbers(reading, estimate, { stratum, level }),
    }));
    if (numbers.every(({ numbers: one }) => one.after === undefined && one.bins.length === 0)) continue;
    const modelName = fileName(estimate, ...(isWhole ? [] : [stratum]), 'model');
    const modelTitle = `The same persons compared with themselves${divided}`;
    const table = modelTable(reading, modelName, `${title}: ${modelTitle.toLowerCase()}`, numbers);
    tables.push(table);
    const [whole] = numbers;
    if (!isWhole || whole === undefined) {
      parts.push(html`<details class="table"><summary>${modelTitle}</summary>${table.view}</details>\n`);
      continue;
    }
    const { bins } = whole.numbers;
    const modelEnds = [...new Set(bins.map((row) => row.time ?? 0))].sort((a, b) => a - b);
    const against = /days (-?\d+) to (-?\d+)$/.exec(bins[0]?.contrast ?? '');
    const reference =
      against === null
        ? undefined
        : { from: Number(against[1]), to: Number(against[2]), label: 'compared with' };
    const ends = (row: ReleasedResultRow): number =>
      Number(/^days -?\d+ to (-?\d+)/.exec(row.contrast ?? '')?.[1] ?? modelEnds.at(-1) ?? 0);
    const points = bins.map((row) => ({
      from: row.time ?? 0,
      to: ends(row),
      value: row.value,
      low: row.ci_low,
      high: row.ci_high,
    }));
    const alt = `Rate ratios within persons by days from ${event}, on a logarithmic scale around 1. From the event on: ${ratioWords(whole.numbers.after)}.`;
    const spec = eventTimeChart({
      description: alt,
      series: [{ label: 'Everyone', points }],
      form: 'points',
      has_bands: false,
      axis: { x: `Days to and since ${event}`, y: 'Rate ratio within persons' },
      window,
      event: capital(event),
      donut: shade,
      reference,
      is_ratio: true,
    });
    const figure: Figure = {
      name: modelName,
      title: modelTitle,
      caption: `Conditional Poisson regression with one fixed effect a person, on ${CLOCK[whole.numbers.clock] ?? whole.numbers.clock}: each bin against the shaded days before, with ${confidenceOf(estimate)} interval robust by person. Persons without events say nothing here. ${trendWords(whole.numbers)}`,
      alt,
      svg: await drawSpec(spec, { name: modelName, title: modelTitle, alt, stamp: reading.stamp }),
      spec,
      table: table.data,
    };
    figures.push(figure);
    parts.push(figureView(figure, table, cautions));
  }
  const body = html`<p>${CAUTION.event_time}</p>
${parts.length === 0 ? html`<p>No result was made for this estimate.</p>` : parts}`;
  return { id: `estimate-${estimate.id}`, title, body, figures, tables };
}
