/**
 * Rows that belong to persons (or pairs, areas: any unit observed repeatedly), contiguous and in order.
 */
import { assertDesign, type Design } from './design.ts';

export interface PersonRows {
  readonly design: Design;
  /** Person i is rows start[i] .. start[i + 1] - 1; length persons + 1, first 0, last rows. */
  readonly start: Int32Array;
  readonly events: Float64Array;
  /** Person-time of each row, >= 0. */
  readonly exposure: Float64Array;
}

/** Row ranges from one identifier per row. Throws when the rows of a person are not contiguous. */
export function personStarts<T>(person: ArrayLike<T>): Int32Array {
  const start: number[] = [];
  const seen = new Set<T>();
  for (let i = 0; i < person.length; i++) {
    const id = person[i] as T;
    if (i > 0 && id === person[i - 1]) continue;
    if (seen.has(id)) throw new RangeError('person rows: the rows of a person are not contiguous');
    seen.add(id);
    start.push(i);
  }
  start.push(person.length);
  return Int32Array.from(start);
}

export function assertPersonRows(data: PersonRows): void {
  const { design, start, events, exposure } = data;
  assertDesign(design, events, exposure);
  if (start.length < 1 || start[0] !== 0 || start[start.length - 1] !== design.rows) {
    throw new RangeError('person rows: start must run from 0 to the number of rows');
  }
  for (let i = 1; i < start.length; i++) {
    if (!((start[i] as number) >= (start[i - 1] as number)))
      throw new RangeError('person rows: start must not fall');
  }
  for (let i = 0; i < design.rows; i++) {
    if (!((events[i] as number) >= 0) || !((exposure[i] as number) >= 0)) {
      throw new RangeError('person rows: events and exposure must be >= 0 and finite');
    }
  }
}
