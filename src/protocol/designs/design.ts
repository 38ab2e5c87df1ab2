import type { z } from 'zod';
import type { Filled } from '../filled.ts';
import type { YamlPath } from '../yaml-file.ts';

/** What a design can ask of the study around it, when a protocol is checked. */
export interface Surroundings {
  /** Whether `time_at_risk` has the window. */
  readonly before: boolean;
  readonly after: boolean;
  /** Whether a register fills a canonical table, or a column of it. */
  readonly filled: Filled;
  /** Without it the protocol is refused: `the estimate x MESSAGE`, at the estimate's key, with the fix. */
  need(holds: boolean, key: string, message: string, fix: string): void;
  /** A name somewhere in the estimate that must lead to something declared. */
  reference(kind: 'outcome' | 'stratum' | 'subset', name: string, path: YamlPath): void;
}

/** A design as a protocol writes it: its keys, its defaults, its sentence and what it needs. One file a design. */
export interface DesignDefinition<S extends z.ZodObject> {
  readonly schema: S;
  /** Fills in the documented defaults of the design's own keys. */
  withDefaults(estimate: z.infer<S>): z.infer<S>;
  /** What is estimated, as a part of a sentence: `rates of all by window and phase`. */
  describe(estimate: z.infer<S>): string;
  check(estimate: z.infer<S>, study: Surroundings): void;
}

/** Keeps the schema's type while the other members are checked against it. */
export function defineDesign<S extends z.ZodObject>(definition: DesignDefinition<S>): DesignDefinition<S> {
  return definition;
}

export const MAP_OFFENCE = 'Map `offence` in the source of the outcome register.';

/** Time at liberty needs somebody who says who was in custody. */
export function needsCustody(clock: string | undefined, study: Surroundings): void {
  study.need(
    clock !== 'at-liberty' || study.filled('custody'),
    'clock',
    'uses time at liberty only, and no register fills `custody`',
    'Map `custody` in a source, or use the calendar clock.',
  );
}
