import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import type { IntervalPoint } from '../interval-chart.ts';
import { type NumberTable, numberTable } from '../number-table.ts';
import { countOrMark, decimal, probability, SUPPRESSED } from '../numbers.ts';
import { ratioChart } from '../ratio-chart.ts';
import { absence, confidenceOf, fileName, type Reading, type Section, titleOf } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { CLOCK, capital, phaseWords } from '../words.ts';
import { ratioWords } from './event-time.ts';

/** A case series: relative incidences, the counts they stand on, and the checks of what they take for granted. */

type Sccs = EstimateOf<'sccs'>;

const ROBUST = 'conditional Poisson, robust by person';
const MODEL = 'conditional Poisson, model-based';

/** A method's own name, without the words that an unusual confidence level adds. */
function isMethod(row: ReleasedResultRow, method: string): boolean {
  return row.method === method || row.method?.match(/^(.*), [\d.]+ % interval$/)?.[1] === method;
}

export function leadMethod(estimate: Sccs): string {
  return estimate.variance === 'model' ? MODEL : ROBUST;
}

const AND_RARE = ' and rare levels';

export function levelWords(level: string): string {
  const own = level.replace(AND_RARE, '');
  const words = ['before', 'waiting', 'in', 'between', 'after'].includes(own) ? phaseWords(own) : own;
  return level.endsWith(AND_RARE) ? `${words}, and rare levels` : words;
}

function contrastWords(row: ReleasedResultRow): string {
  const [level = '', reference = ''] = (row.contrast ?? '').split(' / ');
  return `${capital(levelWords(level))}, against ${levelWords(reference)}`;
}

interface Place {
  readonly stratum: string;
  readonly level: string;
}

function isOfExposure(row: ReleasedResultRow, reference: string): boolean {
  return row.contrast?.endsWith(` / ${reference}`) === true;
}

export function incidences(
  reading: Reading,
  estimate: Sccs,
  method: string,
  place: Place = { stratum: 'all', level: 'all' },
  variant = reading.variant,
): readonly ReleasedResultRow[] {
  return reading
    .find({
      estimate_id: estimate.id,
      variant,
      population: estimate.population ?? 'all',
      ...place,
      measure: 'relative_incidence',
    })
    .filter((row) => isMethod(row, method));
}

/** Rows of exposure in the order in which the protocol declares the windows; results are sorted by name. */
export function exposureRows(
  estimate: Sccs,
  rows: readonly ReleasedResultRow[],
): readonly ReleasedResultRow[] {
  const order = [
    'pre-exposure',
    ...(estimate.windows ?? []).map(({ label }) => label),
    ...['before', 'waiting', 'in', 'between', 'after', 'baseline'],
  ];
  const place = (row: ReleasedResultRow): number => {
    const found = order.indexOf((row.contrast?.split(' / ')[0] ?? '').replace(AND_RARE, ''));
    return found < 0 ? order.length : found;
  };
  return rows
    .filter((row) => isOfExposure(row, estimate.reference ?? 'baseline'))
    .sort((a, b) => place(a) - place(b));
}

interface Line {
  readonly group: string;
  readonly what: string;
  readonly row: ReleasedResultRow;
}

function numberText(row: ReleasedResultRow): string {
  if (row.value === null) return absence(row);
  switch (row.measure) {
    case 'relative_incidence':
      return ratioWords(row);
    case 'proportion':
      return `${decimal(100 * row.value, 0)}%${row.ci_low === null || row.ci_high === null ? '' : ` (${decimal(100 * row.ci_low, 0)} to ${decimal(100 * row.ci_high, 0)})`}`;
    case 'dispersion':
      return decimal(row.value, 2);
    default:
      return `${row.method?.split(', ').slice(0, 2).join(', ')}: ${decimal(row.value, 2)}`;
  }
}

function incidenceTable(
  reading: Reading,
  name: string,
  caption: string,
  lines: readonly Line[],
): NumberTable {
  return numberTable(
    name,
    caption,
    lines,
    [
      {
        label: 'Comparison',
        text: ({ what }) => what,
        csv: {
          stratum: ({ row }) => row.stratum,
          level: ({ row }) => row.level,
          measure: ({ row }) => row.measure,
          contrast: ({ row }) => row.contrast,
          method: ({ row }) => row.method,
        },
      },
      {
        label: 'Cases',
        is_number: true,
        text: ({ row }) => countOrMark(row.persons),
        csv: { cases: ({ row }) => row.persons },
      },
      {
        label: 'Events',
        is_number: true,
        text: ({ row }) => countOrMark(row.events),
        csv: { events: ({ row }) => row.events },
      },
      {
        label: 'Number',
        is_number: true,
        text: ({ row }) => numberText(row),
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
      group: ({ group }) => group,
      notes: lines.some(({ row }) => row.status === 'suppressed')
        ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`]
        : [],
    },
  );
}

const CHECKS: Readonly<Record<string, string>> = {
  exposure_test: 'Are all relative incidences 1?',
  pre_exposure_test: 'Is the time just before the exposure like the reference?',
  observation_end_test: 'Do cases whose observation ended with death or emigration differ?',
  proportion: 'Cases with more than one event',
  dispersion: 'Events of a person beyond chance: 1 is none',
};

function checkLines(rows: readonly ReleasedResultRow[]): readonly Line[] {
  const group = 'What the design takes for granted';
  const tests = Object.entries(CHECKS).flatMap(([measure, what]) =>
    rows.filter((row) => row.measure === measure).map((row) => ({ group, what, row })),
  );
  const again = (method: string, what: string) =>
    rows
      .filter((row) => row.measure === 'relative_incidence' && isMethod(row, `${ROBUST}, ${method}`))
      .map((row) => ({ group: what, what: contrastWords(row), row }));
  return [
    ...tests,
    ...again('first event of each person', 'With the first event of each person alone'),
    ...again(
      'observation not ended by departure',
      'Without cases whose observation ended with death or emigration',
    ),
  ];
}

export async function sccsSection(reading: Reading, estimate: Sccs): Promise<Section> {
  const population = estimate.population ?? 'all';
  const outcome = reading.outcome(estimate);
  const title = titleOf(estimate, `${capital(outcome)} in exposed and other time of the same persons`);
  const rows = reading.find({ estimate_id: estimate.id, population });
  const figures: Figure[] = [];
  const tables: NumberTable[] = [];
  const parts: Html[] = [];
  const cautions = selectionCautions(reading, [{ population, change: null }]);
  const clock = rows.find((row) => row.clock !== null)?.clock ?? 'calendar';
  const strata = ['all', ...(estimate.strata ?? [])].filter((stratum) =>
    rows.some((row) => row.stratum === stratum),
  );
  for (const stratum of strata) {
    const isWhole = stratum === 'all';
    const own = rows.filter((row) => row.stratum === stratum);
    const levels = reading.levels(stratum, own);
    const divided = isWhole ? '' : ` by ${reading.stratum(stratum)}`;
    const labelOf = (level: string): string => (level === 'all' ? 'Everyone' : capital(level));
    const lead = levels.map((level) => ({
      label: labelOf(level),
      rows: exposureRows(estimate, incidences(reading, estimate, leadMethod(estimate), { stratum, level })),
    }));
    const points: IntervalPoint[] = lead.flatMap(({ label, rows: lines }) =>
      lines.map((row) => ({
        row: capital(levelWords(row.contrast?.split(' / ')[0] ?? '')),
        series: label,
        value: row.value,
        low: row.ci_low,
        high: row.ci_high,
        text: row.status === 'not-estimable' ? 'not estimable' : ratioWords(row),
      })),
    );
    if (points.length === 0) continue;
    const name = fileName(estimate, ...(isWhole ? [] : [stratum]));
    const lines: Line[] = levels.flatMap((level) => {
      const rowsOf = own.filter((row) => row.level === level);
      const prefix = isWhole ? '' : `${labelOf(level)}: `;
      return [ROBUST, MODEL]
        .flatMap((method) =>
          incidences(reading, estimate, method, { stratum, level }).map((row) => ({
            group: `${prefix}${method === ROBUST ? 'Relative incidence, interval robust by person' : 'Relative incidence, model-based interval'}`,
            what: contrastWords(row),
            row,
          })),
        )
        .concat(checkLines(rowsOf).map((line) => ({ ...line, group: `${prefix}${line.group}` })));
    });
    const heading = `Relative incidence of ${outcome}${divided}`;
    const table = incidenceTable(reading, name, heading, lines);
    const alt = `Dots with ${confidenceOf(estimate)} intervals on a logarithmic scale around 1. ${points.map((point) => `${point.row}, ${point.series}: ${point.text}`).join('; ')}.`;
    const spec = ratioChart({
      description: alt,
      points,
      axis: `Relative incidence, against ${levelWords(estimate.reference ?? 'baseline')}`,
    });
    const figure: Figure = {
      name,
      title: heading,
      caption:
        `Conditional Poisson regression among persons with events, on ${CLOCK[clock] ?? clock}, with ${confidenceOf(estimate)} interval ${estimate.variance === 'model' ? 'from the model' : 'robust by person'}${estimate.age_bands === undefined ? '' : ', adjusted for age'}${estimate.calendar_bands === undefined ? '' : ', adjusted for calendar time'}. Everything that does not change in a person is held fixed. ${markNote(reading, points)}`.trimEnd(),
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
  const body = html`<p>${CAUTION.sccs}</p>
${parts.length === 0 ? html`<p>No result was made for this estimate.</p>` : parts}`;
  return { id: `estimate-${estimate.id}`, title, body, figures, tables };
}
