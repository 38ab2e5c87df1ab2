import { addDays, addMonths, derive, list, type Sql, sql, type Table } from '../../engine/index.ts';
import { journey } from '../../journeys/tables.ts';
import { intervention, person } from '../../link/tables.ts';
import type { EstimateOf } from '../../protocol/tables.ts';

/** Which days are risk windows, and on which days a band of age or of the calendar starts. */

export const PRE_EXPOSURE = 'pre-exposure';

/** Risk windows as spans [start_date, end_date) of persons; of a day in several the smallest `place` counts. */
export const spanColumns = {
  person_id: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
  place: 'INTEGER',
} as const;

/** The labels of the windows, in the order in which they count. */
export function windowLabels(estimate: EstimateOf<'sccs'>): readonly string[] {
  return [...new Set((estimate.windows ?? []).map(({ label }) => label))];
}

/** Before an exposure: behind every declared window, so that it never takes a day from one. */
function preExposurePlace(estimate: EstimateOf<'sccs'>): number {
  return windowLabels(estimate).length;
}

export function riskSpans(estimate: EstimateOf<'sccs'>, members: Table): Table<typeof spanColumns> {
  const isOfInterventions = estimate.exposure === 'interventions';
  const exposures = isOfInterventions ? intervention : journey;
  const kind = isOfInterventions ? sql`x.kind` : sql`x.service`;
  const labels = windowLabels(estimate);
  const span = (from: Sql, days: readonly [number, number], place: number, where: Sql): Sql => sql`
      SELECT x.person_id, ${addDays(from, days[0])} AS start_date, ${addDays(from, days[1])} AS end_date, ${place} AS place
      FROM ${exposures} AS x JOIN ${members} AS m ON m.person_id = x.person_id
      WHERE ${from} IS NOT NULL AND ${where}`;
  const declared = (estimate.windows ?? []).map(({ label, from, days, kinds }) =>
    span(
      from === 'start' ? sql`x.start_date` : sql`x.end_date`,
      days,
      labels.indexOf(label),
      kinds === undefined ? sql`TRUE` : sql`${kind} IN (${list(kinds)})`,
    ),
  );
  // Exposures that no window is about are not waited for either.
  const kinds = (estimate.windows ?? []).flatMap((one) => one.kinds ?? []);
  const isAny = estimate.windows === undefined || estimate.windows.some((one) => one.kinds === undefined);
  const pre = estimate.pre_exposure ?? 0;
  const before =
    pre === 0
      ? []
      : [
          span(
            sql`x.start_date`,
            [-pre, 0],
            preExposurePlace(estimate),
            isAny ? sql`TRUE` : sql`${kind} IN (${list(kinds)})`,
          ),
        ];
  const parts = [...declared, ...before];
  const none = sql`SELECT person_id, start_date, end_date, 0 AS place FROM ${journey} WHERE FALSE`;
  return derive(
    `sccs_span_${estimate.id}_${members.name}`,
    spanColumns,
    parts.length === 0 ? none : list(parts, 'union'),
  );
}

/** Bands from days on which they start; the first reaches back without end. */
interface Bands {
  readonly labels: readonly string[];
  /** First day of band k + 1, as SQL over `p` (person). */
  readonly starts: readonly Sql[];
}

export function ageBandsOf(estimate: EstimateOf<'sccs'>): Bands {
  const ages = estimate.age_bands;
  if (ages === undefined) return { labels: ['all'], starts: [] };
  const [values, unit] = 'days' in ages ? [ages.days, 'days'] : [ages.years, 'years'];
  const last = values.length - 1;
  return {
    labels: [
      `age under ${values[0]} ${unit}`,
      ...values.map((from, i) =>
        i === last ? `age ${from} ${unit} or more` : `age ${from} to ${(values[i + 1] ?? from) - 1} ${unit}`,
      ),
    ],
    starts: values.map((value) =>
      unit === 'days'
        ? sql`${addDays(sql`p.birth_month`, value)}`
        : sql`${addMonths(sql`p.birth_month`, 12 * value)}`,
    ),
  };
}

export function calendarBandsOf(estimate: EstimateOf<'sccs'>): Bands {
  const days = estimate.calendar_bands ?? [];
  return {
    labels: [
      days.length === 0 ? 'all' : `before ${days[0]}`,
      ...days.map((from, i) =>
        days[i + 1] === undefined ? `from ${from}` : `${from} to before ${days[i + 1]}`,
      ),
    ],
    starts: days.map((day) => sql`CAST(${day} AS DATE)`),
  };
}

/** Every day on which something changes for a person. */
export function cutDays(
  estimate: EstimateOf<'sccs'>,
  members: Table,
  spans: Table<typeof spanColumns>,
): Table {
  const starts = [...ageBandsOf(estimate).starts, ...calendarBandsOf(estimate).starts];
  const parts = [
    sql`SELECT person_id, start_date AS cut_date FROM ${spans}`,
    sql`SELECT person_id, end_date AS cut_date FROM ${spans}`,
    ...starts.map(
      (start) => sql`SELECT p.person_id, ${start} AS cut_date FROM ${person} AS p
        JOIN ${members} AS m ON m.person_id = p.person_id WHERE ${start} IS NOT NULL`,
    ),
  ];
  return derive(
    `sccs_cut_${estimate.id}_${members.name}`,
    { person_id: 'VARCHAR', cut_date: 'DATE' },
    list(parts, 'union'),
  );
}

/** The position of the band that holds `day`; NULL where the start of a band is not known. */
export function bandAt(bands: Bands, day: Sql): Sql {
  const [first] = bands.starts;
  if (first === undefined) return sql`0`;
  const cases = bands.starts
    .map((start, k) => sql`WHEN ${day} < ${start} THEN ${k}`)
    .reduce((above, below) => sql`${above} ${below}`);
  return sql`CASE WHEN ${first} IS NULL THEN NULL ${cases} ELSE ${bands.starts.length} END`;
}
