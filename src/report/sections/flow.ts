import type { ReleasedAttritionRow, ReleasedPopulationStepRow } from '../../disclose/tables.ts';
import { COLOURS, FONT, frame, INK, QUIET } from '../draw.ts';
import { figureView } from '../figure-view.ts';
import { escapeText, html } from '../html.ts';
import { wrap } from '../interval-chart.ts';
import { numberTable } from '../number-table.ts';
import { count, countOrMark, SUPPRESSED } from '../numbers.ts';
import type { Reading, Section } from '../reading.ts';
import type { Figure } from '../tables.ts';
import { capital } from '../words.ts';

/** Who was left out at each step and who remained, persons and events, and from everyone to each subset. */

interface FlowStep {
  readonly label: string;
  readonly persons: number | null;
  readonly events: number | null;
  readonly lost_persons: number | null | undefined;
  readonly lost_events: number | null | undefined;
  readonly kind: 'step' | 'subset';
}

function minus(before: number | null | undefined, after: number | null): number | null | undefined {
  if (before === undefined) return undefined;
  return before === null || after === null ? null : before - after;
}

function flowOf(
  reading: Reading,
  attrition: readonly ReleasedAttritionRow[],
  subsets: readonly ReleasedPopulationStepRow[],
): readonly FlowStep[] {
  const steps = [...attrition].sort((a, b) => (a.step ?? 0) - (b.step ?? 0));
  return [
    ...steps.map((row, i): FlowStep => {
      const before = i === 0 ? undefined : steps[i - 1];
      return {
        label: row.label ?? '',
        persons: row.persons,
        events: row.events,
        lost_persons: minus(before?.persons, row.persons),
        lost_events: minus(before?.events, row.events),
        kind: 'step',
      };
    }),
    ...subsets
      .filter(({ population }) => population !== 'all')
      .map((row): FlowStep => {
        const name = reading.population(row.population ?? '');
        const described = row.label !== null && row.label !== row.population && row.label !== '';
        return {
          label: described ? `${name}: ${row.label}` : name,
          persons: row.persons,
          events: row.events,
          lost_persons: undefined,
          lost_events: undefined,
          kind: 'subset',
        };
      }),
  ];
}

const WIDTH = 720;
const BOX = 400;
const SIDE = 250;
const LINE = 17;
const GAP = 26;

interface Line {
  readonly text: string;
  readonly strong?: boolean;
}

function lines(x: number, y: number, content: readonly Line[]): string {
  return content
    .map(
      ({ text, strong }, i) =>
        `<text x="${x}" y="${y + i * LINE}" font-size="13"${strong === true ? ' font-weight="bold"' : ''} fill="${strong === true ? INK : '#3a4450'}">${escapeText(text)}</text>`,
    )
    .join('');
}

function tally(persons: number | null, events: number | null): string {
  return `${countOrMark(persons)} persons \u00b7 ${countOrMark(events)} events`;
}

function drawFlow(
  steps: readonly FlowStep[],
  top: number,
): { readonly svg: string; readonly height: number } {
  let y = top;
  let svg = '';
  let last = y;
  const isLossDrawn = (step: FlowStep): boolean =>
    step.lost_persons !== undefined && (step.lost_persons !== 0 || step.lost_events !== 0);
  steps.forEach((step, i) => {
    const isSubset = step.kind === 'subset';
    const indent = isSubset ? 56 : 0;
    const text = wrap(step.label, isSubset ? 46 : 56);
    const height = 20 + (text.length + 1) * LINE;
    if (!isSubset && i > 0) {
      const middle = y + (isLossDrawn(step) ? 10 : 0);
      const room = isLossDrawn(step) ? 62 : GAP;
      svg += `<path d="M ${BOX / 2} ${y} V ${y + room - 6}" stroke="${QUIET}" stroke-width="1.4" fill="none"/><path d="M ${BOX / 2 - 5} ${y + room - 8} L ${BOX / 2} ${y + room} L ${BOX / 2 + 5} ${y + room - 8} Z" fill="${QUIET}"/>`;
      if (isLossDrawn(step)) {
        const side = WIDTH - SIDE - 12;
        svg += `<path d="M ${BOX / 2} ${middle + 20} H ${side}" stroke="${QUIET}" stroke-width="1.4" stroke-dasharray="4 3" fill="none"/>`;
        svg += `<rect x="${side}" y="${middle - 4}" width="${SIDE}" height="48" rx="4" fill="#ffffff" stroke="#aab2bd"/>`;
        svg += lines(side + 14, middle + 15, [
          { text: 'Left out' },
          { text: tally(step.lost_persons ?? null, step.lost_events ?? null), strong: true },
        ]);
      }
      y += room;
    }
    if (isSubset) {
      if (steps[i - 1]?.kind !== 'subset') last = y;
      y += 18;
      svg += `<path d="M 24 ${last} V ${y + height / 2} H ${indent}" stroke="${COLOURS[1]}" stroke-width="1.4" fill="none"/>`;
    }
    const fill = isSubset ? '#fdf3ec' : '#eef4f9';
    const stroke = isSubset ? COLOURS[1] : COLOURS[0];
    svg += `<rect x="${indent + 1}" y="${y}" width="${BOX - indent}" height="${height}" rx="4" fill="${fill}" stroke="${stroke}"${isSubset ? ' stroke-dasharray="5 3"' : ''}/>`;
    svg += lines(indent + 16, y + 22, [
      ...text.map((one) => ({ text: one })),
      { text: tally(step.persons, step.events), strong: true },
    ]);
    y += height;
  });
  return { svg: `<g font-family="${escapeText(FONT)}">${svg}</g>`, height: y + 14 };
}

function altOf(steps: readonly FlowStep[]): string {
  const first = steps[0];
  const final = steps.filter(({ kind }) => kind === 'step').at(-1);
  const losses = steps
    .filter((step) => step.lost_persons !== undefined && step.lost_persons !== 0)
    .map((step) => `${countOrMark(step.lost_persons ?? null)} at \u201c${step.label}\u201d`);
  const parts = steps
    .filter(({ kind }) => kind === 'subset')
    .map((step) => `${countOrMark(step.persons)} are ${step.label}`);
  return [
    `A flow of boxes from top to bottom, from ${countOrMark(first?.persons ?? null)} persons to ${countOrMark(final?.persons ?? null)} in the study.`,
    losses.length === 0 ? 'No step leaves anybody out.' : `Left out: ${losses.join('; ')}.`,
    parts.length === 0 ? '' : `Of those in the study, ${parts.join('; ')}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

export function flowSection(reading: Reading): Section {
  const { attrition, population_steps, disclosure } = reading.input.released;
  const steps = flowOf(reading, attrition, population_steps);
  const title = 'From the registers to the people studied';
  if (steps.length === 0)
    return {
      id: 'flow',
      title,
      body: html`<p>The run kept no account of who was left out.</p>`,
      figures: [],
      tables: [],
    };
  const rows = steps.map((step, i) => ({ ...step, place: i + 1 }));
  const table = numberTable('flow', 'Persons and events after each step', rows, [
    {
      label: 'Step',
      text: ({ label }) => label,
      csv: { place: (row) => row.place, label: (row) => row.label, kind: (row) => row.kind },
    },
    {
      label: 'Persons',
      is_number: true,
      text: (row) => countOrMark(row.persons),
      csv: { persons: (row) => row.persons },
    },
    {
      label: 'Events',
      is_number: true,
      text: (row) => countOrMark(row.events),
      csv: { events: (row) => row.events },
    },
    {
      label: 'Persons left out',
      is_number: true,
      text: (row) => (row.lost_persons === undefined ? '' : countOrMark(row.lost_persons)),
      csv: { persons_left_out: (row) => row.lost_persons ?? null },
    },
    {
      label: 'Events left out',
      is_number: true,
      text: (row) => (row.lost_events === undefined ? '' : countOrMark(row.lost_events)),
      csv: { events_left_out: (row) => row.lost_events ?? null },
    },
  ]);
  const { svg, height } = drawFlow(steps, reading.stamp === undefined ? 10 : 30);
  const alt = altOf(steps);
  const primary = reading.input.protocol.outcomes[0]?.label ?? 'events';
  const hasGaps = steps.some(({ persons, events }) => persons === null || events === null);
  const figure: Figure = {
    name: 'flow',
    title: 'Who was left out, and who remained',
    caption: [
      `Events are those of the primary outcome (${primary}) of the persons in the box, whenever they happened.`,
      steps.some(({ kind }) => kind === 'subset') ? 'Dashed boxes are parts of the last step.' : '',
      disclosure.rounding > 1 ? `Counts are rounded to ${count(disclosure.rounding)}, differences too.` : '',
      hasGaps ? `${SUPPRESSED} ${capital(disclosure.suppressed_note)}.` : '',
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    alt,
    svg: frame(
      { name: 'flow', title: 'Who was left out, and who remained', alt, stamp: reading.stamp },
      WIDTH,
      height,
      svg,
    ),
    spec: null,
    table: table.data,
  };
  return { id: 'flow', title, body: figureView(figure, table), figures: [figure], tables: [table] };
}
