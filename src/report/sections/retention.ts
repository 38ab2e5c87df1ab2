import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { type Curve, curveChart } from '../curve-chart.ts';
import { COLOURS, drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import { type NumberTable, numberTable } from '../number-table.ts';
import { count, countOrMark, decimal, probability, SUPPRESSED } from '../numbers.ts';
import { absence, confidenceOf, fileName, type Reading, type Section, titleOf } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { capital } from '../words.ts';
import { joined } from './hazard-ratios.ts';
import { incidencePart, modelPart, restrictedMeanPart } from './survival-models.ts';

/** How long until the event: the curve, who is still at risk, the days of the protocol and the median. */

interface Level {
  readonly level: string;
  readonly label: string;
  readonly persons: ReleasedResultRow | undefined;
  readonly events: ReleasedResultRow | undefined;
  readonly median: ReleasedResultRow | undefined;
  readonly steps: readonly ReleasedResultRow[];
  readonly marks: readonly {
    readonly day: number;
    readonly survival: ReleasedResultRow | undefined;
    readonly at_risk: ReleasedResultRow | undefined;
  }[];
}

/** What is said of the curve, by what is waited for. */
const WORDS = {
  'journey-end': {
    title: 'Time in treatment',
    heading: 'Still in treatment after so many days',
    axis: 'Still in treatment',
    left: 'Left',
    median: 'Median stay',
    since: 'Days since entry',
    caption:
      'Kaplan-Meier estimate of the first journey; people still in treatment when follow-up ends count as in treatment until then.',
    caution: CAUTION.survival,
  },
  departure: {
    title: 'Time to departure',
    heading: 'Neither dead nor emigrated after so many days',
    axis: 'Not departed',
    left: 'Departed',
    median: 'Median time',
    since: 'Days since entry',
    caption: 'Kaplan-Meier estimate; people who had not departed when follow-up ends count until then.',
    caution: CAUTION.reconviction,
  },
  'first-offence': {
    title: 'Time to the first offence',
    heading: 'Without an event after so many days',
    axis: 'Without an event',
    left: 'Had one',
    median: 'Median time',
    since: 'Days since entry',
    caption:
      'Kaplan-Meier estimate; people without an event when follow-up ends, or when they die or move away, count until then.',
    caution: CAUTION.reconviction,
  },
} as const;

const SINCE = {
  entry: 'Days since entry',
  'journey-end': 'Days since the end of the journey',
  release: 'Days since release',
};

export function survivalWords(estimate: EstimateOf<'survival'>) {
  return { ...WORDS[estimate.event ?? 'journey-end'], since: SINCE[estimate.from ?? 'entry'] };
}

/** More curves than this are drawn without bands: they would hide one another. */
const BANDS = 3;

export function shareText(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  const value = decimal(100 * row.value, 0);
  return row.ci_low === null || row.ci_high === null
    ? `${value}%`
    : `${value}% (${decimal(100 * row.ci_low, 0)} to ${decimal(100 * row.ci_high, 0)})`;
}

export function daysText(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  const limit = (value: number | null): string => (value === null ? 'not reached' : count(value));
  return row.ci_low === null && row.ci_high === null
    ? `${count(row.value)} days`
    : `${count(row.value)} days (${limit(row.ci_low)} to ${limit(row.ci_high)})`;
}

function levelsOf(
  reading: Reading,
  estimate_id: string,
  population: string,
  stratum: string,
): readonly Level[] {
  const rows = reading.find({ estimate_id, population, stratum });
  return reading.levels(stratum, rows).map((level) => {
    const own = rows.filter((row) => row.level === level);
    const one = (measure: string) => own.find((row) => row.measure === measure);
    const days = [
      ...new Set(
        own
          .filter((row) => row.measure === 'at_risk' || row.measure === 'survival_at')
          .map((row) => row.time ?? 0),
      ),
    ];
    const at = (measure: string, day: number) =>
      own.find((row) => row.measure === measure && row.time === day);
    return {
      level,
      label: level === 'all' ? 'Everyone' : capital(level),
      persons: one('persons'),
      events: one('events'),
      median: one('median'),
      steps: own.filter((row) => row.measure === 'survival').sort((a, b) => (a.time ?? 0) - (b.time ?? 0)),
      marks: days
        .sort((a, b) => a - b)
        .map((day) => ({ day, survival: at('survival_at', day), at_risk: at('at_risk', day) })),
    };
  });
}

/** The curve from everybody on day 0 through each step, flat to the last day that the table knows. */
function curveOf(level: Level): Curve {
  const points = level.steps.flatMap((row) =>
    row.value === null || row.time === null
      ? []
      : [{ time: row.time, value: row.value, low: row.ci_low, high: row.ci_high }],
  );
  const last = points.at(-1);
  const end = Math.max(
    0,
    ...level.marks.filter(({ survival }) => survival?.value != null).map(({ day }) => day),
  );
  const start = { time: 0, value: 1, low: 1, high: 1 };
  return {
    label: level.label,
    points:
      last === undefined
        ? []
        : [
            ...(points[0]?.time === 0 ? [] : [start]),
            ...points,
            ...(end > last.time ? [{ ...last, time: end }] : []),
          ],
    at_risk: level.marks.map(({ day, at_risk }) => ({
      time: day,
      text: countOrMark(at_risk?.value ?? null),
    })),
  };
}

function markTable(
  reading: Reading,
  name: string,
  caption: string,
  stratum: string,
  levels: readonly Level[],
  words: ReturnType<typeof survivalWords>,
): NumberTable {
  const lines = levels.flatMap(({ level, label, marks }) => marks.map((mark) => ({ level, label, ...mark })));
  type Line = (typeof lines)[number];
  return numberTable(
    name,
    caption,
    lines,
    [
      {
        label: words.since,
        text: ({ day }) => count(day),
        csv: { stratum: () => stratum, level: ({ level }) => level, day: ({ day }) => day },
      },
      {
        label: 'At risk',
        is_number: true,
        text: ({ at_risk }) => countOrMark(at_risk?.value ?? null),
        csv: { at_risk: ({ at_risk }) => at_risk?.value ?? null },
      },
      {
        label: words.axis,
        is_number: true,
        text: ({ survival }) => shareText(survival),
        csv: fileColumns<Line>('survival', ({ survival }) => survival),
      },
    ],
    {
      ...(levels.length > 1 ? { group: ({ label }: Line) => label } : {}),
      notes: lines.some(
        ({ at_risk, survival }) => at_risk?.value == null || survival?.status === 'suppressed',
      )
        ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`]
        : [],
    },
  );
}

function medianTable(
  name: string,
  caption: string,
  stratum: string,
  levels: readonly Level[],
  words: ReturnType<typeof survivalWords>,
): NumberTable {
  return numberTable(name, caption, levels, [
    {
      label: 'Group',
      text: ({ label }) => label,
      csv: { stratum: () => stratum, level: ({ level }) => level },
    },
    {
      label: 'Persons',
      is_number: true,
      text: ({ persons }) => countOrMark(persons?.value ?? null),
      csv: { persons: ({ persons }) => persons?.value ?? null },
    },
    {
      label: words.left,
      is_number: true,
      text: ({ events }) => countOrMark(events?.value ?? null),
      csv: { left: ({ events }) => events?.value ?? null },
    },
    {
      label: words.median,
      is_number: true,
      text: ({ median }) => daysText(median),
      csv: fileColumns<Level>('median_days', ({ median }) => median),
    },
  ]);
}

export async function retentionSection(reading: Reading, estimate: EstimateOf<'survival'>): Promise<Section> {
  const population = estimate.population ?? 'all';
  const words = survivalWords(estimate);
  const title = titleOf(estimate, words.title);
  const figures: Figure[] = [];
  const tables: NumberTable[] = [];
  const parts: Html[] = [];
  const cautions = selectionCautions(reading, [{ population, change: null }]);
  for (const stratum of ['all', ...(estimate.strata ?? [])]) {
    const levels = levelsOf(reading, estimate.id, population, stratum);
    if (levels.length === 0) continue;
    const isWhole = stratum === 'all';
    const name = fileName(estimate, ...(isWhole ? [] : [stratum]));
    const divided = isWhole ? '' : `, by ${reading.stratum(stratum)}`;
    const heading = `${words.heading}${divided}`;
    const curves = levels.map(curveOf);
    const isDrawn = curves.some(({ points }) => points.length > 0);
    const days = [...new Set(levels.flatMap(({ marks }) => marks.map(({ day }) => day)))].sort(
      (a, b) => a - b,
    );
    const hasBands = curves.length <= BANDS;
    const missing = curves.filter(({ points }) => points.length === 0).map(({ label }) => label);
    const marks = markTable(reading, name, `${title}${divided}`, stratum, levels, words);
    const medians = medianTable(
      fileName(estimate, stratum, 'median'),
      `${words.median}${divided}`,
      stratum,
      levels,
      words,
    );
    const tests = reading
      .find({ estimate_id: estimate.id, population, stratum, measure: 'log_rank' })
      .map((row) =>
        row.p_value === null
          ? `Log-rank test: ${absence(row)}.`
          : `Test of equal curves: ${decimal(row.value ?? 0, 1)} (${row.method}), ${probability(row.p_value)}.`,
      );
    tables.push(marks, medians);
    if (!isDrawn) {
      parts.push(
        html`<h3>${heading}</h3>\n<p class="note">The curve is not drawn: ${levels.some(({ steps }) => steps.length > 0) ? 'it cannot be shown' : 'no step of it was released'}.</p>\n${marks.view}${medians.view}`,
      );
      continue;
    }
    const alt = `${curves.length === 1 ? 'A step curve that falls' : `${curves.length} step curves that fall`} from 100% on day 0, with the numbers at risk below. ${levels
      .map(
        ({ label, marks: own }) =>
          `${label}: ${own
            .filter(({ day }) => day > 0)
            .map(({ day, survival }) => `${shareText(survival)} at day ${count(day)}`)
            .join(', ')}`,
      )
      .join('. ')}.`;
    const spec = curveChart({
      description: alt,
      curves,
      axis: { x: words.since, y: words.axis },
      days,
      has_bands: hasBands,
    });
    const figure: Figure = {
      name,
      title: heading,
      caption: [
        isWhole ? '' : `By ${reading.stratum(stratum)}.`,
        words.caption,
        hasBands
          ? `Shaded: ${confidenceOf(estimate)} interval, day by day.`
          : 'Intervals stand in the table.',
        missing.length === 0 ? '' : `Not drawn: ${missing.join(', ')}.`,
        curves.length > COLOURS.length ? 'Colours repeat with other dashes.' : '',
        markNote(
          reading,
          curves.flatMap(({ at_risk }) => at_risk),
        ),
        ...tests,
      ]
        .filter((sentence) => sentence !== '')
        .join(' '),
      alt,
      svg: await drawSpec(spec, { name, title: heading, alt, stamp: reading.stamp }),
      spec,
      table: marks.data,
    };
    figures.push(figure);
    parts.push(
      figureView(figure, marks, [
        ...cautions,
        ...(reading.isAfterEntry(stratum) && estimate.from !== 'journey-end' ? [CAUTION.after_entry] : []),
      ]),
      medians.view,
    );
  }
  const further = joined([
    await incidencePart(reading, estimate, words),
    restrictedMeanPart(reading, estimate),
    await modelPart(reading, estimate),
  ]);
  parts.push(further.body);
  figures.push(...further.figures);
  tables.push(...further.tables);
  const body = html`<p>${words.caution}</p>
${tables.length === 0 ? html`<p>No result was made for this estimate.</p>` : parts}`;
  return { id: `estimate-${estimate.id}`, title, body, figures, tables };
}
