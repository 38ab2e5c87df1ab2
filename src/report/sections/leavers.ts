import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCautions } from '../cautions.ts';
import { drawSpec } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { type Html, html } from '../html.ts';
import { intervalChart, PERCENT } from '../interval-chart.ts';
import { type NumberTable, numberTable } from '../number-table.ts';
import { countOrMark, decimal, SUPPRESSED } from '../numbers.ts';
import { absence, confidenceOf, fileName, type Reading } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { fileColumns, markNote } from '../value-text.ts';
import { capital } from '../words.ts';

/** Those who left treatment: how much of their later offending came after they had left, and who came back. */

interface LeaverLine {
  readonly population: string;
  readonly level: string;
  readonly persons: ReleasedResultRow | undefined;
  readonly events: ReleasedResultRow | undefined;
  readonly share_after_leaving: ReleasedResultRow | undefined;
  readonly re_entry: ReleasedResultRow | undefined;
}

const SHARES = {
  share_after_leaving: {
    title: 'Later events that came after leaving treatment',
    axis: 'Share of events after entry that came after leaving (%)',
    caption:
      'Of the events after entry of people who left treatment in the window, the share on or after the day they left, with its interval. People who left early had more time after leaving in which to offend.',
  },
  re_entry: {
    title: 'People who came back to treatment',
    axis: 'Share of leavers with a new journey in the window (%)',
    caption:
      'Of the people who left treatment in the window, the share who began a new journey before the window ended, with its exact interval. People who left early had more time to come back.',
  },
} as const;

function shareText(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  return row.ci_low === null || row.ci_high === null
    ? `${decimal(row.value, 0)}%`
    : `${decimal(row.value, 0)}% (${decimal(row.ci_low, 0)} to ${decimal(row.ci_high, 0)})`;
}

export async function leaversOf(
  reading: Reading,
  estimate: EstimateOf<'change'>,
  populations: readonly string[],
): Promise<{
  readonly body: Html;
  readonly figures: readonly Figure[];
  readonly tables: readonly NumberTable[];
}> {
  const lines: LeaverLine[] = ['leavers', 'leavers by exit_group'].flatMap((stratum) => {
    const rows = populations.flatMap((population) =>
      reading.find({ estimate_id: estimate.id, population, stratum }),
    );
    return reading.levels(stratum, rows).flatMap((level) =>
      populations.map((population) => {
        const own = rows.filter((row) => row.level === level && row.population === population);
        const one = (measure: string) => own.find((row) => row.measure === measure);
        return {
          population,
          level,
          persons: one('persons'),
          events: one('events'),
          share_after_leaving: one('share_after_leaving'),
          re_entry: one('re_entry'),
        };
      }),
    );
  });
  const present = lines.filter(({ persons }) => persons !== undefined);
  if (present.length === 0) return { body: html``, figures: [], tables: [] };
  const labelOf = (level: string): string => (level === 'all' ? 'All who left' : capital(level));
  const cautions = selectionCautions(
    reading,
    present.map(({ population }) => ({ population, change: null })),
  );
  const figures: Figure[] = [];
  const tables: NumberTable[] = [];
  const views: Html[] = [];
  for (const measure of ['share_after_leaving', 're_entry'] as const) {
    const { title, axis, caption } = SHARES[measure];
    const name = fileName(estimate, 'leavers', measure);
    const points = present.map((line) => ({
      row: labelOf(line.level),
      series: reading.population(line.population),
      value: line[measure]?.value ?? null,
      low: line[measure]?.ci_low ?? null,
      high: line[measure]?.ci_high ?? null,
      text: line[measure]?.status === 'not-estimable' ? 'not estimable' : shareText(line[measure]),
    }));
    const table = numberTable(
      name,
      title,
      present,
      [
        {
          label: 'Population',
          text: (line) => reading.population(line.population),
          csv: { exit_group: (line) => line.level, population: (line) => line.population },
        },
        {
          label: 'People who left',
          is_number: true,
          text: ({ persons }) => countOrMark(persons?.value ?? null),
          csv: { persons: ({ persons }) => persons?.value ?? null },
        },
        {
          label: 'Events after entry',
          is_number: true,
          text: ({ events }) => countOrMark(events?.value ?? null),
          csv: { events: ({ events }) => events?.value ?? null },
        },
        {
          label: 'Share',
          is_number: true,
          text: (line) => (line[measure]?.value == null ? absence(line[measure]) : shareText(line[measure])),
          csv: fileColumns<LeaverLine>('percent', (line) => line[measure]),
        },
      ],
      {
        group: ({ level }) => labelOf(level),
        notes: present.some((line) => line.persons?.value == null || line[measure]?.status === 'suppressed')
          ? [`${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`]
          : [],
      },
    );
    const alt = `Dots with ${confidenceOf(estimate)} intervals on a scale from 0 to 100%, one row for each way of leaving. ${points.map((point) => `${point.row}, ${point.series.toLowerCase()}: ${point.text}`).join('; ')}.`;
    const spec = intervalChart({ description: alt, points, axis, ticks: PERCENT, domain: [0, 100] });
    const figure: Figure = {
      name,
      title,
      caption: [caption, `Intervals are at ${confidenceOf(estimate)}.`, markNote(reading, points)]
        .filter((sentence) => sentence !== '')
        .join(' '),
      alt,
      svg: await drawSpec(spec, { name, title, alt, stamp: reading.stamp }),
      spec,
      table: table.data,
    };
    figures.push(figure);
    tables.push(table);
    views.push(figureView(figure, table, cautions));
  }
  return {
    body: html`<h3 class="part">Those who left treatment</h3>
<p>${CAUTION.after_entry}</p>
${views}`,
    figures,
    tables,
  };
}
