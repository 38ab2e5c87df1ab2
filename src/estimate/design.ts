import type { ColumnData, Columns, Row, Table } from '../engine/index.ts';
import type { Estimate, EstimateOf, Protocol } from '../protocol/tables.ts';
import type { ResultRow } from './tables.ts';

/** Reads a table of counts, totally ordered by its columns from left to right, missing values first. */
export interface Reader {
  /** As objects: for tables of sufficient statistics. */
  rows<C extends Columns>(columns: C, table: Table): Promise<Row<C>[]>;
  /** As arrays, numbers as Float64Array (NULL is NaN): for tables with a row a person. */
  columns<C extends Columns>(columns: C, table: Table): Promise<ColumnData<C>>;
}

/** An estimate in one population: its tables of counts, and the rows it makes of them. */
export interface Planned {
  readonly tables: readonly Table[];
  readonly rows: (read: Reader) => Promise<ResultRow[]>;
}

/** What every row of an estimate in a population carries. */
export interface EstimateContext {
  readonly estimate_id: string;
  readonly population: string;
  readonly variant: string;
  /** Confidence level. */
  readonly confidence: number;
}

export interface DesignInput<D extends Estimate['design']> {
  readonly protocol: Protocol;
  readonly estimate: EstimateOf<D>;
  /** The persons of the population: person_id. */
  readonly members: Table;
  readonly context: EstimateContext;
}

/** A design: counts in the engine, then fits on arrays. One folder each; `designs.ts` lists them. */
export interface Design<D extends Estimate['design']> {
  /** What is estimated, in words; docs/methods has the whole. */
  readonly estimand: string;
  plan(input: DesignInput<D>): Planned;
  /** The populations it is made in; left out: the one the estimate names. */
  populations?(protocol: Protocol, estimate: EstimateOf<D>): readonly string[];
}
