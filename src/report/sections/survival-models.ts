import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { type Curve, curveChart, highestOf, risingPoints } from '../curve-chart.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { html } from '../html.ts';
import { numberTable } from '../number-table.ts';
import { count, countOrMark, decimal, probability, signed } from '../numbers.ts';
import { absence, confidenceOf, fileName, type Reading } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { and, capital, spoken } from '../words.ts';
import { joined, NOTHING, type Part, ratioPart, testPart } from './hazard-ratios.ts';

/** What survival says beyond its curve: competing events, mean time within a horizon, and models. */

const CAUSES = ['left treatment', 'departed', 'first offence', 'death', 'emigration'];

function share(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  const value = decimal(100 * row.value, 0);
  return row.ci_low === null || row.ci_high === null
    ? `${value}%`
    : `${value}% (${decimal(100 * row.ci_low, 0)} to ${decimal(100 * row.ci_high, 0)})`;
}

async function incidenceOf(
  reading: Reading,
  estimate: EstimateOf<'survival'>,
  words: { readonly since: string },
  stratum: string,
): Promise<Part> {
  const population = estimate.population ?? 'all';
  const rows = reading.find({ estimate_id: estimate.id, population, stratum });
  const own = rows.filter(({ measure }) => measure === 'cumulative_incidence_at');
  const levels = reading.levels(stratum, own);
  if (levels.length === 0) return NOTHING;
  const isWhole = stratum === 'all';
  const causes = CAUSES.filter((cause) => own.some(({ phase }) => phase === cause));
  const [main = ''] = causes;
  const days = [...new Set(own.map(({ time }) => time ?? 0))].sort((a, b) => a - b);
  const labelOf = (level: string): string => (level === 'all' ? 'Everyone' : capital(level));
  const at = (level: string, cause: string, day: number) =>
    own.find((row) => row.level === level && row.phase === cause && row.time === day);
  const lines = levels.flatMap((level) =>
    causes.flatMap((cause) => days.map((day) => ({ level, cause, day, row: at(level, cause, day) }))),
  );
  type Line = (typeof lines)[number];
  const name = fileName(estimate, ...(isWhole ? [] : [stratum]), 'incidence');
  const divided = isWhole ? '' : `, by ${reading.stratum(stratum)}`;
  const title = `${isWhole ? `What came first: ${and(causes)}` : `${capital(main)}, with ${and(causes.slice(1)) || 'nothing'} competing`}${divided}`;
  const table = numberTable<Line>(
    name,
    title,
    lines,
    [
      {
        label: words.since,
        text: ({ day }) => count(day),
        csv: {
          stratum: () => stratum,
          level: ({ level }) => level,
          cause: ({ cause }) => cause,
          day: ({ day }) => day,
        },
      },
      {
        label: 'Cumulative incidence',
        is_number: true,
        text: ({ row }) => share(row),
        csv: fileColumns<Line>('incidence', ({ row }) => row),
      },
    ],
    { group: ({ level, cause }) => `${labelOf(level)}: ${cause}` },
  );
  const drawn = isWhole ? causes : [main];
  const risk = (level: string): Curve['at_risk'] =>
    [0, ...days].map((day) => ({
      time: day,
      text: countOrMark(
        rows.find((row) => row.level === level && row.measure === 'at_risk' && row.time === day)?.value ??
          null,
      ),
    }));
  const curves = levels.flatMap((level) =>
    drawn.map((cause, i): Curve => {
      const end = Math.max(0, ...days.filter((day) => at(level, cause, day)?.value != null));
      const steps = rows.filter(
        (row) => row.level === level && row.phase === cause && row.measure === 'cumulative_incidence_curve',
      );
      return {
        label: isWhole ? capital(cause) : labelOf(level),
        risk_label: labelOf(level),
        points: risingPoints(steps, end),
        at_risk: i === 0 ? risk(level) : [],
      };
    }),
  );
  const shown = curves.filter(({ points }) => points.length > 0);
  if (shown.length === 0)
    return {
      body: html`<h3>${title}</h3>\n<p class="note">The curve is not drawn: no step of it was released.</p>\n${table.view}`,
      figures: [],
      tables: [table],
    };
  const tests = rows
    .filter(({ measure }) => measure === 'gray_test')
    .map((row) =>
      row.p_value === null
        ? `Gray's test, ${row.phase}: ${absence(row)}.`
        : `Test of equal incidence of ${row.phase}: ${decimal(row.value ?? 0, 1)} (${row.method}), ${probability(row.p_value)}.`,
    );
  const hasBands = shown.length <= 3;
  const highest = Math.max(0.05, highestOf(shown, hasBands));
  const alt = `${shown.length === 1 ? 'A step curve that rises' : `${shown.length} step curves that rise`} from 0% on day 0. ${lines
    .filter(({ cause }) => drawn.includes(cause))
    .map(({ level, cause, day, row }) => `${labelOf(level)}, ${cause}: ${share(row)} by day ${count(day)}`)
    .join('; ')}.`;
  const spec = curveChart({
    description: alt,
    curves,
    axis: { x: words.since, y: 'Cumulative incidence' },
    days: [0, ...days],
    has_bands: hasBands,
    range: { high: Math.min(1, highest * 1.04), format: '.0%' },
  });
  const figure: Figure = {
    name,
    title,
    caption: [
      isWhole ? '' : `By ${reading.stratum(stratum)}.`,
      'Aalen-Johansen estimate: the share to whom it happened, in a world where the other things happen too. Drawn while at least 5 people are at risk.',
      hasBands ? `Shaded: ${confidenceOf(estimate)} interval, day by day.` : 'Intervals stand in the table.',
      markNote(
        reading,
        curves.flatMap(({ at_risk }) => at_risk),
      ),
      ...tests,
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    alt,
    svg: await drawSpec(spec, { name, title, alt, stamp: reading.stamp }),
    spec,
    table: table.data,
  };
  const cautions = [
    ...selectionCautions(reading, [{ population, change: null }]),
    ...(reading.isAfterEntry(stratum) && estimate.from !== 'journey-end' ? [CAUTION.after_entry] : []),
  ];
  return { body: figureView(figure, table, cautions), figures: [figure], tables: [table] };
}

export async function incidencePart(
  reading: Reading,
  estimate: EstimateOf<'survival'>,
  words: { readonly since: string },
): Promise<Part> {
  if (estimate.competing !== true) return NOTHING;
  const parts: Part[] = [];
  for (const stratum of ['all', ...(estimate.strata ?? [])])
    parts.push(await incidenceOf(reading, estimate, words, stratum));
  return joined(parts);
}

function daysWithInterval(row: ReleasedResultRow, isDifference: boolean): string {
  if (row.value === null) return absence(row);
  const say = isDifference ? signed : decimal;
  return row.ci_low === null || row.ci_high === null
    ? say(row.value, 1)
    : `${say(row.value, 1)} (${say(row.ci_low, 1)} to ${say(row.ci_high, 1)})`;
}

export function restrictedMeanPart(reading: Reading, estimate: EstimateOf<'survival'>): Part {
  if (estimate.horizon === undefined) return NOTHING;
  const population = estimate.population ?? 'all';
  const lines = ['all', ...(estimate.strata ?? [])].flatMap((stratum) => {
    const rows = reading.find({ estimate_id: estimate.id, population, stratum });
    return rows.filter(
      ({ measure }) => measure === 'restricted_mean' || measure === 'restricted_mean_difference',
    );
  });
  if (lines.length === 0) return NOTHING;
  const isDifference = (row: ReleasedResultRow): boolean => row.measure === 'restricted_mean_difference';
  const title = `Mean days free of the event within ${count(estimate.horizon)} days`;
  const table = numberTable<ReleasedResultRow>(fileName(estimate, 'restricted_mean'), title, lines, [
    {
      label: 'Group',
      text: (row) =>
        isDifference(row)
          ? capital(spoken(row.contrast ?? '').replace(' / ', ' less '))
          : row.level === 'all'
            ? 'Everyone'
            : capital(row.level ?? ''),
      csv: {
        stratum: (row) => row.stratum,
        level: (row) => row.level,
        contrast: (row) => row.contrast,
      },
    },
    {
      label: 'Days',
      is_number: true,
      text: (row) => daysWithInterval(row, isDifference(row)),
      csv: fileColumns<ReleasedResultRow>('days', (row) => row),
    },
  ]);
  return { body: html`<h3>${title}</h3>\n${table.view}`, figures: [], tables: [table] };
}

/** Hazard ratios, and what says whether they may be read: the test of proportional hazards. */
export async function modelPart(reading: Reading, estimate: EstimateOf<'survival'>): Promise<Part> {
  if (estimate.cox === undefined) return NOTHING;
  const population = estimate.population ?? 'all';
  const rows = reading.find({ estimate_id: estimate.id, population, stratum: 'all' });
  const of = (measure: string, series: string) =>
    rows
      .filter((row) => row.measure === measure && row.contrast !== null)
      .map((row) => ({ group: '', series, row }));
  const cox = of('hazard_ratio', 'Cox model');
  const fine_gray = of('subdistribution_hazard_ratio', 'Fine-Gray model');
  const cautions = selectionCautions(reading, [{ population, change: null }]);
  const broken = rows
    .filter((row) => row.measure === 'ph_test' && row.p_value !== null && row.p_value < 0.05)
    .map((row) => (row.contrast === 'all terms' ? 'all terms together' : spoken(row.contrast ?? '')));
  const lines = cox.flatMap((line) => [
    line,
    ...fine_gray.filter(({ row }) => row.contrast === line.row.contrast),
  ]);
  const part = await ratioPart(reading, estimate, lines, {
    parts: ['hazard_ratios'],
    title: 'Hazard ratios',
    axis: 'Hazard ratio',
    caption: [
      `${cox[0]?.row.method ?? 'Cox model'}.`,
      fine_gray.length === 0
        ? ''
        : 'The Fine-Gray model compares how many have the event in the end, with death and emigration as they are; the Cox model how fast those have it who still can.',
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    cautions,
  });
  const warning =
    broken.length === 0
      ? html``
      : html`<p class="caution">The hazard ratio changes with time for ${and(broken)} (p below 0.05): the one number here is an average over a time in which it is not the same.</p>\n`;
  return joined([part, { ...NOTHING, body: warning }, testPart(estimate, rows, 'Tests of the Cox model')]);
}
