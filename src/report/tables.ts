import type { Released, ReleasedTables } from '../disclose/tables.ts';
import type { Protocol } from '../protocol/tables.ts';

/** What the report is made from. Numbers only through Released. */
export interface ReportInput {
  readonly released: Released<ReleasedTables>;
  readonly protocol: Protocol;
  /** The protocol in sentences. */
  readonly description: readonly string[];
  readonly provenance: Provenance;
}

/** Where the numbers come from. No time of day: the same inputs give the same bytes. */
export interface Provenance {
  readonly desist_version: string;
  readonly engine: string;
  readonly protocol_hash: string;
  /** not frozen / as frozen / changed since it was frozen, in a sentence. */
  readonly standing: string;
  /** What differs from the frozen protocol: paths of the protocol. */
  readonly deviations: readonly string[];
  /** Each opening of the outcomes with another protocol or variant, in words; dates as YYYY-MM-DD. */
  readonly outcomes_opened: readonly string[];
  readonly stages: readonly StageProvenance[];
}

export interface StageProvenance {
  readonly stage: string;
  readonly variant: string;
  readonly key: string;
  readonly version: number;
  /** Name -> SHA-256 of everything the stage read. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The complete SQL. */
  readonly sql: string;
}

/** A picture with its words. Title, caption and alternative text are three different texts. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly alt: string;
  readonly svg: string;
  /** The Vega-Lite specification with its data, where the figure has one. */
  readonly spec: unknown;
  /** The figure's numbers: header, then rows; what a reader can open in R. */
  readonly table: readonly (readonly (string | number | null)[])[];
}

/** Everything a report leaves behind, as files relative to the output folder. */
export interface RenderedReport {
  readonly html: string;
  readonly figures: readonly Figure[];
  /** File name -> content: tables as CSV, figures as SVG and JSON. */
  readonly files: ReadonlyMap<string, string>;
  /** The headline with its caution, as plain sentences for the command line. */
  readonly headline: readonly string[];
}
