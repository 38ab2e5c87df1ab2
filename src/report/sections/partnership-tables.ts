import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';
import { type NumberTable, numberTable } from '../number-table.ts';
import { decimal, digitsFor, signed } from '../numbers.ts';
import { absence, fileName, type Reading } from '../reading.ts';
import { CLOCK, capital } from '../words.ts';

/** What stands beside the comparison of two arms: how alike they are, what was to be expected, what n can tell. */

type Partnership = EstimateOf<'partnership'>;

function rowsOf(
  reading: Reading,
  estimate: Partnership,
  measures: readonly string[],
): readonly ReleasedResultRow[] {
  return reading
    .find({ estimate_id: estimate.id, population: estimate.population ?? 'all', stratum: estimate.arms })
    .filter(({ measure }) => measures.includes(measure ?? ''));
}

/** On one clock: at liberty where it is known. The file of results has both. */
function onOneClock(rows: readonly ReleasedResultRow[]): readonly ReleasedResultRow[] {
  const clock = rows.some((row) => row.clock === 'at-liberty') ? 'at-liberty' : 'calendar';
  return rows.filter((row) => row.clock === clock);
}

interface BalanceLine {
  readonly covariate: string;
  readonly by: ReadonlyMap<string, ReleasedResultRow>;
}

/** Standardised differences, one line a covariate, one column as they are, weighted and matched. */
export function balanceTable(reading: Reading, estimate: Partnership): NumberTable | undefined {
  const rows = onOneClock(rowsOf(reading, estimate, ['standardised_difference']));
  if (rows.length === 0) return undefined;
  const prefix = `${estimate.treated} / ${estimate.comparison}: `;
  const methods = [...new Set(rows.map(({ method }) => method ?? ''))].sort((a, b) => place(a) - place(b));
  const isEarlier = (contrast: string): boolean => contrast.endsWith('earlier rate');
  const covariates = [...new Set(rows.map(({ contrast }) => contrast ?? ''))].sort(
    (a, b) => Number(isEarlier(b)) - Number(isEarlier(a)),
  );
  const lines = covariates.map(
    (contrast): BalanceLine => ({
      covariate: contrast.startsWith(prefix) ? contrast.slice(prefix.length) : contrast,
      by: new Map(
        rows.filter((row) => row.contrast === contrast).map((row) => [row.method ?? '', row] as const),
      ),
    }),
  );
  const sizes = rowsOf(reading, estimate, ['effective_persons']).filter(
    ({ clock }) => clock === rows[0]?.clock,
  );
  const text = (row: ReleasedResultRow | undefined): string =>
    row?.value == null ? absence(row) : signed(row.value, 2);
  return numberTable(
    fileName(estimate, 'balance'),
    'How alike the arms were before: standardised differences',
    lines,
    [
      {
        label: 'Known before',
        text: ({ covariate }) => capital(covariate.replaceAll('_', ' ')),
        csv: { covariate: ({ covariate }) => covariate },
      },
      ...methods.map((method) => ({
        label: capital(method),
        is_number: true,
        text: (line: BalanceLine) => text(line.by.get(method)),
        csv: {
          [method.replaceAll(/[^a-z]+/g, '_')]: (line: BalanceLine) => line.by.get(method)?.value ?? null,
        },
      })),
    ],
    {
      notes: [
        'Difference of the means in standard deviations; beyond 0.1 either way the arms are not called alike.',
        ...(sizes.length === 0
          ? []
          : [
              `The weights are worth ${sizes.map((row) => `${row.value === null ? absence(row) : decimal(row.value, 0)} in ${row.contrast ?? ''}`).join(' and ')}, in persons of equal weight.`,
            ]),
      ],
    },
  );
}

function place(method: string): number {
  return method === 'as they are' ? 0 : method.includes('weights') ? 1 : 2;
}

/** `intensive / usual` of `intensive / usual, after / before`. */
function armsOf({ contrast }: ReleasedResultRow): string {
  return (contrast ?? '').replace(/, after \/ before$/, '');
}

/** What each arm, and their ratio, would be expected to do with no effect at all. */
export function expectationTable(reading: Reading, estimate: Partnership): NumberTable | undefined {
  const rows = onOneClock(rowsOf(reading, estimate, ['change_without_effect', 'ratio_without_effect']));
  if (rows.length === 0) return undefined;
  return numberTable(
    fileName(estimate, 'without-effect'),
    'What would be expected with no effect of anything',
    rows,
    [
      {
        label: 'Expected',
        text: (row) =>
          row.measure === 'ratio_without_effect'
            ? `Ratio of before/after ratios, ${armsOf(row)}`
            : `After / before, ${armsOf(row)}`,
        csv: { measure: (row) => row.measure, contrast: (row) => row.contrast, clock: (row) => row.clock },
      },
      {
        label: 'Ratio',
        is_number: true,
        text: (row) => (row.value === null ? absence(row) : decimal(row.value, digitsFor(row.value))),
        csv: { ratio: (row) => row.value },
      },
    ],
    {
      notes: [
        'If everybody kept a rate of their own, and who came into which arm depended on the earlier count alone: an arm that took the higher counts falls more with no effect at all.',
        ...new Set(
          rows.flatMap((row) => (row.value === null || row.note === null ? [] : [`${capital(row.note)}.`])),
        ),
      ],
    },
  );
}

/** What a study of this size finds, and how often. */
export function powerTable(reading: Reading, estimate: Partnership): NumberTable | undefined {
  const rows = onOneClock(rowsOf(reading, estimate, ['detectable_rate_ratio', 'power'])).slice();
  if (rows.length === 0) return undefined;
  const order = (row: ReleasedResultRow): number =>
    row.measure === 'power' ? -(Number(row.contrast?.split(' = ')[1]) || 0) : -2;
  rows.sort((a, b) => order(a) - order(b));
  return numberTable(
    fileName(estimate, 'power'),
    'What a study of this size can tell',
    rows,
    [
      {
        label: 'Question',
        text: (row) =>
          row.measure === 'power'
            ? `Chance of finding a ratio of ${row.contrast?.split(' = ')[1] ?? ''}`
            : `Nearest ratio ${row.contrast?.split(', ').at(-1) ?? ''} that is found four times in five`,
        csv: { measure: (row) => row.measure, contrast: (row) => row.contrast, clock: (row) => row.clock },
      },
      {
        label: 'Answer',
        is_number: true,
        text: (row) =>
          row.value === null
            ? absence(row)
            : row.measure === 'power'
              ? `${decimal(100 * row.value, 0)}%`
              : decimal(row.value, 2),
        csv: { value: (row) => row.value },
      },
    ],
    {
      notes: [
        `From the persons, the time on ${CLOCK[rows[0]?.clock ?? ''] ?? 'calendar time'}, the rate of ${estimate.comparison} and the overdispersion of this study. It says how much to expect of such a study, not what this one found.`,
      ],
    },
  );
}
