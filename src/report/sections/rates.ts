import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import { domainOf, type IntervalPoint, intervalChart, PLAIN } from '../interval-chart.ts';
import { type NumberTable, numberTable } from '../number-table.ts';
import { countOrMark, decimal, digitsFor, SUPPRESSED } from '../numbers.ts';
import { absence, confidenceOf, fileName, type Reading, type Section, titleOf } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { CLOCK, capital, PHASES, phaseWords, spoken } from '../words.ts';

/** Events per person-year: by window and phase on both clocks, then by each stratum and division of time. */

interface RateLine {
  readonly level: string;
  readonly phase: string | null;
  readonly clock: string;
  /** With the exact interval of a Poisson count. */
  readonly rate: ReleasedResultRow;
  /** The same rate with persons as clusters. */
  readonly clustered: ReleasedResultRow | undefined;
  /** As if the cell had the ages and sexes of the standard, with persons as clusters where that has an interval. */
  readonly standardised: ReleasedResultRow | undefined;
  readonly persons: ReleasedResultRow | undefined;
  readonly events: ReleasedResultRow | undefined;
  readonly person_years: ReleasedResultRow | undefined;
}

function isClustered(row: ReleasedResultRow): boolean {
  return row.method?.includes('clustered by person') === true;
}

/** Of the rows of one rate, that whose interval lets persons differ; the exact one where they give none. */
export function bestRates(rows: readonly ReleasedResultRow[]): readonly ReleasedResultRow[] {
  const place = (row: ReleasedResultRow): string =>
    JSON.stringify([row.level, row.phase, row.clock, row.stratum]);
  const better = new Set(rows.filter((row) => isClustered(row) && row.ci_low !== null).map(place));
  return rows.filter((row) => isClustered(row) === better.has(place(row)));
}

export function rateText(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  const digits = digitsFor(row.value);
  return row.ci_low === null || row.ci_high === null
    ? decimal(row.value, digits)
    : `${decimal(row.value, digits)} (${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)})`;
}

export function phasePlace(phase: string | null): number {
  const place = PHASES.indexOf(phase ?? '');
  return place < 0 ? PHASES.length : place;
}

function linesOf(
  reading: Reading,
  estimate_id: string,
  population: string,
  stratum: string,
): readonly RateLine[] {
  const rows = reading.find({ estimate_id, population, stratum });
  const clocks = ['at-liberty', 'calendar'];
  const levels = reading.levels(stratum, rows);
  return rows
    .filter((row) => row.measure === 'rate' && !isClustered(row))
    .map((rate): RateLine => {
      const all = (measure: string) =>
        rows.filter(
          (row) =>
            row.measure === measure &&
            row.level === rate.level &&
            row.phase === rate.phase &&
            row.clock === rate.clock,
        );
      const one = (measure: string) => all(measure)[0];
      const standardised = all('standardised_rate');
      return {
        level: rate.level ?? 'all',
        phase: rate.phase,
        clock: rate.clock ?? '',
        rate,
        clustered: all('rate').find(isClustered),
        standardised:
          standardised.find((row) => isClustered(row) && row.ci_low !== null) ??
          standardised.find((row) => !isClustered(row)),
        persons: one('persons'),
        events: one('events'),
        person_years: one('person_years'),
      };
    })
    .sort(
      (a, b) =>
        levels.indexOf(a.level) - levels.indexOf(b.level) ||
        phasePlace(a.phase) - phasePlace(b.phase) ||
        clocks.indexOf(a.clock) - clocks.indexOf(b.clock),
    );
}

function levelWords(level: string): string {
  return level === 'all' ? 'All' : capital(level);
}

function rateTable(
  reading: Reading,
  name: string,
  caption: string,
  stratum: string,
  lines: readonly RateLine[],
): NumberTable {
  const isWhole = stratum === 'all';
  const hasClustered = lines.some(({ clustered }) => clustered !== undefined);
  const lead = (line: RateLine): string =>
    line.phase === null ? levelWords(line.level) : capital(phaseWords(line.phase));
  return numberTable(
    name,
    caption,
    lines,
    [
      {
        label: lines.some(({ phase }) => phase !== null) ? 'Window or phase' : 'Group',
        text: lead,
        csv: { stratum: () => stratum, level: (line) => line.level, phase: (line) => line.phase },
      },
      {
        label: 'Clock',
        text: ({ clock }) => capital(CLOCK[clock] ?? clock),
        csv: { clock: ({ clock }) => clock },
      },
      {
        label: 'Persons',
        is_number: true,
        text: ({ persons }) => countOrMark(persons?.value ?? null),
        csv: { persons: ({ persons }) => persons?.value ?? null },
      },
      {
        label: 'Events',
        is_number: true,
        text: ({ events }) => countOrMark(events?.value ?? null),
        csv: { events: ({ events }) => events?.value ?? null },
      },
      {
        label: 'Person-years',
        is_number: true,
        text: ({ person_years }) =>
          person_years?.value == null ? SUPPRESSED : decimal(person_years.value, 1),
        csv: { person_years: ({ person_years }) => person_years?.value ?? null },
      },
      ...(hasClustered
        ? [
            {
              label: 'Rate per person-year, persons as clusters',
              is_number: true,
              text: ({ clustered }: RateLine) => rateText(clustered),
              csv: fileColumns<RateLine>('rate_clustered', ({ clustered }) => clustered),
            },
          ]
        : []),
      {
        label: hasClustered ? 'Rate, exact Poisson' : 'Rate per person-year',
        is_number: true,
        text: ({ rate }) => rateText(rate),
        csv: fileColumns<RateLine>('rate', ({ rate }) => rate),
      },
      ...(lines.some(({ standardised }) => standardised !== undefined)
        ? [
            {
              label: 'Standardised rate',
              is_number: true,
              text: ({ standardised }: RateLine) => rateText(standardised),
              csv: fileColumns<RateLine>('standardised_rate', ({ standardised }) => standardised),
            },
          ]
        : []),
    ],
    {
      ...(isWhole || lines.every(({ phase }) => phase === null)
        ? {}
        : { group: (line: RateLine) => levelWords(line.level) }),
      notes: lines.some(({ rate, events }) => rate.status === 'suppressed' || events?.value == null)
        ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`]
        : [],
    },
  );
}

function rateWords(row: ReleasedResultRow): string {
  return row.status === 'not-estimable' ? 'not estimable' : rateText(row);
}

/** The whole: a row a phase, a mark a clock. A stratum: a row a level, a mark a window (or phase), on one clock. */
function pointsOf(stratum: string, lines: readonly RateLine[]): readonly IntervalPoint[] {
  const number = ({ rate, clustered }: RateLine) => {
    const [shown = rate] = bestRates([rate, ...(clustered === undefined ? [] : [clustered])]);
    return { value: shown.value, low: shown.ci_low, high: shown.ci_high, text: rateWords(shown) };
  };
  if (stratum === 'all' || lines.every(({ phase }) => phase === null)) {
    return lines.map((line) => ({
      row: line.phase === null ? levelWords(line.level) : capital(phaseWords(line.phase)),
      series: `On ${CLOCK[line.clock] ?? line.clock}`,
      ...number(line),
    }));
  }
  const [clock] = [...new Set(lines.map((line) => line.clock))];
  const windows = lines.filter(({ phase }) => phase === 'before entry' || phase === 'after entry');
  return (windows.length > 0 ? windows : lines)
    .filter((line) => line.clock === clock)
    .map((line) => ({
      row: levelWords(line.level),
      series: capital(line.phase === null ? '' : spoken(line.phase)),
      ...number(line),
    }));
}

/** Which interval is drawn, and what it takes as independent. */
function intervalWords(lines: readonly RateLine[], confidence: string): string {
  const exact = `exact (Garwood) ${confidence} interval for a Poisson count, which takes events as independent: repeated events of one person make it too narrow.`;
  const isAny = lines.some(({ clustered }) => clustered !== undefined && clustered.ci_low !== null);
  if (!isAny) return exact;
  const isAll = lines.every(({ rate, clustered }) => rate.ci_low === null || clustered?.ci_low != null);
  return `${confidence} interval that takes persons as independent, not events (one cluster a person).${isAll ? '' : ` Where persons give none: ${exact}`}`;
}

function standardWords(lines: readonly RateLine[]): string {
  const method = lines.find(({ standardised }) => standardised !== undefined)?.standardised?.method;
  return method == null ? '' : ` In the table: ${method}.`;
}

export async function ratesSection(reading: Reading, estimate: EstimateOf<'rates'>): Promise<Section> {
  const population = estimate.population ?? 'all';
  const outcome = reading.outcome(estimate);
  const title = titleOf(estimate, `Rates of ${outcome}`);
  const rows = reading.find({ estimate_id: estimate.id, population });
  const strata = [...new Set(rows.map((row) => row.stratum ?? 'all'))];
  const declared = ['all', ...(estimate.strata ?? [])];
  const rank = (stratum: string): number => {
    const place = declared.indexOf(stratum);
    return place >= 0 ? place : declared.length + (stratum.includes(' x ') ? 1 : 0);
  };
  strata.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const figures: Figure[] = [];
  const tables: NumberTable[] = [];
  const parts: Html[] = [];
  const cautions = selectionCautions(reading, [{ population, change: null }]);
  for (const stratum of strata) {
    const lines = linesOf(reading, estimate.id, population, stratum);
    if (lines.length === 0) continue;
    const isWhole = stratum === 'all';
    const name = fileName(estimate, ...(isWhole ? [] : [stratum]));
    const divided = isWhole ? '' : ` by ${reading.stratum(stratum)}`;
    const table = rateTable(reading, name, `${title}${isWhole ? '' : ','}${divided}`, stratum, lines);
    tables.push(table);
    if (stratum.includes(' x ')) {
      parts.push(
        html`<details class="table"><summary>${capital(title)},${divided}</summary>${table.view}</details>\n`,
      );
      continue;
    }
    const points = pointsOf(stratum, lines);
    const heading = `Rate of ${outcome}${divided}${population === 'all' ? '' : `, ${reading.population(population).toLowerCase()}`}`;
    const alt = `Dots with ${confidenceOf(estimate)} intervals on a scale of events per person-year that starts at zero. ${points.map((point) => `${point.row}, ${point.series.charAt(0).toLowerCase()}${point.series.slice(1)}: ${point.text}`).join('; ')}.`;
    const spec = intervalChart({
      description: alt,
      points,
      axis: 'Events per person-year',
      ticks: PLAIN,
      domain: domainOf(points, { low: 0, high: Number.POSITIVE_INFINITY, include: [0] }),
    });
    const [clock] = lines.map((line) => line.clock);
    const figure: Figure = {
      name,
      title: heading,
      caption:
        `${isWhole ? '' : `${capital(divided.trim())}. `}Recorded events over person-years, with ${intervalWords(lines, confidenceOf(estimate))}${
          isWhole
            ? ' Whole windows first; the other rows divide the same time by phase of treatment. Calendar time counts every day; time at liberty leaves out custody. On calendar time a day in custody belongs to the phase of treatment underneath it.'
            : ` On ${CLOCK[clock ?? ''] ?? clock}; the table has the rest.`
        }${standardWords(lines)} ${markNote(reading, points)}`.trimEnd(),
      alt,
      svg: await drawSpec(spec, { name, title: heading, alt, stamp: reading.stamp }),
      spec,
      table: table.data,
    };
    figures.push(figure);
    parts.push(
      figureView(figure, table, [
        ...cautions,
        ...(reading.isAfterEntry(stratum) ? [CAUTION.after_entry] : []),
      ]),
    );
  }
  const body = html`<p>${CAUTION.rates}</p>
${parts.length === 0 ? html`<p>No result was made for this estimate.</p>` : parts}`;
  return { id: `estimate-${estimate.id}`, title, body, figures, tables };
}
