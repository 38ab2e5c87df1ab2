import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { Estimate, EstimateOf } from '../../protocol/tables.ts';
import type { Reading, Section } from '../reading.ts';
import type { Statement } from './statement.ts';

/** A number of the headline under one variant. */
export interface VariantLine {
  readonly variant: string;
  /** What is drawn in one colour: a population or a measure. */
  readonly series: string;
  readonly population: string;
  readonly row: ReleasedResultRow | undefined;
}

/** How a design is told: its section, the headline's sentences, and the headline under the declared variants. */
export interface DesignReport<D extends Estimate['design']> {
  /** What the number cannot say: stands with the headline and with pictures. */
  readonly caution: string;
  /** Where that depends on what the estimate asks. */
  cautionOf?(estimate: EstimateOf<D>): string;
  section(reading: Reading, estimate: EstimateOf<D>): Promise<Section>;
  statements(reading: Reading, estimate: EstimateOf<D>): readonly Statement[];
  readonly variants: {
    readonly axis: string;
    /** Vega expression of the axis labels. */
    readonly ticks: string;
    readonly text: (row: ReleasedResultRow | undefined) => string;
    /** What `series` is, for the table's head. */
    readonly label: string;
    /** Where nothing changes; left out: values start at 0. */
    readonly reference?: number;
    /** The change a row says, for the caution of selected populations. */
    readonly change?: (row: ReleasedResultRow | undefined) => number | null;
    lines(reading: Reading, estimate: EstimateOf<D>, variant: string): readonly VariantLine[];
  };
}
