import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { Estimate } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import { domainOf, intervalChart, PLAIN, SIGNED_PERCENT } from '../interval-chart.ts';
import { numberTable } from '../number-table.ts';
import { countOrMark, SUPPRESSED } from '../numbers.ts';
import { confidenceOf, type Reading, type Section } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote, percentText } from '../value-text.ts';
import { CLOCK, capital, phaseWords, spoken } from '../words.ts';
import { changeDomain, changePopulations, changeRow } from './change.ts';
import { phasePlace, rateText } from './rates.ts';
import { daysText } from './retention.ts';

/** The headline under each declared alternative: does the answer hang on a definition? */

interface VariantLine {
  readonly variant: string;
  readonly series: string;
  readonly population: string;
  readonly row: ReleasedResultRow | undefined;
}

function linesOf(reading: Reading, estimate: Estimate, variants: readonly string[]): readonly VariantLine[] {
  return variants.flatMap((variant): readonly VariantLine[] => {
    const population = estimate.population ?? 'all';
    const whole = { estimate_id: estimate.id, variant, population, stratum: 'all', level: 'all' };
    if (estimate.design === 'change')
      return changePopulations(estimate).map((one) => ({
        variant,
        population: one,
        series: reading.population(one),
        row: changeRow(reading, estimate.id, one, 'all', 'all', variant),
      }));
    if (estimate.design === 'survival') {
      const [row] = reading.find({ ...whole, measure: 'median' });
      return [{ variant, population, series: 'Median stay', row }];
    }
    const rates = reading.find({ ...whole, measure: 'rate' });
    const clock = rates.some((row) => row.clock === 'at-liberty') ? 'at-liberty' : 'calendar';
    const own = rates.filter((row) => row.clock === clock);
    const windows = own.filter(({ phase }) => phase === 'before entry' || phase === 'after entry');
    return [...(windows.length > 0 ? windows : own)]
      .sort((a, b) => phasePlace(a.phase) - phasePlace(b.phase))
      .map((row) => ({
        variant,
        population,
        series: row.phase === null ? 'Rate' : capital(phaseWords(row.phase).replace(' (whole window)', '')),
        row,
      }));
  });
}

const DRAWN = {
  change: {
    axis: 'Change in events, after entry against before (%)',
    ticks: SIGNED_PERCENT,
    text: percentText,
  },
  rates: {
    axis: 'Events per person-year',
    ticks: PLAIN,
    text: rateText,
  },
  survival: {
    axis: 'Median stay (days)',
    ticks: PLAIN,
    text: daysText,
  },
} as const;

export async function variantsSection(
  reading: Reading,
  estimate: Estimate | undefined,
): Promise<Section | undefined> {
  const { protocol, released } = reading.input;
  const declared = protocol.study.variants ?? {};
  const present = Object.keys(declared).filter((variant) =>
    released.results.some((row) => row.variant === variant && row.estimate_id === estimate?.id),
  );
  if (estimate === undefined || present.length === 0 || reading.variant !== 'protocol') return undefined;
  const lines = linesOf(reading, estimate, ['protocol', ...present]);
  if (lines.length === 0) return undefined;
  const nameOf = (variant: string): string =>
    variant === 'protocol' ? 'The protocol' : capital(spoken(variant));
  const { axis, ticks, text } = DRAWN[estimate.design];
  const table = numberTable(
    'variants',
    `The headline under ${present.length} declared alternative${present.length === 1 ? '' : 's'}`,
    lines,
    [
      {
        label: estimate.design === 'change' ? 'Population' : 'Measure',
        text: ({ series }) => series,
        csv: {
          variant: (line) => line.variant,
          population: (line) => line.population,
          measure: ({ row }) => row?.measure ?? null,
          phase: ({ row }) => row?.phase ?? null,
          clock: ({ row }) => row?.clock ?? null,
        },
      },
      {
        label: 'Persons',
        is_number: true,
        text: ({ row }) => countOrMark(row?.persons ?? null),
        csv: { persons: ({ row }) => row?.persons ?? null },
      },
      {
        label: 'Events',
        is_number: true,
        text: ({ row }) => countOrMark(row?.events ?? null),
        csv: { events: ({ row }) => row?.events ?? null },
      },
      {
        label: 'Result',
        is_number: true,
        text: ({ row }) => text(row),
        csv: fileColumns<VariantLine>('value', ({ row }) => row),
      },
    ],
    {
      group: ({ variant }) => nameOf(variant),
      notes: lines.some(({ row }) => row === undefined || row.status === 'suppressed' || row.persons === null)
        ? [`${SUPPRESSED} ${capital(released.disclosure.suppressed_note)}.`]
        : [],
    },
  );
  const points = lines.map(({ variant, series, row }) => ({
    row: nameOf(variant),
    series,
    value: row?.value ?? null,
    low: row?.ci_low ?? null,
    high: row?.ci_high ?? null,
    text: row?.status === 'not-estimable' ? 'not estimable' : text(row),
  }));
  const title = 'The same question under other definitions';
  const alt = `Dots with ${confidenceOf(estimate)} intervals, one row for the protocol and one for each declared alternative. ${points.map((point) => `${point.row}, ${point.series.toLowerCase()}: ${point.text}`).join('; ')}.`;
  const spec = intervalChart({
    description: alt,
    points,
    axis,
    ticks,
    ...(estimate.design === 'change' ? { reference: 0 } : {}),
    domain:
      estimate.design === 'change'
        ? changeDomain(points)
        : domainOf(points, { low: 0, high: Number.POSITIVE_INFINITY, include: [0] }),
  });
  const clock = lines.flatMap(({ row }) => row?.clock ?? [])[0];
  const figure: Figure = {
    name: 'variants',
    title,
    caption:
      `Each alternative was declared in the protocol and is made in the whole population only, with everything else as in the protocol.${clock === undefined ? '' : ` On ${CLOCK[clock] ?? clock}.`} ${confidenceOf(estimate)} intervals. ${markNote(reading, points)}`.trimEnd(),
    alt,
    svg: await drawSpec(spec, { name: 'variants', title, alt, stamp: reading.stamp }),
    spec,
    table: table.data,
  };
  const why: Html = html`<dl class="definitions">
${present.map(
  (variant) =>
    html`<dt>${nameOf(variant)}</dt><dd>${declared[variant]?.why ?? ''} <span class="quiet">(${Object.entries(
      declared[variant]?.set ?? {},
    )
      .map(([path, value]) => `${path}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join('; ')})</span></dd>\n`,
)}</dl>`;
  const cautions = [
    ...selectionCautions(
      reading,
      lines.map(({ population, row }) => ({
        population,
        change: estimate.design === 'change' ? (row?.value ?? null) : null,
      })),
    ),
    CAUTION[estimate.design],
  ];
  return {
    id: 'variants',
    title: 'If the definitions were others',
    body: html`${why}${figureView(figure, table, cautions)}`,
    figures: [figure],
    tables: [table],
  };
}
