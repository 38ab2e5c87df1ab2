import type { Estimate, RetentionBand, Stratum, Study } from './schema.ts';
import type { Source } from './source.ts';

export { SYSTEM_METRIC_PRESETS, type SystemMetric } from './presets/system-metrics.ts';
export type {
  Adjust,
  Estimate,
  EstimateOf,
  GapRule,
  Length,
  OffenceSet,
  RetentionBand,
  Stratum,
  Study,
} from './schema.ts';
export type { Dictionary, DictionaryColumn, Source, TableMapping } from './source.ts';
export { AGE_AT_ENTRY } from './vocabulary.ts';

/** Strata that use what happens after entry: comparing them compares people who have already fared differently. */
export const POST_ENTRY_STRATA: readonly string[] = ['retention_band', 'exit_group', 'success_and_return'];

export type ExitGroup = 'successful' | 'transferred' | 'unplanned' | 'custody' | 'died' | 'unknown';

/** A gap rule with its preset resolved. */
export interface ResolvedGap {
  /** The preset's name, or `inline`. */
  readonly name: string;
  /** Whole days, or calendar months where the rule is written in months. */
  readonly days?: number;
  readonly months?: number;
  readonly transfer_days?: number;
  readonly by_exit_reason?: Readonly<Record<string, number>>;
}

/** One line of an offence code list: the code counts for offences on days in [from_date, to_date). */
export interface OffenceCode {
  readonly code: string;
  readonly from_date: string | null;
  readonly to_date: string | null;
}

/** An offence set with its preset or code list resolved: every condition given must hold. */
export interface ResolvedOutcome {
  readonly name: string;
  readonly label: string;
  /** `preset trigger-2007 v1`, `codelist codelists/x.csv` or `inline`. */
  readonly definition: string;
  readonly codes?: readonly OffenceCode[];
  readonly groups?: readonly string[];
  readonly exclude_groups?: readonly string[];
  readonly kinds?: readonly string[];
  readonly offence_days: boolean;
}

/** Everything a run needs, checked, with presets resolved and defaults filled in. What the stages are handed. */
export interface Protocol {
  /** Absolute path of the study folder. */
  readonly folder: string;
  readonly study: Study;
  readonly sources: readonly ResolvedSource[];
  /** SHA-256 of the canonical text of study, sources, dictionaries and code lists. */
  readonly hash: string;
  /** `protocol`, or the name of a declared variant. */
  readonly variant: string;
  readonly gap: ResolvedGap;
  /** Exit reason as recorded -> group; a reason not named is unknown. */
  readonly exit_groups: Readonly<Record<string, ExitGroup>>;
  readonly exit_groups_name: string;
  readonly retention_bands: readonly RetentionBand[];
  readonly outcomes: readonly ResolvedOutcome[];
  readonly strata: Readonly<Record<string, Stratum>>;
  readonly estimates: readonly Estimate[];
  readonly headline: string;
  /** Every definition used, for the report: name, version and text. */
  readonly definitions_used: readonly DefinitionUsed[];
}

export interface ResolvedSource extends Source {
  /** The source file's path relative to the study. */
  readonly path: string;
  /** Absolute paths of the extracts, environment variables replaced. */
  readonly resolved_files: readonly string[];
  /** The dictionary's columns, from the dictionary file or inline. */
  readonly dictionary_columns: Readonly<Record<string, import('./source.ts').DictionaryColumn>>;
}

export interface DefinitionUsed {
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly text: string;
  /** `verified`, or `provisional` where the wording was not checked against the official source. */
  readonly standing: 'verified' | 'provisional';
  /** Where it comes from; absent for a definition that this protocol writes itself. */
  readonly source?: string;
}
