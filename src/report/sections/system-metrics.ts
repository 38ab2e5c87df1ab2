import type { TopLevelSpec } from 'vega-lite';
import type { ReleasedResultRow } from '../../disclose/tables.ts';
import { type EstimateOf, SYSTEM_METRIC_PRESETS, type SystemMetric } from '../../protocol/tables.ts';
import { CAUTION } from '../cautions.ts';
import { COLOURS, CONFIG, drawSpec, INK, QUIET, SCHEMA } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import { type IntervalPoint, intervalChart } from '../interval-chart.ts';
import { type NumberTable, numberTable } from '../number-table.ts';
import { countOrMark, decimal, SUPPRESSED } from '../numbers.ts';
import { absence, confidenceOf, fileName, type Reading, type Section, titleOf } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { capital } from '../words.ts';
import { daysText } from './retention.ts';

/** Shares of a treatment system: dots with intervals, the steps from referral to completion as bars. */

type System = EstimateOf<'system-metrics'>;

export const FRACTION = "format(datum.value, '.0%')";

export function metricLabel(metric: SystemMetric): string {
  const { label, standing } = SYSTEM_METRIC_PRESETS[metric];
  return standing === 'provisional' ? `${label} (provisional)` : label;
}

export function shareText(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  return row.ci_low === null || row.ci_high === null
    ? `${decimal(100 * row.value, 0)}%`
    : `${decimal(100 * row.value, 0)}% (${decimal(100 * row.ci_low, 0)} to ${decimal(100 * row.ci_high, 0)})`;
}

interface Share {
  readonly metric: SystemMetric;
  readonly of: string;
  readonly reached: string;
  readonly level: string;
  readonly row: ReleasedResultRow | undefined;
  readonly known: ReleasedResultRow | undefined;
  /** The share that speaks for its metric. */
  readonly is_headline: boolean;
}

/** The shares of a stratum, metric by metric, level by level. */
export function shares(
  reading: Reading,
  estimate: System,
  stratum: string,
  variant = reading.variant,
): readonly Share[] {
  const rows = reading.find({
    estimate_id: estimate.id,
    variant,
    population: 'all',
    stratum,
    measure: 'proportion',
  });
  const levels = reading.levels(stratum, rows);
  return estimate.metrics.flatMap((metric) => {
    const { of, known, reached } = SYSTEM_METRIC_PRESETS[metric];
    return levels.flatMap((level) =>
      reached.map((step, i): Share => {
        const at = (phase: string) => rows.find((row) => row.level === level && row.phase === phase);
        return {
          metric,
          of,
          reached: step,
          level,
          row: at(`${of}: ${step}`),
          known: at(known),
          is_headline: i === reached.length - 1 && metric !== 'cascade-12w',
        };
      }),
    );
  });
}

function isCascade({ metric }: Share): boolean {
  return metric === 'cascade-12w';
}

function levelWords(level: string): string {
  return level === 'all' ? 'All' : capital(level);
}

function shareTable(
  reading: Reading,
  name: string,
  caption: string,
  stratum: string,
  lines: readonly Share[],
): NumberTable {
  return numberTable(
    name,
    caption,
    lines,
    [
      {
        label: stratum === 'all' ? 'Share' : 'Group',
        text: ({ of, reached, level }) =>
          stratum === 'all' ? `${capital(reached)}, of those ${of}` : levelWords(level),
        csv: {
          metric: ({ metric }) => metric,
          of: ({ of }) => of,
          reached: ({ reached }) => reached,
          stratum: () => stratum,
          level: ({ level }) => level,
        },
      },
      {
        label: 'Persons',
        is_number: true,
        text: ({ row }) => countOrMark(row?.persons ?? null),
        csv: { persons: ({ row }) => row?.persons ?? null },
      },
      {
        label: 'Reached',
        is_number: true,
        text: ({ row }) => countOrMark(row?.events ?? null),
        csv: { reached_persons: ({ row }) => row?.events ?? null },
      },
      {
        label: 'Share',
        is_number: true,
        text: ({ row }) => shareText(row),
        csv: fileColumns<Share>('share', ({ row }) => row),
      },
      {
        label: 'Left out: not followed so long, or not dated',
        is_number: true,
        text: ({ known }) =>
          known?.persons == null || known.events === null
            ? SUPPRESSED
            : countOrMark(known.persons - known.events),
        csv: {
          counted: ({ known }) => known?.persons ?? null,
          followed: ({ known }) => known?.events ?? null,
        },
      },
      {
        label: 'Definition',
        text: ({ row }) => row?.method ?? '',
        csv: { method: ({ row }) => row?.method ?? null },
      },
    ],
    {
      group: ({ metric, of, reached }) =>
        stratum === 'all' ? metricLabel(metric) : `${metricLabel(metric)}: ${reached}, of those ${of}`,
      notes: [
        ...new Set(
          lines.flatMap(({ row }) =>
            row?.value == null || row.note === null ? [] : [`${capital(row.note)}.`],
          ),
        ),
        ...(lines.some(({ row }) => row === undefined || row.status === 'suppressed')
          ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`]
          : []),
      ],
    },
  );
}

const WIDTH = 720;
const LABEL = 170;
const STEP = 40;

/** Horizontal bars, each with its share of all referred; the pale part is who was lost since the step before. */
function cascadeChart(description: string, lines: readonly Share[]): TopLevelSpec {
  const plot = WIDTH - LABEL - 190;
  const referred = lines[0]?.row?.persons ?? null;
  const bars = [
    {
      step: 'Referred',
      value: referred === null ? null : 1,
      before: null as number | null,
      text: `${countOrMark(referred)}`,
    },
    ...lines.map(({ reached, row }, i) => ({
      step: capital(reached),
      value: row?.value ?? null,
      before: i === 0 ? 1 : (lines[i - 1]?.row?.value ?? null),
      text: row === undefined ? SUPPRESSED : `${countOrMark(row.events)}, ${shareText(row)}`,
    })),
  ];
  const steps = bars.map(({ step }) => step);
  const y = {
    field: 'step',
    type: 'nominal',
    sort: steps,
    scale: { paddingInner: 0.34, paddingOuter: 0.17 },
    axis: { title: null, domain: false, ticks: false, labelLimit: 0, labelPadding: 10 },
  } as const;
  const x = {
    type: 'quantitative',
    scale: { domain: [0, 1] },
    axis: {
      title: 'Share of those referred',
      format: '.0%',
      values: [0, 0.25, 0.5, 0.75, 1],
      labelFlush: false,
      grid: true,
      domain: false,
    },
  } as const;
  return {
    $schema: SCHEMA,
    description,
    data: { values: bars },
    width: plot,
    height: bars.length * STEP,
    autosize: 'none',
    padding: { left: LABEL, right: 190, top: 46, bottom: 48 },
    config: CONFIG,
    layer: [
      {
        transform: [{ filter: 'isValid(datum.before)' }],
        mark: { type: 'bar', color: COLOURS[0], opacity: 0.16 },
        encoding: { x: { ...x, field: 'before' }, y },
      },
      {
        transform: [{ filter: 'isValid(datum.value)' }],
        mark: { type: 'bar', color: COLOURS[0] },
        encoding: { x: { ...x, field: 'value' }, y },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: 12, color: INK },
        encoding: { x: { value: plot + 14 }, y, text: { field: 'text', type: 'nominal' } },
      },
      {
        data: { values: [{ head: 'Persons, share' }] },
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: 12, color: QUIET },
        encoding: { x: { value: plot + 14 }, y: { value: -10 }, text: { field: 'head', type: 'nominal' } },
      },
    ],
  } as TopLevelSpec;
}

/** What the short names of the key stand for. */
function keyOf(dots: readonly Share[]): string {
  const metrics = [...new Set(dots.map(({ metric }) => metric))];
  return `${metrics.map((metric) => `${SYSTEM_METRIC_PRESETS[metric].short}: ${metricLabel(metric).charAt(0).toLowerCase()}${metricLabel(metric).slice(1)}`).join('; ')}.`;
}

export async function systemSection(reading: Reading, estimate: System): Promise<Section> {
  const title = titleOf(estimate, 'How the treatment system serves');
  const figures: Figure[] = [];
  const tables: NumberTable[] = [];
  const parts: Html[] = [];
  const add = async (
    words: { readonly name: string; readonly title: string; readonly caption: string; readonly alt: string },
    spec: TopLevelSpec,
    table: NumberTable,
  ): Promise<void> => {
    const { name, title: heading, alt } = words;
    const svg = await drawSpec(spec, { name, title: heading, alt, stamp: reading.stamp });
    const figure: Figure = { ...words, svg, spec, table: table.data };
    figures.push(figure);
    tables.push(table);
    parts.push(figureView(figure, table));
  };
  const interval = estimate.interval === 'clopper-pearson' ? 'exact (Clopper-Pearson)' : 'Wilson';
  for (const stratum of ['all', ...(estimate.by ?? [])]) {
    const isWhole = stratum === 'all';
    const own = shares(reading, estimate, stratum);
    const dots = own.filter((share) => !isCascade(share) && (isWhole || share.is_headline));
    const suffix = isWhole ? [] : [stratum];
    const divided = isWhole ? '' : `, by ${reading.stratum(stratum)}`;
    if (dots.length > 0) {
      const points = dots.map(
        (share): IntervalPoint => ({
          row: isWhole
            ? share.metric === 'completed-not-back-6m'
              ? capital(share.reached)
              : metricLabel(share.metric)
            : levelWords(share.level),
          series: isWhole ? 'Share' : SYSTEM_METRIC_PRESETS[share.metric].short,
          value: share.row?.value ?? null,
          low: share.row?.ci_low ?? null,
          high: share.row?.ci_high ?? null,
          text: share.row?.status === 'not-estimable' ? 'not estimable' : shareText(share.row),
        }),
      );
      const name = fileName(estimate, ...suffix);
      const heading = `${title}${divided}`;
      const alt = `Dots with ${confidenceOf(estimate)} intervals on a scale of shares from 0% to 100%. ${points.map(({ row, series, text }) => `${row}${isWhole ? '' : `, ${series.toLowerCase()}`}: ${text}`).join('; ')}.`;
      await add(
        {
          name,
          title: heading,
          alt,
          caption:
            `Shares of persons with ${interval} ${confidenceOf(estimate)} interval. Only persons whom the treatment register saw for long enough; the table says how many were left out.${isWhole ? '' : ' Groups differ in whom they serve: this is no ranking.'} ${isWhole ? '' : `${keyOf(dots)} `} ${markNote(reading, points)}`.trimEnd(),
        },
        intervalChart({
          description: alt,
          points,
          axis: 'Share of persons',
          ticks: FRACTION,
          domain: [0, 1],
          at: [0, 0.25, 0.5, 0.75, 1],
        }),
        shareTable(reading, name, heading, stratum, dots),
      );
    }
    const cascade = own.filter(isCascade);
    if (cascade.length > 0) {
      const name = fileName(estimate, 'cascade', ...suffix);
      const heading = `From referral to completion${divided} (provisional definition)`;
      const table = shareTable(reading, name, heading, stratum, cascade);
      if (!isWhole) {
        tables.push(table);
        parts.push(html`<details class="table"><summary>${heading}</summary>${table.view}</details>\n`);
      } else {
        const alt = `Bars, one a step, as shares of those referred. ${cascade.map(({ reached, row }) => `${capital(reached)}: ${shareText(row)}`).join('; ')}.`;
        const texts = cascade.map(({ row }) => ({ text: shareText(row) }));
        await add(
          {
            name,
            title: heading,
            alt,
            caption:
              `Of persons referred in the entry window while not in treatment, how many reached each step in time; pale: lost since the step before. Shares of all referred with ${interval} ${confidenceOf(estimate)} interval. ${markNote(reading, texts)}`.trimEnd(),
          },
          cascadeChart(alt, cascade),
          table,
        );
      }
    }
    const medians = reading.find({
      estimate_id: estimate.id,
      population: 'all',
      stratum,
      measure: 'median',
      phase: 'waiting',
    });
    if (medians.length > 0) {
      const table = numberTable(
        fileName(estimate, 'waiting', ...suffix),
        `Days from referral to start, of those who started${divided}`,
        medians,
        [
          {
            label: 'Group',
            text: ({ level }) => levelWords(level ?? 'all'),
            csv: { stratum: () => stratum, level: ({ level }) => level },
          },
          {
            label: 'Persons',
            is_number: true,
            text: ({ persons }) => countOrMark(persons),
            csv: { persons: ({ persons }) => persons },
          },
          {
            label: 'Median wait',
            is_number: true,
            text: (row) => daysText(row),
            csv: fileColumns<ReleasedResultRow>('median_days', (row) => row),
          },
        ],
      );
      tables.push(table);
      parts.push(
        isWhole
          ? html`${table.view}`
          : html`<details class="table"><summary>Days from referral to start${divided}</summary>${table.view}</details>\n`,
      );
    }
  }
  const body = html`<p>${CAUTION.system}</p>
${parts.length === 0 ? html`<p>No result was made for this estimate.</p>` : parts}
<dl class="definitions">
${estimate.metrics.map((metric) => {
  const { text, source, name, version, standing } = SYSTEM_METRIC_PRESETS[metric];
  return html`<dt>${metricLabel(metric)}</dt><dd>${text} <span class="quiet">${name}, version ${version}, ${standing}. ${source}</span></dd>\n`;
})}</dl>`;
  return { id: `estimate-${estimate.id}`, title, body, figures, tables };
}
