import type { ReleasedResultRow } from '../../disclose/tables.ts';
import { count } from '../numbers.ts';
import type { Reading } from '../reading.ts';
import { lengthWords } from '../words.ts';

/** An answer in words, with its caution beside it. */

export interface Statement {
  readonly who: string;
  /** The number in a few words: 26% fewer. */
  readonly figure: string;
  /** What the number is of. */
  readonly of: string;
  readonly interval: string;
  readonly caution: string | undefined;
  /** The whole as one sentence, for the command line. */
  readonly sentence: string;
}

export const UNSHOWN = 'not shown, to protect people';

export function windows(reading: Reading): { readonly before: string; readonly after: string } {
  const { before, after } = reading.input.protocol.study.time_at_risk;
  const later =
    after === undefined
      ? 'the time after entry'
      : 'until' in after
        ? `the time from entry to ${after.until === 'journey-end' ? 'the end of the journey' : 'the end of the data'}`
        : `the ${lengthWords(after)} after entry`;
  return {
    before: before === undefined ? 'the time before' : `the ${lengthWords(before)} before`,
    after: later,
  };
}

export function personsWords(row: ReleasedResultRow): string {
  return row.persons === null ? '' : `, ${count(row.persons)} persons`;
}
