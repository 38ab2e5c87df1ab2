import type { ReleasedResultRow } from '../disclose/tables.ts';
import { type Estimate, POST_ENTRY_STRATA } from '../protocol/tables.ts';
import type { Html } from './html.ts';
import type { NumberTable } from './number-table.ts';
import type { Figure, ReportInput } from './tables.ts';
import { capital, spoken } from './words.ts';

/** A released row, with what the report needs to know to say it in words. */

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
  readonly figures: readonly Figure[];
  readonly tables: readonly NumberTable[];
}

interface Wanted {
  readonly estimate_id: string;
  readonly variant?: string;
  readonly population?: string;
  readonly stratum?: string;
  readonly level?: string;
  readonly phase?: string | null;
  readonly clock?: string | null;
  readonly measure?: string;
  readonly contrast?: string;
}

export interface Reading {
  readonly input: ReportInput;
  /** The analysis the report tells: the protocol's, or the one variant that was run alone. */
  readonly variant: string;
  readonly find: (wanted: Wanted) => readonly ReleasedResultRow[];
  readonly isRestricted: (population: string) => boolean;
  readonly population: (population: string) => string;
  /** What a stratum divides by, in words. */
  readonly stratum: (stratum: string) => string;
  readonly isAfterEntry: (stratum: string) => boolean;
  readonly levels: (stratum: string, rows: readonly ReleasedResultRow[]) => readonly string[];
  readonly outcome: (estimate: Estimate) => string;
  /** Printed on every picture. */
  readonly stamp: string | undefined;
}

const MEANINGS = new Map<string, string>([
  ['exit_group', 'how treatment ended'],
  ['retention_band', 'time retained'],
  ['success_and_return', 'how treatment ended and whether people came back'],
  ['link_class', 'linkage with the outcome registers'],
]);
const EXITS = [
  'successful',
  'transferred',
  'unplanned',
  'custody',
  'died',
  'inconsistent',
  'unknown',
  'open',
];
const LAST = ['other', 'unknown', 'not recorded'];

export function readingOf(input: ReportInput): Reading {
  const { protocol, released } = input;
  const { study, variant } = protocol;
  const byEstimate = new Map<string, ReleasedResultRow[]>();
  for (const row of released.results) {
    const key = `${row.estimate_id} ${row.variant}`;
    const rows = byEstimate.get(key) ?? [];
    rows.push(row);
    byEstimate.set(key, rows);
  }
  const subsets = study.population.subsets ?? {};
  const restricted = new Set(
    Object.entries(subsets).flatMap(([name, subset]) => (subset.prior_events === undefined ? [] : [name])),
  );
  for (const estimate of protocol.estimates)
    if (estimate.design === 'change' && estimate.restricted !== undefined)
      restricted.add(estimate.restricted);

  const kindOf = (stratum: string): string | undefined => {
    const declared = protocol.strata[stratum];
    return typeof declared === 'string' ? declared : undefined;
  };
  const place = (stratum: string, level: string): number => {
    const kind = kindOf(stratum);
    if (kind === 'retention_band') {
      const known = protocol.retention_bands.findIndex(({ label }) => label === level);
      if (known >= 0) return known;
    }
    if (kind === 'exit_group' || kind === 'success_and_return' || stratum.startsWith('leavers')) {
      const known = EXITS.findIndex((exit) => level === exit || level.startsWith(`${exit},`));
      if (known >= 0) return known;
    }
    return LAST.includes(level) ? 1000 + LAST.indexOf(level) : 100;
  };

  return {
    input,
    variant,
    find: (wanted) => {
      const rows = byEstimate.get(`${wanted.estimate_id} ${wanted.variant ?? variant}`) ?? [];
      const keys = (Object.keys(wanted) as (keyof Wanted)[]).filter((key) => key !== 'variant');
      return rows.filter((row) => keys.every((key) => row[key] === wanted[key]));
    },
    isRestricted: (population) => restricted.has(population),
    population: (population) => (population === 'all' ? 'Everyone' : capital(spoken(population))),
    stratum: (stratum) => MEANINGS.get(kindOf(stratum) ?? '') ?? spoken(stratum),
    isAfterEntry: (stratum) => POST_ENTRY_STRATA.includes(kindOf(stratum) ?? ''),
    levels: (stratum, rows) =>
      [...new Set(rows.flatMap((row) => (row.stratum === stratum && row.level !== null ? [row.level] : [])))]
        .filter((level) => level !== 'all levels')
        .sort((a, b) => place(stratum, a) - place(stratum, b) || (a < b ? -1 : 1)),
    outcome: (estimate) => {
      const name = 'outcome' in estimate ? estimate.outcome : protocol.outcomes[0]?.name;
      const outcome = protocol.outcomes.find((one) => one.name === name);
      if (outcome === undefined) return 'events';
      return outcome.label === outcome.name ? spoken(outcome.name) : outcome.label;
    },
    stamp: stampOf(input),
  };
}

function stampOf({ protocol }: ReportInput): string | undefined {
  const origins = protocol.sources.map(({ origin }) => origin);
  if (!origins.includes('synthetic')) return undefined;
  return origins.every((origin) => origin === 'synthetic') ? 'SYNTHETIC DATA' : 'PARTLY SYNTHETIC DATA';
}

/** What a row says where a number should stand: `*`, or why there is none. */
export function absence(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.status === 'suppressed') return '*';
  return row.note === null ? 'not estimable' : `not estimable: ${row.note}`;
}

/** Tables of the report that no estimate makes. */
const TAKEN = ['flow', 'variants', 'accounts', 'issues', 'link_flow', 'profiles'];

/** The file name of a picture or table of an estimate. No identifier holds a full stop, so no two names are alike. */
export function fileName(estimate: Estimate, ...parts: readonly string[]): string {
  const words = parts
    .flatMap((part) => part.split(' '))
    .map((word) => word.replaceAll(/[^A-Za-z0-9_-]/g, '_'));
  return [estimate.id, ...(TAKEN.includes(estimate.id) ? ['estimate'] : []), ...words].join('.');
}

/** `95%`: the level of the estimate's intervals. */
export function confidenceOf(estimate: Estimate): string {
  return `${Number((100 * (estimate.confidence ?? 0.95)).toFixed(3))}%`;
}

export function titleOf(estimate: Estimate, otherwise: string): string {
  return estimate.title ?? otherwise;
}
