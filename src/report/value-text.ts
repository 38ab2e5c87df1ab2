import type { ReleasedResultRow } from '../disclose/tables.ts';
import { type Content, html } from './html.ts';
import { digitsFor, percentDigits, SUPPRESSED, signed } from './numbers.ts';
import { absence, type Reading } from './reading.ts';
import { capital } from './words.ts';

/** A released value with its interval: in a sentence, in a cell, and as columns of a file. */

export function percentText(row: ReleasedResultRow | undefined): string {
  if (row === undefined || row.value === null) return absence(row);
  const digits = percentDigits(row.ci_low, row.ci_high);
  return row.ci_low === null || row.ci_high === null
    ? `${signed(row.value, digits)}% (no interval)`
    : `${signed(row.value, digits)}% (${signed(row.ci_low, digits)} to ${signed(row.ci_high, digits)})`;
}

export function withInterval(row: ReleasedResultRow | undefined, unit = ''): Content {
  if (row === undefined || row.value === null) return absence(row);
  const digits = unit === '%' ? 1 : digitsFor(row.value);
  const interval =
    row.ci_low === null || row.ci_high === null
      ? (row.note ?? 'no interval')
      : `${signed(row.ci_low, digits)} to ${signed(row.ci_high, digits)}`;
  return html`${signed(row.value, digits)}${unit} <span class="interval">(${interval})</span>`;
}

/** Value, interval, persons behind it and status as columns of the file. */
export function fileColumns<R>(name: string, pick: (row: R) => ReleasedResultRow | undefined) {
  return {
    [name]: (row: R) => pick(row)?.value ?? null,
    [`${name}_low`]: (row: R) => pick(row)?.ci_low ?? null,
    [`${name}_high`]: (row: R) => pick(row)?.ci_high ?? null,
    [`${name}_status`]: (row: R) => pick(row)?.status ?? null,
  };
}

/** What * means, where a picture shows one. */
export function markNote(reading: Reading, points: readonly { readonly text: string }[]): string {
  return points.some(({ text }) => text.includes(SUPPRESSED))
    ? `${SUPPRESSED} ${capital(reading.input.released.disclosure.suppressed_note)}.`
    : '';
}
