import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { type Curve, curveChart, highestOf, risingPoints } from '../curve-chart.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { html } from '../html.ts';
import { numberTable } from '../number-table.ts';
import { count, countOrMark, decimal, digitsFor, SUPPRESSED } from '../numbers.ts';
import { absence, confidenceOf, fileName, type Reading, type Section, titleOf } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { CLOCK, capital, spoken } from '../words.ts';
import { byPhase, clockSeries, joined, NOTHING, type Part, ratioPart } from './hazard-ratios.ts';

/** How many events people have: the mean by days since entry, who is at risk, and the rate ratios of the model. */

const KINDS = [
  { measure: 'mcf', label: 'while alive' },
  { measure: 'mcf_with_death', label: 'with death as end' },
] as const;

export function meanText(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  const digits = Math.min(3, Math.max(2, digitsFor(row.value)));
  return row.ci_low === null || row.ci_high === null
    ? decimal(row.value, digits)
    : `${decimal(row.value, digits)} (${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)})`;
}

interface Line {
  readonly level: string;
  readonly label: string;
  readonly clock: string;
  readonly day: number;
  readonly at_risk: ReleasedResultRow | undefined;
  readonly mean: ReleasedResultRow | undefined;
  readonly with_death: ReleasedResultRow | undefined;
}

async function meanPart(
  reading: Reading,
  estimate: EstimateOf<'recurrent'>,
  stratum: string,
  cautions: readonly string[],
): Promise<Part> {
  const population = estimate.population ?? 'all';
  const rows = reading.find({ estimate_id: estimate.id, population, stratum });
  const levels = reading.levels(stratum, rows);
  if (levels.length === 0) return NOTHING;
  const isWhole = stratum === 'all';
  const outcome = reading.outcome(estimate);
  const name = fileName(estimate, ...(isWhole ? [] : [stratum]));
  const divided = isWhole ? '' : `, by ${reading.stratum(stratum)}`;
  const title = `Mean number of events per person after entry${divided}`;
  const labelOf = (level: string): string => (level === 'all' ? 'Everyone' : capital(level));
  const clocks = [...new Set(rows.flatMap(({ clock }) => (clock === null ? [] : [clock])))].sort(
    (a, b) => Number(b === 'calendar') - Number(a === 'calendar'),
  );
  const days = [
    ...new Set(rows.filter(({ measure }) => measure === 'at_risk').map(({ time }) => time ?? 0)),
  ].sort((a, b) => a - b);
  const at = (level: string, clock: string, measure: string, day: number) =>
    rows.find(
      (row) => row.level === level && row.clock === clock && row.measure === measure && row.time === day,
    );
  const lines: Line[] = levels.flatMap((level) =>
    clocks.flatMap((clock) =>
      days
        .filter((day) => day > 0)
        .map((day) => ({
          level,
          label: labelOf(level),
          clock,
          day,
          at_risk: at(level, clock, 'at_risk', day),
          mean: at(level, clock, 'mcf_at', day),
          with_death: at(level, clock, 'mcf_with_death_at', day),
        })),
    ),
  );
  const hasDeath = lines.some(({ with_death }) => with_death !== undefined);
  const table = numberTable<Line>(
    name,
    title,
    lines,
    [
      {
        label: 'Days since entry',
        text: ({ day }) => count(day),
        csv: {
          stratum: () => stratum,
          level: ({ level }) => level,
          clock: ({ clock }) => clock,
          day: ({ day }) => day,
        },
      },
      {
        label: 'At risk',
        is_number: true,
        text: ({ at_risk }) => countOrMark(at_risk?.value ?? null),
        csv: { at_risk: ({ at_risk }) => at_risk?.value ?? null },
      },
      {
        label: 'Events per person',
        is_number: true,
        text: ({ mean }) => meanText(mean),
        csv: fileColumns<Line>('mean', ({ mean }) => mean),
      },
      ...(hasDeath
        ? [
            {
              label: 'With death as their end',
              is_number: true,
              text: ({ with_death }: Line) => (with_death === undefined ? '' : meanText(with_death)),
              csv: fileColumns<Line>('mean_with_death', ({ with_death }) => with_death),
            },
          ]
        : []),
    ],
    {
      group: ({ label, clock }) => `${label}, ${CLOCK[clock] ?? clock}`,
      notes: lines.some(({ at_risk, mean }) => at_risk?.value == null || mean?.status === 'suppressed')
        ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`]
        : [],
    },
  );
  const clock = clocks[0] ?? 'calendar';
  const kinds = isWhole ? KINDS : KINDS.slice(0, 1);
  const curves = levels.flatMap((level) =>
    kinds.flatMap(({ measure, label }): Curve[] => {
      const end = Math.max(0, ...days.filter((day) => at(level, clock, `${measure}_at`, day)?.value != null));
      const steps = rows.filter(
        (row) => row.level === level && row.clock === clock && row.measure === `${measure}_curve`,
      );
      const points = risingPoints(steps, end);
      if (points.length === 0) return [];
      return [
        {
          label: isWhole && hasDeath ? capital(label) : labelOf(level),
          risk_label: labelOf(level),
          points,
          at_risk:
            measure === 'mcf'
              ? days.map((day) => ({
                  time: day,
                  text: countOrMark(at(level, clock, 'at_risk', day)?.value ?? null),
                }))
              : [],
        },
      ];
    }),
  );
  if (curves.length === 0)
    return {
      body: html`<h3>${title}</h3>\n<p class="note">The curve is not drawn: no step of it was released.</p>\n${table.view}`,
      figures: [],
      tables: [table],
    };
  const alt = `${curves.length === 1 ? 'A step curve that rises' : `${curves.length} step curves that rise`} from 0 on day 0, with the numbers at risk below. ${lines
    .filter((line) => line.clock === clock)
    .map(({ label, day, mean }) => `${label}: ${meanText(mean)} by day ${count(day)}`)
    .join('; ')}.`;
  const hasBands = curves.length <= 3;
  const highest = highestOf(curves, hasBands);
  const spec = curveChart({
    description: alt,
    curves,
    axis: { x: 'Days since entry', y: 'Events per person' },
    days,
    has_bands: hasBands,
    range: { high: highest * 1.02, format: '~g' },
  });
  const figure: Figure = {
    name,
    title,
    caption: [
      isWhole ? '' : `By ${reading.stratum(stratum)}.`,
      `Mean cumulative function of ${outcome} on ${CLOCK[clock] ?? clock}: every event counts, not only the first. Drawn while at least 5 people are at risk.`,
      hasDeath && isWhole
        ? 'The higher curve answers for people as long as they live; in the other the dead have no more events.'
        : '',
      hasBands
        ? `Shaded: ${confidenceOf(estimate)} interval, day by day, persons as the unit.`
        : 'Intervals stand in the table.',
      markNote(
        reading,
        curves.flatMap(({ at_risk }) => at_risk),
      ),
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    alt,
    svg: await drawSpec(spec, { name, title, alt, stamp: reading.stamp }),
    spec,
    table: table.data,
  };
  return { body: figureView(figure, table, cautions), figures: [figure], tables: [table] };
}

async function modelPart(
  reading: Reading,
  estimate: EstimateOf<'recurrent'>,
  stratum: string,
  cautions: readonly string[],
): Promise<Part> {
  const { model } = estimate;
  if (model === undefined) return NOTHING;
  const population = estimate.population ?? 'all';
  const rows = reading.find({ estimate_id: estimate.id, population, stratum });
  const ratios = rows.filter(({ measure }) => measure === 'rate_ratio');
  const isWhole = stratum === 'all';
  const lines = reading.levels(stratum, ratios).flatMap((level) =>
    ratios
      .filter((row) => row.level === level && row.contrast !== null)
      .sort(byPhase)
      .map((row) => ({ group: isWhole ? '' : capital(spoken(level)), series: clockSeries(row), row })),
  );
  const scale = { age: 'of the same age', calendar: 'on the same day', 'study-time': 'as long after entry' }[
    model.scale
  ];
  const refused = [...new Set(ratios.flatMap(({ note }) => (note?.startsWith('refused') ? [note] : [])))];
  const part = await ratioPart(reading, estimate, lines, {
    parts: [...(isWhole ? [] : [stratum]), 'ratios'],
    title: `Rate ratios among people ${scale}${isWhole ? '' : `, by ${reading.stratum(stratum)}`}`,
    axis: 'Rate ratio',
    caption: `Andersen-Gill model of ${reading.outcome(estimate)}, with robust standard errors by person; events on one day count once.`,
    cautions,
  });
  return joined([
    {
      ...NOTHING,
      body: html`${refused.map((note) => html`<p class="caution">${capital(note)}.</p>\n`)}`,
    },
    part,
  ]);
}

export async function recurrentSection(
  reading: Reading,
  estimate: EstimateOf<'recurrent'>,
): Promise<Section> {
  const title = titleOf(estimate, `Number of ${reading.outcome(estimate)}`);
  const population = estimate.population ?? 'all';
  const cautions = selectionCautions(reading, [{ population, change: null }]);
  const parts: Part[] = [];
  for (const stratum of ['all', ...(estimate.strata ?? [])]) {
    const own = [...cautions, ...(reading.isAfterEntry(stratum) ? [CAUTION.after_entry] : [])];
    parts.push(await meanPart(reading, estimate, stratum, own));
    parts.push(await modelPart(reading, estimate, stratum, own));
  }
  const all = joined(parts);
  return {
    id: `estimate-${estimate.id}`,
    title,
    body: html`<p>${CAUTION.recurrent}</p>
${all.tables.length === 0 ? html`<p>No result was made for this estimate.</p>` : all.body}`,
    figures: all.figures,
    tables: all.tables,
  };
}
