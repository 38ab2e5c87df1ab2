import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import { domainOf, type IntervalPoint, intervalChart, isCut, SIGNED_PERCENT } from '../interval-chart.ts';
import { type NumberTable, numberTable } from '../number-table.ts';
import { countOrMark, decimal, probability, SUPPRESSED } from '../numbers.ts';
import { absence, confidenceOf, fileName, type Reading, type Section, titleOf } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote, percentText, withInterval } from '../value-text.ts';
import { and, CLOCK, capital } from '../words.ts';
import { leaversOf } from './leavers.ts';

/** Before and after entry: everyone beside the population selected on earlier events, by each stratum. */

const COUNTS = 'events after / before';
const RATES = 'rate after / before';
const isBootstrap = (row: ReleasedResultRow): boolean => (row.method ?? '').includes('bootstrap');

/** Everyone first, then those selected. */
export function changePopulations(estimate: EstimateOf<'change'>): readonly string[] {
  return [
    ...new Set([
      estimate.population ?? 'all',
      ...(estimate.restricted === undefined ? [] : [estimate.restricted]),
    ]),
  ];
}

/** The change of the counts, with the interval over persons: what the report leads with. */
export function changeRow(
  reading: Reading,
  estimate_id: string,
  population: string,
  stratum = 'all',
  level = 'all',
  variant = reading.variant,
): ReleasedResultRow | undefined {
  return reading
    .find({ estimate_id, variant, population, stratum, level, measure: 'change_percent', contrast: COUNTS })
    .find((row) => !isBootstrap(row));
}

interface ChangeLine {
  readonly stratum: string;
  readonly level: string;
  readonly population: string;
  readonly persons: ReleasedResultRow | undefined;
  readonly before: ReleasedResultRow | undefined;
  readonly after: ReleasedResultRow | undefined;
  readonly counts: ReleasedResultRow | undefined;
  readonly calendar: ReleasedResultRow | undefined;
  readonly at_liberty: ReleasedResultRow | undefined;
  readonly per_person: ReleasedResultRow | undefined;
  readonly per_100: ReleasedResultRow | undefined;
}

function lineOf(
  reading: Reading,
  estimate: EstimateOf<'change'>,
  stratum: string,
  level: string,
  population: string,
): ChangeLine {
  const rows = reading
    .find({ estimate_id: estimate.id, population, stratum, level })
    .filter((row) => !isBootstrap(row));
  const one = (measure: string, clock: string | null, rest: Partial<ReleasedResultRow> = {}) =>
    rows.find(
      (row) =>
        row.measure === measure &&
        row.clock === clock &&
        (rest.contrast === undefined || row.contrast === rest.contrast) &&
        (rest.phase === undefined || row.phase === rest.phase),
    );
  return {
    stratum,
    level,
    population,
    persons: one('persons', null),
    before: one('events', 'calendar', { phase: 'before entry' }),
    after: one('events', 'calendar', { phase: 'after entry' }),
    counts: one('change_percent', null, { contrast: COUNTS }),
    calendar: one('change_percent', 'calendar', { contrast: RATES }),
    at_liberty: one('change_percent', 'at-liberty', { contrast: RATES }),
    per_person: one('change_per_person', null),
    per_100:
      one('change_per_100_person_years', 'at-liberty') ?? one('change_per_100_person_years', 'calendar'),
  };
}

function changeTable(
  reading: Reading,
  name: string,
  caption: string,
  lines: readonly ChangeLine[],
): NumberTable {
  const hasRates = lines.some(({ calendar }) => calendar !== undefined);
  const hasLiberty = lines.some(({ at_liberty }) => at_liberty !== undefined);
  const hasGaps = lines.some((line) =>
    [line.persons, line.before, line.after, line.counts].some((row) => row?.value == null),
  );
  return numberTable(
    name,
    caption,
    lines,
    [
      {
        label: 'Population',
        text: (line) => reading.population(line.population),
        csv: {
          stratum: (line) => line.stratum,
          level: (line) => line.level,
          population: (line) => line.population,
        },
      },
      {
        label: 'Persons',
        is_number: true,
        text: ({ persons }) => countOrMark(persons?.value ?? null),
        csv: { persons: ({ persons }) => persons?.value ?? null },
      },
      {
        label: 'Events before',
        is_number: true,
        text: ({ before }) => countOrMark(before?.value ?? null),
        csv: { events_before: ({ before }) => before?.value ?? null },
      },
      {
        label: 'Events after',
        is_number: true,
        text: ({ after }) => countOrMark(after?.value ?? null),
        csv: { events_after: ({ after }) => after?.value ?? null },
      },
      {
        label: 'Change in events',
        is_number: true,
        text: ({ counts }) => withInterval(counts, '%'),
        csv: fileColumns<ChangeLine>('change_percent', ({ counts }) => counts),
      },
      ...(hasRates
        ? [
            {
              label: 'Change in rate, calendar time',
              is_number: true,
              text: ({ calendar }: ChangeLine) => withInterval(calendar, '%'),
              csv: fileColumns<ChangeLine>('rate_change_percent_calendar', ({ calendar }) => calendar),
            },
          ]
        : []),
      ...(hasLiberty
        ? [
            {
              label: 'Change in rate, time at liberty',
              is_number: true,
              text: ({ at_liberty }: ChangeLine) => withInterval(at_liberty, '%'),
              csv: fileColumns<ChangeLine>('rate_change_percent_at_liberty', ({ at_liberty }) => at_liberty),
            },
          ]
        : []),
      {
        label: 'Change per person',
        is_number: true,
        text: ({ per_person }) => withInterval(per_person),
        csv: fileColumns<ChangeLine>('change_per_person', ({ per_person }) => per_person),
      },
      {
        label: `Change per 100 person-years${hasLiberty ? ' at liberty' : ''}`,
        is_number: true,
        text: ({ per_100 }) => withInterval(per_100),
        csv: fileColumns<ChangeLine>('change_per_100_person_years', ({ per_100 }) => per_100),
      },
    ],
    {
      group: ({ level }) => (level === 'all' ? 'All' : capital(level)),
      notes: hasGaps ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`] : [],
    },
  );
}

function pointOf(reading: Reading, line: ChangeLine): IntervalPoint {
  const row = line.counts;
  return {
    row: line.level === 'all' ? 'All' : capital(line.level),
    series: reading.population(line.population),
    value: row?.value ?? null,
    low: row?.ci_low ?? null,
    high: row?.ci_high ?? null,
    text: row?.status === 'not-estimable' ? 'not estimable' : percentText(row),
  };
}

function altOf(points: readonly IntervalPoint[], divided: string, confidence: string): string {
  const series = [...new Set(points.map((point) => point.series))];
  const said = series.map((name) => {
    const own = points.filter((point) => point.series === name);
    return `${name}: ${own.map((point) => (own.length === 1 ? point.text : `${point.row} ${point.text}`)).join('; ')}.`;
  });
  return `Dots with ${confidence} intervals on a scale of percentage change, with a line at no change${divided}. ${said.join(' ')}`;
}

/** All strata on one scale. A rise counts in full, an interval's upper end up to +50%. */
export function changeDomain(points: readonly IntervalPoint[]): readonly [number, number] {
  const high = Math.min(300, Math.max(50, ...points.map(({ value }) => value ?? 0)));
  return domainOf(points, { low: -100, high: 10 * Math.ceil(high / 10), include: [-10, 10] });
}

export async function changeSection(reading: Reading, estimate: EstimateOf<'change'>): Promise<Section> {
  const populations = changePopulations(estimate);
  const outcome = reading.outcome(estimate);
  const title = titleOf(estimate, `Change in ${outcome}`);
  const figures: Figure[] = [];
  const tables: NumberTable[] = [];
  const strata = ['all', ...(estimate.strata ?? [])];
  const linesOf = (stratum: string): readonly ChangeLine[] => {
    const rows = populations.flatMap((population) =>
      reading.find({ estimate_id: estimate.id, population, stratum }),
    );
    return reading
      .levels(stratum, rows)
      .flatMap((level) =>
        populations.map((population) => lineOf(reading, estimate, stratum, level, population)),
      )
      .filter((line) => line.persons !== undefined);
  };
  const all = strata
    .map((stratum) => ({ stratum, lines: linesOf(stratum) }))
    .filter(({ lines }) => lines.length > 0);
  const points = all.flatMap(({ lines }) => lines.map((line) => pointOf(reading, line)));
  const parts: Html[] = [];
  for (const { stratum, lines } of all) {
    const isWhole = stratum === 'all';
    const divided = isWhole ? '' : `, by ${reading.stratum(stratum)}`;
    const name = fileName(estimate, ...(isWhole ? [] : [stratum]));
    const own = lines.map((line) => pointOf(reading, line));
    const domain = changeDomain(isWhole ? own : points);
    const heading = `${isWhole ? 'Everyone' : capital(reading.stratum(stratum))}: change in ${outcome} after entry`;
    const table = changeTable(reading, name, `${title}${divided}`, lines);
    const alt = altOf(own, divided, confidenceOf(estimate));
    const tests = populations.flatMap((population) =>
      reading
        .find({ estimate_id: estimate.id, population, stratum, measure: 'equal_change_test' })
        .map((row) =>
          row.p_value === null
            ? `${reading.population(population)}: ${absence(row)}.`
            : `${reading.population(population)}: ${decimal(row.value ?? 0, 1)} (${row.method}), ${probability(row.p_value)}.`,
        ),
    );
    const spec = intervalChart({
      description: alt,
      points: own,
      axis: 'Change in events, after entry against before (%)',
      ticks: SIGNED_PERCENT,
      reference: 0,
      domain,
    });
    const figure: Figure = {
      name,
      title: isWhole ? `${capital(outcome)} after entry against before` : heading,
      caption: [
        isWhole ? '' : `By ${reading.stratum(stratum)}.`,
        `Events in the later window against the earlier one, percentage change with ${confidenceOf(estimate)} interval (${lines.find(({ counts }) => counts?.method != null)?.counts?.method ?? 'persons as clusters'}).`,
        isCut(own, domain)
          ? 'Intervals that run beyond the edge are cut in the picture; the numbers beside them are whole.'
          : '',
        markNote(reading, own),
        tests.length === 0
          ? ''
          : `Test that the percentage change is the same in all groups. ${tests.join(' ')}`,
      ]
        .filter((sentence) => sentence !== '')
        .join(' '),
      alt,
      svg: await drawSpec(spec, { name, title: heading, alt, stamp: reading.stamp }),
      spec,
      table: table.data,
    };
    const cautions = [
      ...selectionCautions(
        reading,
        lines.map(({ population, counts }) => ({ population, change: counts?.value ?? null })),
      ),
      ...(reading.isAfterEntry(stratum) ? [CAUTION.after_entry] : []),
    ];
    parts.push(figureView(figure, table, cautions));
    figures.push(figure);
    tables.push(table);
  }
  const leavers = await leaversOf(reading, estimate, populations);
  const clocks = [
    ...new Set(
      reading
        .find({ estimate_id: estimate.id, measure: 'change_percent' })
        .flatMap(({ clock }) => (clock === null ? [] : [CLOCK[clock] ?? clock])),
    ),
  ];
  const body = html`<p>${CAUTION.change}${clocks.length === 0 ? '' : ` Rates are given on ${and(clocks)} in the tables.`}</p>
${parts.length === 0 ? html`<p>No result was made for this estimate.</p>` : parts}${leavers.body}`;
  return {
    id: `estimate-${estimate.id}`,
    title,
    body,
    figures: [...figures, ...leavers.figures],
    tables: [...tables, ...leavers.tables],
  };
}
