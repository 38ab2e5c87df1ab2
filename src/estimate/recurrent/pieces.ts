import type { ColumnData, Row } from '../../engine/index.ts';
import type { EstimateContext } from '../design.ts';
import type { recurrentPiece, recurrentStratum } from './counts.ts';

/** What was read, as the fits take it. */

export interface RecurrentContext extends EstimateContext {
  /** Days at which tables report the mean. */
  readonly times: readonly number[];
}

type PieceColumns = ColumnData<typeof recurrentPiece>;

/** One entry a piece, in order of person and time. */
export interface Pieces extends PieceColumns {
  readonly rows: number;
}

export function piecesOf(columns: PieceColumns): Pieces {
  return { ...columns, rows: columns.person.length };
}

/** One division of the persons: the level of each as a number, -1 for none. */
export interface Division {
  readonly stratum: string;
  readonly levels: readonly string[];
  readonly level: Int32Array;
}

/** `all` first, then the strata by name. */
export function divisionsOf(rows: readonly Row<typeof recurrentStratum>[], persons: number): Division[] {
  const strata = [...new Set(rows.map(({ stratum }) => stratum ?? 'all'))].sort(
    (a, b) => Number(b === 'all') - Number(a === 'all') || (a < b ? -1 : 1),
  );
  return strata.map((stratum) => {
    const own = rows.filter((row) => row.stratum === stratum);
    const levels = [...new Set(own.map((row) => row.level ?? 'not recorded'))].sort();
    const place = new Map(levels.map((level, i) => [level, i]));
    const level = new Int32Array(persons).fill(-1);
    for (const row of own) level[row.person ?? 0] = place.get(row.level ?? 'not recorded') ?? -1;
    return { stratum, levels, level };
  });
}

/** The columns of the persons by name. */
export type PersonData = Readonly<Record<string, Float64Array | readonly (string | boolean | null)[]>>;
