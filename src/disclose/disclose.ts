import type { ResultRow } from '../estimate/tables.ts';
import type { Profile } from './profiles.ts';
import { type Released, seal } from './released.ts';
import type { InternalTables, ReleasedTables, ReleaseStatus } from './tables.ts';

/** The sentence a suppressed row carries: the same for every reason, since the reason itself would narrow the count. */
export function suppressedNote(profile: Profile): string {
  return `fewer than ${profile.threshold} persons or events, or needed to protect such a count`;
}

/** Protects every table by the profile. The only maker of Released<T>. */
export function disclose(internal: InternalTables, profile: Profile): Released<ReleasedTables> {
  const small = (count: number | null): boolean =>
    count !== null && count < profile.threshold && (count > 0 || profile.zero === 'hidden');
  const note = suppressedNote(profile);
  const cellKey = (row: ResultRow): string =>
    JSON.stringify([
      row.estimate_id,
      row.variant,
      row.population,
      row.stratum,
      row.level,
      row.phase,
      row.clock,
    ]);
  const hidden = new Set<string>();
  for (const row of internal.results) {
    const counts = row.measure === 'persons' || row.measure?.startsWith('events') ? [row.value] : [];
    if ([row.persons, row.events, ...counts].some(small)) hidden.add(cellKey(row));
  }
  const results = internal.results.map((row) =>
    hidden.has(cellKey(row)) ? withheld(row, note) : { ...row },
  );
  const guard = <T extends object, K extends keyof T>(rows: readonly T[], columns: readonly K[]) =>
    rows.map((row) => {
      const status: ReleaseStatus = columns.some((column) => small(row[column] as number | null))
        ? 'suppressed'
        : 'shown';
      const cleared =
        status === 'shown' ? {} : (Object.fromEntries(columns.map((column) => [column, null])) as Partial<T>);
      return { ...row, ...cleared, status };
    });
  const tables = {
    results,
    attrition: guard(internal.attrition, ['persons', 'events']),
    link_flow: guard(internal.link_flow, ['records', 'persons']),
    accounts: guard(internal.accounts, ['records_read', 'accepted', 'quarantined']),
    issues: guard(internal.issues, ['count']),
    profiles: guard(internal.profiles, ['records', 'missing', 'open_ended']),
  };
  const statuses = Object.values(tables).flatMap((rows) => rows.map((row) => row.status));
  return seal({
    disclosure: {
      profile: profile.id,
      version: profile.version,
      threshold: profile.threshold,
      rounding: profile.rounding,
      source: profile.source,
      banner: profile.banner,
      suppressed_note: note,
      rows: statuses.length,
      rows_suppressed: statuses.filter((status) => status === 'suppressed').length,
    },
    ...tables,
  });
}

/** The row without any number: what is left says where the gap is, not how large. */
export function withheld(row: ResultRow, note: string): ResultRow {
  return {
    ...row,
    value: null,
    ci_low: null,
    ci_high: null,
    persons: null,
    events: null,
    person_years: null,
    std_error: null,
    p_value: null,
    null_value: null,
    null_low: null,
    null_high: null,
    status: 'suppressed',
    note,
  };
}
