import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { Estimate } from '../../protocol/tables.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import { type NumberTable, numberTable } from '../number-table.ts';
import { decimal, digitsFor, probability } from '../numbers.ts';
import { ratioChart } from '../ratio-chart.ts';
import { absence, confidenceOf, fileName, type Reading } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { CLOCK, capital, PHASES, phaseWords, spoken } from '../words.ts';

/** A forest of the ratios of a model: one row a contrast, one mark a series, 1 as the line to compare with. */

export interface RatioLine {
  /** What stands in front of the contrast: the level that the model was made in. */
  readonly group: string;
  readonly series: string;
  readonly row: ReleasedResultRow;
}

export interface Part {
  readonly body: Html;
  readonly figures: readonly Figure[];
  readonly tables: readonly NumberTable[];
}

export const NOTHING: Part = { body: html``, figures: [], tables: [] };

/** `dose: one more` -> `Dose, one more`; `phase: in / before` -> `In treatment against before any treatment`. */
export function contrastWords(contrast: string | null): string {
  const [term = '', rest = ''] = (contrast ?? '').split(/: (.*)/s);
  if (term === 'phase') return capital(rest.split(' / ').map(phaseWords).join(' against '));
  if (rest === 'one more') return `${capital(spoken(term))}, one more`;
  return `${capital(spoken(term))}: ${rest.replace(' / ', ' against ')}`;
}

export function ratioText(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  const digits = Math.min(3, Math.max(2, digitsFor(row.value)));
  return row.ci_low === null || row.ci_high === null
    ? decimal(row.value, digits)
    : `${decimal(row.value, digits)} (${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)})`;
}

/** Phases in their order, before everything else; other terms as they come. */
export function byPhase(a: ReleasedResultRow, b: ReleasedResultRow): number {
  const place = ({ contrast }: ReleasedResultRow): number => {
    const phase = /^phase: (.*) \/ /.exec(contrast ?? '')?.[1];
    return phase === undefined ? PHASES.length : PHASES.indexOf(phase);
  };
  return place(a) - place(b);
}

export function clockSeries(row: ReleasedResultRow): string {
  return row.clock === null ? 'All' : capital(CLOCK[row.clock] ?? row.clock);
}

export async function ratioPart(
  reading: Reading,
  estimate: Estimate,
  lines: readonly RatioLine[],
  words: {
    readonly parts: readonly string[];
    readonly title: string;
    readonly axis: string;
    readonly caption: string;
    readonly cautions: readonly string[];
  },
): Promise<Part> {
  if (lines.length === 0) return NOTHING;
  const name = fileName(estimate, ...words.parts);
  const label = ({ group, row }: RatioLine): string =>
    `${group === '' ? '' : `${group}. `}${contrastWords(row.contrast)}`;
  const points = lines.map((line) => ({
    row: label(line),
    series: line.series,
    value: line.row.value,
    low: line.row.ci_low,
    high: line.row.ci_high,
    text: line.row.status === 'not-estimable' ? 'not estimable' : ratioText(line.row),
  }));
  const table = numberTable(name, words.title, lines, [
    {
      label: 'Comparison',
      text: label,
      csv: {
        stratum: ({ row }) => row.stratum,
        level: ({ row }) => row.level,
        contrast: ({ row }) => row.contrast,
      },
    },
    { label: 'Model', text: ({ series }) => series, csv: { series: ({ series }) => series } },
    {
      label: capital(words.axis),
      is_number: true,
      text: ({ row }) => ratioText(row),
      csv: fileColumns<RatioLine>('ratio', ({ row }) => row),
    },
    {
      label: 'p',
      is_number: true,
      text: ({ row }) => (row.p_value === null ? '' : probability(row.p_value)),
      csv: { p_value: ({ row }) => row.p_value },
    },
  ]);
  const isDrawn = points.some(({ value }) => value !== null);
  if (!isDrawn) return { body: html`<h3>${words.title}</h3>\n${table.view}`, figures: [], tables: [table] };
  const alt = `Dots with ${confidenceOf(estimate)} intervals on a logarithmic scale around 1, one row for each comparison. ${points.map((point) => `${point.row}, ${point.series.toLowerCase()}: ${point.text}`).join('; ')}.`;
  const spec = ratioChart({ description: alt, points, axis: words.axis });
  const figure: Figure = {
    name,
    title: words.title,
    caption: [words.caption, `Intervals are at ${confidenceOf(estimate)}.`, markNote(reading, points)]
      .filter((sentence) => sentence !== '')
      .join(' '),
    alt,
    svg: await drawSpec(spec, { name, title: words.title, alt, stamp: reading.stamp }),
    spec,
    table: table.data,
  };
  return { body: figureView(figure, table, words.cautions), figures: [figure], tables: [table] };
}

const TESTS = ['ph_test', 'likelihood_ratio_test', 'wald_test'];

/** The tests of a model; proportional hazards first, since it says whether the ratios mean anything. */
export function testPart(estimate: Estimate, rows: readonly ReleasedResultRow[], title: string): Part {
  const tests = rows
    .filter(({ measure }) => TESTS.includes(measure ?? ''))
    .sort((a, b) => TESTS.indexOf(a.measure ?? '') - TESTS.indexOf(b.measure ?? ''));
  if (tests.length === 0) return NOTHING;
  const name = (row: ReleasedResultRow): string =>
    row.measure === 'ph_test'
      ? `Proportional hazards, ${row.contrast === 'all terms' ? 'all terms' : spoken(row.contrast ?? '')}`
      : capital(spoken(row.measure ?? ''));
  const table = numberTable<ReleasedResultRow>(fileName(estimate, 'tests'), title, tests, [
    { label: 'Test', text: name, csv: { test: ({ measure }) => measure, of: ({ contrast }) => contrast } },
    { label: 'How', text: ({ method }) => method, csv: { method: ({ method }) => method } },
    {
      label: 'Chi-square',
      is_number: true,
      text: (row) => (row.value === null ? absence(row) : decimal(row.value, 2)),
      csv: { chi_square: ({ value }) => value, status: ({ status }) => status },
    },
    {
      label: 'p',
      is_number: true,
      text: ({ p_value }) => (p_value === null ? '' : probability(p_value)),
      csv: { p_value: ({ p_value }) => p_value },
    },
  ]);
  return { body: table.view, figures: [], tables: [table] };
}

export function joined(parts: readonly Part[]): Part {
  return {
    body: html`${parts.map(({ body }) => body)}`,
    figures: parts.flatMap(({ figures }) => figures),
    tables: parts.flatMap(({ tables }) => tables),
  };
}
