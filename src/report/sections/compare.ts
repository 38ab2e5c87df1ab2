import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type FunnelPoint, funnelChart, isOutside, LEVELS } from '../funnel-chart.ts';
import { type Html, html } from '../html.ts';
import { domainOf, type IntervalPoint, intervalChart, isCut, PLAIN } from '../interval-chart.ts';
import { type Column, type NumberTable, numberTable } from '../number-table.ts';
import { countOrMark, decimal, probability, SUPPRESSED } from '../numbers.ts';
import { absence, confidenceOf, fileName, type Reading, type Section, titleOf } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { CLOCK, capital, phaseWords } from '../words.ts';
import { bestRates, rateText } from './rates.ts';

/** Areas or groups compared: rate ratios against the reference, the joint test, and the funnel. */

interface LevelLine {
  readonly level: string;
  readonly cell: (measure: string) => ReleasedResultRow | undefined;
  readonly rate: ReleasedResultRow | undefined;
  readonly crude: ReleasedResultRow | undefined;
  readonly adjusted: ReleasedResultRow | undefined;
  /** A row of the model that is told: adjusted where there is one. */
  readonly told: (measure: string) => ReleasedResultRow | undefined;
}

export interface Comparison {
  readonly stratum: string;
  readonly clock: string;
  readonly phase: string | null;
  readonly reference: string | undefined;
  readonly lines: readonly LevelLine[];
  readonly test: ReleasedResultRow | undefined;
  readonly overdispersion: ReleasedResultRow | undefined;
  readonly widening: ReleasedResultRow | undefined;
}

const isCrude = (row: ReleasedResultRow): boolean => row.method?.includes(', crude') === true;

/** Ratios for people: two figures after the point, more where they are small. */
export function ratioText(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  const digits = row.value < 0.1 ? 3 : 2;
  return row.ci_low === null || row.ci_high === null
    ? decimal(row.value, digits)
    : `${decimal(row.value, digits)} (${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)})`;
}

/** One stratum on the clock that says most: time at liberty, unless more can be shown on the calendar. */
export function comparisonOf(
  reading: Reading,
  estimate: EstimateOf<'compare'>,
  stratum: string,
): Comparison | undefined {
  const all = reading.find({
    estimate_id: estimate.id,
    population: estimate.population ?? 'all',
    stratum,
  });
  const shown = (one: string): number =>
    all.filter((row) => row.clock === one && row.measure === 'rate_ratio' && row.value !== null).length;
  const isLiberty = all.some((row) => row.clock === 'at-liberty') && shown('at-liberty') >= shown('calendar');
  const clock = isLiberty ? 'at-liberty' : 'calendar';
  const rows = all.filter((row) => row.clock === clock);
  const [first] = rows;
  if (first === undefined) return undefined;
  const tests = rows.filter((row) => row.measure === 'equal_rates_test');
  const whole = (measure: string) =>
    rows.find((row) => row.measure === measure && row.level === 'all levels');
  const contrasts = rows.filter((row) => row.measure === 'rate_ratio');
  const [contrast] = contrasts;
  const reference =
    contrast?.contrast == null || contrast.level === null
      ? undefined
      : contrast.contrast.slice(contrast.level.length + ' / '.length);
  return {
    stratum,
    clock,
    phase: first.phase,
    reference,
    test: tests.find((row) => !isCrude(row)) ?? tests[0],
    overdispersion: whole('funnel_overdispersion'),
    widening: whole('funnel_widening'),
    lines: reading.levels(stratum, rows).map((level): LevelLine => {
      const own = rows.filter((row) => row.level === level);
      const cell = (measure: string) => own.find((row) => row.measure === measure);
      const some = (measure: string) => own.filter((row) => row.measure === measure);
      return {
        level,
        cell,
        rate: bestRates(some('rate'))[0],
        crude: some('rate_ratio').find(isCrude),
        adjusted: some('rate_ratio').find((row) => !isCrude(row)),
        told: (measure) => some(measure).find((row) => !isCrude(row)) ?? cell(measure),
      };
    }),
  };
}

function tableOf(
  reading: Reading,
  name: string,
  caption: string,
  { stratum, reference, lines }: Comparison,
): NumberTable {
  const ratio = (label: string, key: 'crude' | 'adjusted'): Column<LevelLine> => ({
    label,
    is_number: true,
    text: (line) => (line.level === reference ? '1 (reference)' : ratioText(line[key])),
    csv: fileColumns<LevelLine>(`rate_ratio_${key}`, (line) => line[key]),
  });
  const p = (label: string, measure: string): Column<LevelLine> => ({
    label,
    is_number: true,
    text: (line) => {
      const value = line.told(measure)?.value ?? null;
      return line.level === reference ? '' : value === null ? SUPPRESSED : probability(value);
    },
    csv: { [measure]: (line) => line.told(measure)?.value ?? null },
  });
  const count = (label: string, measure: string): Column<LevelLine> => ({
    label,
    is_number: true,
    text: ({ cell }) => countOrMark(cell(measure)?.value ?? null),
    csv: { [measure]: ({ cell }) => cell(measure)?.value ?? null },
  });
  return numberTable(
    name,
    caption,
    lines,
    [
      {
        label: capital(reading.stratum(stratum)),
        text: ({ level }) => capital(level),
        csv: { stratum: () => stratum, level: ({ level }) => level },
      },
      count('Persons', 'persons'),
      count('Events', 'events'),
      {
        label: 'Person-years',
        is_number: true,
        text: ({ cell }) => {
          const years = cell('person_years')?.value ?? null;
          return years === null ? SUPPRESSED : decimal(years, 1);
        },
        csv: { person_years: ({ cell }) => cell('person_years')?.value ?? null },
      },
      {
        label: 'Rate per person-year',
        is_number: true,
        text: ({ rate }) => rateText(rate),
        csv: fileColumns<LevelLine>('rate', ({ rate }) => rate),
      },
      ratio('Rate ratio, crude', 'crude'),
      ...(lines.some(({ adjusted }) => adjusted !== undefined)
        ? [ratio('Rate ratio, adjusted', 'adjusted')]
        : []),
      p('p, Holm', 'p_value_holm'),
      p('p, Benjamini-Hochberg', 'p_value_bh'),
      {
        label: 'Observed / expected, shrunken',
        is_number: true,
        text: ({ cell }) => ratioText(cell('shrunken_ratio')),
        csv: {
          ...fileColumns<LevelLine>('observed_expected', ({ cell }) => cell('observed_expected_ratio')),
          ...fileColumns<LevelLine>('shrunken', ({ cell }) => cell('shrunken_ratio')),
        },
      },
    ],
    {
      notes: lines.some(({ rate, cell }) => rate?.status === 'suppressed' || cell('events')?.value == null)
        ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`]
        : [],
    },
  );
}

/** More levels than this, and the crude ratios are in the table only. */
const MOST_PAIRED = 16;

function ratioPoints({ lines, reference }: Comparison): readonly IntervalPoint[] {
  const isAdjusted = lines.some(({ adjusted }) => adjusted !== undefined);
  const series = !isAdjusted
    ? (['crude'] as const)
    : lines.length > MOST_PAIRED
      ? (['adjusted'] as const)
      : (['crude', 'adjusted'] as const);
  return lines
    .filter(({ level }) => level !== reference)
    .flatMap((line) =>
      series.map((key) => {
        const row = line[key];
        return {
          row: capital(line.level),
          series: capital(key),
          value: row?.value ?? null,
          low: row?.ci_low ?? null,
          high: row?.ci_high ?? null,
          text: row?.status === 'not-estimable' ? 'not estimable' : ratioText(row),
        };
      }),
    );
}

function funnelPoints({ lines }: Comparison): readonly FunnelPoint[] {
  return lines.flatMap(({ level, cell }) => {
    const expected = cell('expected_events')?.value ?? null;
    const ratio = cell('observed_expected_ratio')?.value ?? null;
    return expected === null || ratio === null || expected <= 0
      ? []
      : [{ label: capital(level), expected, ratio }];
  });
}

/** `Joint test that all levels have one rate: p = 0.03 (Wald chi-square, 3 d.f.).` */
export function testWords(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.p_value === null || row.value === null)
    return `Joint test that all levels have one rate: ${absence(row)}.`;
  const test = row.method?.split(', Poisson')[0]?.split(', negative')[0]?.split(', GEE')[0] ?? '';
  return `Joint test that all levels have one rate: ${probability(row.p_value)} (${test}).`;
}

const MOST = 8;

async function stratumParts(
  reading: Reading,
  estimate: EstimateOf<'compare'>,
  comparison: Comparison,
): Promise<{
  readonly figures: readonly Figure[];
  readonly table: NumberTable;
  readonly views: readonly Html[];
}> {
  const { stratum, clock, phase, reference } = comparison;
  const population = estimate.population ?? 'all';
  const outcome = reading.outcome(estimate);
  const confidence = confidenceOf(estimate);
  const name = fileName(estimate, stratum);
  const by = reading.stratum(stratum);
  const when = `${phaseWords(phase ?? '').replace(' (whole window)', '')}, on ${CLOCK[clock] ?? clock}`;
  const whose = population === 'all' ? '' : `, ${reading.population(population).toLowerCase()}`;
  const title = `Rate ratios of ${outcome} by ${by}${whose}`;
  const table = tableOf(reading, name, `${title}, ${when}`, comparison);
  const method =
    comparison.lines.find(({ adjusted, crude }) => (adjusted ?? crude)?.status === 'estimated') ??
    comparison.lines.at(-1);
  const told = (method?.adjusted ?? method?.crude)?.method?.replace(', crude', '') ?? '';
  const cautions = [
    ...selectionCautions(reading, [{ population, change: null }]),
    ...(reading.isAfterEntry(stratum) ? [CAUTION.after_entry] : []),
  ];
  const points = ratioPoints(comparison);
  const domain = domainOf(points, { low: 0, high: MOST, include: [0, 1, 1.5] });
  const alt = `Dots with ${confidence} intervals on a scale of rate ratios; 1 is the rate of ${reference ?? 'the reference'}. ${points.map((point) => `${point.row}, ${point.series.toLowerCase()}: ${point.text}`).join('; ')}.`;
  const spec = intervalChart({
    description: alt,
    points,
    axis: `Rate ratio against ${reference ?? 'the reference'}`,
    ticks: PLAIN,
    reference: 1,
    domain,
  });
  const figures: Figure[] = [];
  const views: Html[] = [];
  if (points.length > 0) {
    const figure: Figure = {
      name,
      title,
      caption:
        `Rate ${when}, divided by that of ${reference ?? 'the reference'}, with ${confidence} interval. ${told === '' ? '' : `${told}. `}${testWords(comparison.test)} Levels have no order of merit: the joint test says whether they differ at all, and each interval is against the reference alone.${isCut(points, domain) ? ' Intervals that leave the picture are in the table.' : ''} ${markNote(reading, points)}`.trimEnd(),
      alt,
      svg: await drawSpec(spec, { name, title, alt, stamp: reading.stamp }),
      spec,
      table: table.data,
    };
    figures.push(figure);
    views.push(figureView(figure, table, cautions));
  }
  const funnel = funnelPoints(comparison);
  const widening = comparison.widening?.value ?? null;
  if (widening !== null && funnel.length >= 5) {
    const outside = funnel.filter((point) => isOutside(point, widening, LEVELS[1]));
    const funnelName = fileName(estimate, stratum, 'funnel');
    const funnelTitle = `Observed against expected ${outcome} by ${by}${whose}`;
    const phi = comparison.overdispersion?.value ?? null;
    const funnelAlt = `Funnel plot. ${outside.length === 0 ? 'No level lies' : `${outside.map(({ label }) => label).join(', ')} ${outside.length === 1 ? 'lies' : 'lie'}`} outside the 99.8% limits. ${funnel.map(({ label, expected, ratio }) => `${label}: ${decimal(ratio, 2)} times the ${decimal(expected, 1)} expected`).join('; ')}.`;
    const funnelSpec = funnelChart({ description: funnelAlt, points: funnel, widening });
    const figure: Figure = {
      name: funnelName,
      title: funnelTitle,
      caption: `Each dot is a level: events observed over those expected at the common rate${comparison.lines.some(({ adjusted }) => adjusted !== undefined) ? ', given what is adjusted for' : ''} (${when}). Between the limits a level is no further from 1 than its size and the spread of all levels explain.${phi === null ? '' : ` Overdispersion ${decimal(phi, 2)} times Poisson, ${widening > 1 ? 'beyond chance: the limits are widened by it' : 'within chance: the limits are not widened'}.`} Spiegelhalter 2005.`,
      alt: funnelAlt,
      svg: await drawSpec(funnelSpec, {
        name: funnelName,
        title: funnelTitle,
        alt: funnelAlt,
        stamp: reading.stamp,
      }),
      spec: funnelSpec,
      table: table.data,
    };
    figures.push(figure);
    views.push(figureView(figure, table));
  }
  if (views.length === 0) views.push(table.view);
  return { figures, table, views };
}

export async function compareSection(reading: Reading, estimate: EstimateOf<'compare'>): Promise<Section> {
  const outcome = reading.outcome(estimate);
  const title = titleOf(estimate, `Rates of ${outcome} compared`);
  const figures: Figure[] = [];
  const tables: NumberTable[] = [];
  const parts: Html[] = [];
  for (const stratum of estimate.strata ?? []) {
    const comparison = comparisonOf(reading, estimate, stratum);
    if (comparison === undefined) continue;
    const made = await stratumParts(reading, estimate, comparison);
    figures.push(...made.figures);
    tables.push(made.table);
    parts.push(...made.views);
  }
  const body = html`<p>${CAUTION.compare}</p>
${parts.length === 0 ? html`<p>No result was made for this estimate.</p>` : parts}`;
  return { id: `estimate-${estimate.id}`, title, body, figures, tables };
}
