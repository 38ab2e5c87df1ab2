import type { Estimate } from '../../protocol/tables.ts';
import { selectionCautions } from '../cautions.ts';
import { reportOf, type VariantLine } from '../designs/index.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import { domainOf, intervalChart } from '../interval-chart.ts';
import { numberTable } from '../number-table.ts';
import { countOrMark, SUPPRESSED } from '../numbers.ts';
import { confidenceOf, type Reading, type Section } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { CLOCK, capital, spoken } from '../words.ts';
import { changeDomain } from './change.ts';

/** The headline under each declared alternative: does the answer hang on a definition? */

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
  const design = reportOf<Estimate['design']>(estimate.design);
  const lines = ['protocol', ...present].flatMap((variant) =>
    design.variants.lines(reading, estimate, variant),
  );
  if (lines.length === 0) return undefined;
  const nameOf = (variant: string): string =>
    variant === 'protocol' ? 'The protocol' : capital(spoken(variant));
  const { axis, ticks, text, label, reference, change } = design.variants;
  const table = numberTable(
    'variants',
    `The headline under ${present.length} declared alternative${present.length === 1 ? '' : 's'}`,
    lines,
    [
      {
        label,
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
    ...(reference === undefined ? {} : { reference }),
    domain:
      reference === undefined
        ? domainOf(points, { low: 0, high: Number.POSITIVE_INFINITY, include: [0] })
        : changeDomain(points),
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
        change: change?.(row) ?? null,
      })),
    ),
    design.caution,
  ];
  return {
    id: 'variants',
    title: 'If the definitions were others',
    body: html`${why}${figureView(figure, table, cautions)}`,
    figures: [figure],
    tables: [table],
  };
}
