import type { LevelNestingRow, PopulationStepRow, ResultRow } from '../estimate/tables.ts';
import type { IngestAccountRow, IngestIssueRow, RegisterProfileRow } from '../ingest/tables.ts';
import type { JourneyIssueRow } from '../journeys/tables.ts';
import type { LinkFlowRow, LinkIssueRow } from '../link/tables.ts';
import type { AttritionRow, PersontimeIssueRow } from '../persontime/tables.ts';
import type { Study } from '../protocol/tables.ts';

export type { Profile } from './profiles.ts';
export type { Released } from './released.ts';

/** Every number that could leave, unprotected. Nothing else of a run may be handed to the report. */
export interface InternalTables {
  /** What the rows mean to each other: outcomes of the estimates, subsets, windows. */
  readonly study: Pick<Study, 'estimates' | 'population' | 'time_at_risk' | 'strata'>;
  readonly results: readonly ResultRow[];
  readonly attrition: readonly AttritionRow[];
  readonly population_steps: readonly PopulationStepRow[];
  readonly link_flow: readonly LinkFlowRow[];
  readonly accounts: readonly IngestAccountRow[];
  /** Of all stages. Messages are fixed sentences: a count in one would not be found here. */
  readonly issues: readonly (IngestIssueRow | LinkIssueRow | JourneyIssueRow | PersontimeIssueRow)[];
  readonly profiles: readonly RegisterProfileRow[];
  /** Levels of one stratum that lie wholly within a level of another, from `nestedLevels`; none when left out. */
  readonly nesting?: readonly LevelNestingRow[];
}

/** `suppressed`: some numbers of the row are NULL to protect people; the row does not say which count was small. */
export type ReleaseStatus = 'shown' | 'suppressed';

/** Status is estimated, not-estimable or suppressed; of a suppressed row every number is NULL. */
export type ReleasedResultRow = Readonly<ResultRow>;
export type ReleasedAttritionRow = Readonly<AttritionRow> & { readonly status: ReleaseStatus };
export type ReleasedPopulationStepRow = Readonly<PopulationStepRow> & { readonly status: ReleaseStatus };
export type ReleasedLinkFlowRow = Readonly<LinkFlowRow> & { readonly status: ReleaseStatus };
export type ReleasedAccountRow = Readonly<IngestAccountRow> & { readonly status: ReleaseStatus };
export type ReleasedIssueRow = Readonly<IngestIssueRow> & { readonly status: ReleaseStatus };
export type ReleasedProfileRow = Readonly<RegisterProfileRow> & { readonly status: ReleaseStatus };

/** What was done to the numbers, in words and counts that are safe to print. */
export interface DisclosureStatement {
  readonly profile: string;
  readonly version: string;
  readonly threshold: number;
  readonly rounding: number;
  readonly source: string;
  readonly banner: string | null;
  /** The one sentence every suppressed row carries. */
  readonly suppressed_note: string;
  readonly rows: number;
  readonly rows_suppressed: number;
}

export interface ReleasedTables {
  readonly disclosure: DisclosureStatement;
  readonly results: readonly ReleasedResultRow[];
  readonly attrition: readonly ReleasedAttritionRow[];
  readonly population_steps: readonly ReleasedPopulationStepRow[];
  readonly link_flow: readonly ReleasedLinkFlowRow[];
  readonly accounts: readonly ReleasedAccountRow[];
  readonly issues: readonly ReleasedIssueRow[];
  readonly profiles: readonly ReleasedProfileRow[];
}
