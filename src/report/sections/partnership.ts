import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import { domainOf, type IntervalPoint, intervalChart, isCut, PLAIN } from '../interval-chart.ts';
import { type NumberTable, numberTable } from '../number-table.ts';
import { countOrMark, decimal, digitsFor, probability, SUPPRESSED } from '../numbers.ts';
import { ratioChart, ratioDomain } from '../ratio-chart.ts';
import { absence, confidenceOf, fileName, type Reading, type Section, titleOf } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { CLOCK, capital, phaseWords, spoken } from '../words.ts';
import { balanceTable, expectationTable, powerTable } from './partnership-tables.ts';
import { rateText } from './rates.ts';

/** Two arms: before and after, the comparisons on one scale, the balance, the power, and the dose. */

type Partnership = EstimateOf<'partnership'>;

export function ratioText(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  const digits = digitsFor(row.value);
  return row.ci_low === null || row.ci_high === null
    ? `${decimal(row.value, digits)} (no interval)`
    : `${decimal(row.value, digits)} (${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)})`;
}

/** The clock a reader is told the answer on: at liberty where it is known. */
export function clockOf(rows: readonly ReleasedResultRow[]): string {
  return rows.some(({ clock }) => clock === 'at-liberty') ? 'at-liberty' : 'calendar';
}

function isAncova({ method }: ReleasedResultRow): boolean {
  return method?.startsWith('negative binomial ANCOVA') === true;
}

/** The ratios of both arms after, in the order in which they were made: the primary one first. */
export function comparisonRows(
  reading: Reading,
  estimate: Partnership,
  variant = reading.variant,
): readonly ReleasedResultRow[] {
  const own = { estimate_id: estimate.id, variant, population: estimate.population ?? 'all' };
  const ratios = reading.find({ ...own, stratum: estimate.arms, measure: 'rate_ratio', phase: null });
  const clock = clockOf(ratios);
  const adjusted = (row: ReleasedResultRow): number =>
    row.method?.includes(', adjusted for ') === true ? 0 : 1;
  const rank = (row: ReleasedResultRow): number =>
    isAncova(row) ? adjusted(row) : row.method?.includes('weights') === true ? 2 : 3;
  return [
    ...ratios
      .filter(
        (row) => row.clock === clock && !(isAncova(row) && row.method?.includes(', likelihood') === true),
      )
      .sort((a, b) => rank(a) - rank(b)),
    ...reading
      .find({ ...own, stratum: estimate.arms, measure: 'ratio_of_rate_ratios' })
      .filter((row) => row.clock === clock)
      // The within-person version has its own assumptions and comes last.
      .sort(
        (a, b) => Number(a.method?.startsWith('conditional')) - Number(b.method?.startsWith('conditional')),
      ),
  ];
}

/** A method in a few words, for the rows of a figure. */
export function methodLabel(row: ReleasedResultRow, isPrimary: boolean): string {
  const method = row.method ?? '';
  if (row.measure === 'ratio_of_rate_ratios')
    return method.startsWith('conditional')
      ? 'Before/after ratios, within persons'
      : 'Ratio of before/after ratios';
  if (method.startsWith('matched pairs')) return 'After, in matched pairs';
  if (method.includes('weights')) return `After, ${method.split(',')[0] ?? ''}`;
  const adjusted = method.includes(', adjusted for ')
    ? 'After, given before, adjusted'
    : 'After, given before';
  return `${adjusted}${isPrimary ? ' (primary)' : ''}`;
}

/** `1-5` of `intensive x 1-5`. */
function doseOf(level: string, { treated }: Partnership): string {
  const prefix = `${treated} x `;
  return level.startsWith(prefix) ? level.slice(prefix.length) : level;
}

interface RateLine {
  readonly arm: string;
  readonly phase: string;
  readonly clock: string;
  readonly rate: ReleasedResultRow;
  readonly persons: ReleasedResultRow | undefined;
  readonly events: ReleasedResultRow | undefined;
  readonly person_years: ReleasedResultRow | undefined;
}

const WINDOWS = ['before entry', 'after entry'];
/** The contrast of the dose as a number. */
const EACH = 'each contact more';

/** The least contacts of a dose group, or of the group that a contrast begins with; `each contact more` comes first. */
function dosePlace(label: string | null): number {
  if (label?.startsWith('each') === true) return -1;
  const least = Number.parseInt(label ?? '', 10);
  return Number.isNaN(least) ? 0 : least;
}

function rateLines(
  reading: Reading,
  estimate: Partnership,
  stratum: string,
  levels: readonly string[],
): readonly RateLine[] {
  const rows = reading.find({ estimate_id: estimate.id, population: estimate.population ?? 'all', stratum });
  return rows
    .filter((row) => row.measure === 'rate')
    .map((rate): RateLine => {
      const one = (measure: string) =>
        rows.find(
          (row) =>
            row.measure === measure &&
            row.level === rate.level &&
            row.phase === rate.phase &&
            row.clock === rate.clock,
        );
      return {
        arm: rate.level ?? '',
        phase: rate.phase ?? '',
        clock: rate.clock ?? '',
        rate,
        persons: one('persons'),
        events: one('events'),
        person_years: one('person_years'),
      };
    })
    .sort(
      (a, b) =>
        levels.indexOf(a.arm) - levels.indexOf(b.arm) ||
        WINDOWS.indexOf(a.phase) - WINDOWS.indexOf(b.phase) ||
        (a.clock < b.clock ? -1 : 1),
    );
}

function suppressedNotes(
  reading: Reading,
  rows: readonly (ReleasedResultRow | undefined)[],
): readonly string[] {
  return rows.some((row) => row === undefined || row.status === 'suppressed')
    ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`]
    : [];
}

function rateTable(
  reading: Reading,
  name: string,
  caption: string,
  stratum: string,
  lines: readonly RateLine[],
): NumberTable {
  return numberTable(
    name,
    caption,
    lines,
    [
      {
        label: 'Window',
        text: ({ phase }) => capital(phaseWords(phase).replace(' (whole window)', '')),
        csv: { stratum: () => stratum, level: ({ arm }) => arm, phase: ({ phase }) => phase },
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
      {
        label: 'Rate per person-year',
        is_number: true,
        text: ({ rate }) => rateText(rate),
        csv: fileColumns<RateLine>('rate', ({ rate }) => rate),
      },
    ],
    {
      group: ({ arm }) => capital(arm),
      notes: suppressedNotes(
        reading,
        lines.map(({ rate }) => rate),
      ),
    },
  );
}

function ratioTable(
  reading: Reading,
  name: string,
  caption: string,
  rows: readonly ReleasedResultRow[],
): NumberTable {
  return numberTable(
    name,
    caption,
    rows,
    [
      {
        label: 'Comparison',
        text: (row) => row.contrast ?? '',
        csv: {
          measure: (row) => row.measure,
          contrast: (row) => row.contrast,
          clock: (row) => row.clock,
          method: (row) => row.method,
        },
      },
      { label: 'Method', text: (row) => capital(row.method ?? ''), csv: {} },
      { label: 'Clock', text: (row) => capital(CLOCK[row.clock ?? ''] ?? ''), csv: {} },
      {
        label: 'Ratio',
        is_number: true,
        text: (row) => ratioText(row),
        csv: fileColumns<ReleasedResultRow>('ratio', (row) => row),
      },
      {
        label: 'Test of 1',
        is_number: true,
        text: (row) => (row.p_value === null ? '' : probability(row.p_value)),
        csv: { p_value: (row) => row.p_value },
      },
      {
        label: 'Note',
        text: (row) => (row.value === null ? '' : (row.note ?? '')),
        csv: { note: (row) => row.note },
      },
    ],
    { notes: suppressedNotes(reading, rows) },
  );
}

export async function partnershipSection(reading: Reading, estimate: Partnership): Promise<Section> {
  const population = estimate.population ?? 'all';
  const outcome = reading.outcome(estimate);
  const { treated, comparison, arms } = estimate;
  const title = titleOf(estimate, `${capital(outcome)}: ${treated} against ${comparison}`);
  const cautions = selectionCautions(reading, [{ population, change: null }]);
  const figures: Figure[] = [];
  const tables: NumberTable[] = [];
  const parts: Html[] = [];
  const add = async (
    figure: Omit<Figure, 'svg' | 'table' | 'spec'> & { readonly spec: Parameters<typeof drawSpec>[0] },
    table: NumberTable,
    own: readonly string[] = [],
  ): Promise<void> => {
    const { name, title: heading, alt, spec } = figure;
    const made: Figure = {
      ...figure,
      svg: await drawSpec(spec, { name, title: heading, alt, stamp: reading.stamp }),
      table: table.data,
    };
    figures.push(made);
    tables.push(table);
    parts.push(figureView(made, table, own));
  };

  const lines = rateLines(reading, estimate, arms, [treated, comparison]);
  if (lines.length > 0) {
    const clock = clockOf(lines.map(({ rate }) => rate));
    const points = lines
      .filter((line) => line.clock === clock)
      .map(
        ({ arm, phase, rate }): IntervalPoint => ({
          row: capital(arm),
          series: capital(spoken(phase)),
          value: rate.value,
          low: rate.ci_low,
          high: rate.ci_high,
          text: rate.status === 'not-estimable' ? 'not estimable' : rateText(rate),
        }),
      );
    const heading = `Rate of ${outcome} before and after, by arm`;
    const alt = `Dots with ${confidenceOf(estimate)} intervals on a scale of events per person-year that starts at zero. ${points.map(({ row, series, text }) => `${row}, ${series.toLowerCase()}: ${text}`).join('; ')}.`;
    await add(
      {
        name: fileName(estimate, 'arms'),
        title: heading,
        caption:
          `Recorded events over person-years on ${CLOCK[clock] ?? clock}, with ${confidenceOf(estimate)} intervals over persons. That one arm changed and the other did not is no comparison of them: the next figure is. ${markNote(reading, points)}`.trimEnd(),
        alt,
        spec: intervalChart({
          description: alt,
          points,
          axis: 'Events per person-year',
          ticks: PLAIN,
          domain: domainOf(points, { low: 0, high: Number.POSITIVE_INFINITY, include: [0] }),
        }),
      },
      rateTable(reading, fileName(estimate, 'arms'), heading, arms, lines),
      cautions,
    );
  }

  const compared = comparisonRows(reading, estimate);
  if (compared.length > 0) {
    const primary = compared.find((row) => row.measure === 'rate_ratio');
    const points = compared.map(
      (row): IntervalPoint => ({
        row: methodLabel(row, row === primary),
        series: 'Ratio',
        value: row.value,
        low: row.ci_low,
        high: row.ci_high,
        text: row.status === 'not-estimable' ? 'not estimable' : ratioText(row),
      }),
    );
    const heading = `${capital(treated)} against ${comparison}: rate ratios by method`;
    const alt = `Dots with ${confidenceOf(estimate)} intervals on a logarithmic scale of rate ratios with a line at 1. ${points.map(({ row, text }) => `${row}: ${text}`).join('; ')}.`;
    const warning = compared.find((row) => row.measure === 'ratio_of_rate_ratios' && row.note !== null);
    const everything = reading
      .find({ estimate_id: estimate.id, population, stratum: arms })
      .filter(
        ({ measure, contrast }) =>
          contrast !== EACH && (measure === 'rate_ratio' || measure === 'ratio_of_rate_ratios'),
      );
    await add(
      {
        name: fileName(estimate, 'ratios'),
        title: heading,
        caption: [
          `Below 1: fewer ${outcome} in ${treated}. On ${CLOCK[primary?.clock ?? ''] ?? 'calendar time'}.`,
          'Primary: negative binomial regression of the later rate on the arm and the earlier rate. The others are its checks, not further chances.',
          isCut(points, ratioDomain(points)) ? 'Intervals that reach beyond the scale are cut.' : '',
          markNote(reading, points),
        ]
          .filter((sentence) => sentence !== '')
          .join(' '),
        alt,
        spec: ratioChart({ description: alt, points, axis: `Rate ratio, ${treated} / ${comparison}` }),
      },
      ratioTable(reading, fileName(estimate, 'ratios'), heading, everything),
      warning?.note == null || warning.value === null ? [] : [`${capital(warning.note)}.`],
    );
  }
  for (const table of [
    expectationTable(reading, estimate),
    balanceTable(reading, estimate),
    powerTable(reading, estimate),
  ]) {
    if (table === undefined) continue;
    tables.push(table);
    parts.push(html`${table.view}`);
  }

  const doseStratum = `${arms} x contacts`;
  const doses = rateLines(reading, estimate, doseStratum, []).map((line) => ({
    ...line,
    arm: doseOf(line.arm, estimate),
  }));
  doses.sort((a, b) => dosePlace(a.arm) - dosePlace(b.arm));
  const doseRatios = [
    ...reading.find({
      estimate_id: estimate.id,
      population,
      stratum: arms,
      measure: 'rate_ratio',
      contrast: EACH,
    }),
    ...reading.find({ estimate_id: estimate.id, population, stratum: doseStratum, measure: 'rate_ratio' }),
  ].sort((a, b) => dosePlace(a.contrast) - dosePlace(b.contrast));
  if (doses.length > 0 || doseRatios.length > 0) {
    const clock = clockOf(doseRatios);
    const own = doseRatios.filter((row) => row.clock === clock);
    const points = own.map(
      (row): IntervalPoint => ({
        row: `${capital(row.contrast ?? '')}`,
        series: 'Ratio',
        value: row.value,
        low: row.ci_low,
        high: row.ci_high,
        text: row.status === 'not-estimable' ? 'not estimable' : ratioText(row),
      }),
    );
    const heading = `Contacts and later ${outcome}, within ${treated}`;
    const alt = `Dots with ${confidenceOf(estimate)} intervals on a logarithmic scale of rate ratios with a line at 1. ${points.map(({ row, text }) => `${row}: ${text}`).join('; ')}.`;
    const days = estimate.dose?.within?.days ?? 0;
    await add(
      {
        name: fileName(estimate, 'dose'),
        title: heading,
        caption:
          `Contacts in the first ${days} days from entry against the rate of ${outcome} after them, given the rate before entry. ${markNote(reading, points)}`.trimEnd(),
        alt,
        spec: ratioChart({ description: alt, points, axis: 'Rate ratio by contacts' }),
      },
      ratioTable(reading, fileName(estimate, 'dose'), heading, doseRatios),
      [CAUTION.dose],
    );
    if (doses.length > 0) {
      const table = rateTable(
        reading,
        fileName(estimate, 'dose', 'rates'),
        `Rates after day ${days}, by contacts before it`,
        doseStratum,
        doses,
      );
      tables.push(table);
      parts.push(html`${table.view}`);
    }
  }
  const body = html`<p>${CAUTION.partnership}</p>
${parts.length === 0 ? html`<p>No result was made for this estimate.</p>` : parts}`;
  return { id: `estimate-${estimate.id}`, title, body, figures, tables };
}
