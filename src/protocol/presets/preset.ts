/** What every preset says about itself. A changed meaning is a new version, never a quiet edit. */
export interface Preset {
  readonly name: string;
  readonly version: string;
  /** The definition in words, as the report prints it. */
  readonly text: string;
  /** Where it comes from. */
  readonly source: string;
  /** `verified` against the source named; `provisional` where the official wording has not been read. */
  readonly standing: 'verified' | 'provisional';
}
