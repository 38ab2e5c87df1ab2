import type { z } from 'zod';
import type { Filled } from '../filled.ts';
import { type Adjust, AGE_AT_ENTRY, type Stratum } from '../vocabulary.ts';
import type { YamlPath } from '../yaml-file.ts';

/** What a design can ask of the study around it, when a protocol is checked. */
export interface Surroundings {
  /** Whether `time_at_risk` has the window. */
  readonly before: boolean;
  readonly after: boolean;
  /** What time at risk is cut at beside phases, taken out of it, and ended by. */
  readonly split: { readonly calendar_year: boolean; readonly age_band: boolean };
  readonly removes: readonly string[];
  readonly ends_at: readonly string[];
  /** Whether a register fills a canonical table, or a column of it. */
  readonly filled: Filled;
  /** Without it the protocol is refused: `the estimate x MESSAGE`, at the estimate's key, with the fix. */
  need(holds: boolean, key: string, message: string, fix: string): void;
  /** A name somewhere in the estimate that must lead to something declared. */
  reference(kind: 'outcome' | 'stratum' | 'subset' | 'covariate', name: string, path: YamlPath): void;
  /** What a declared stratum is read from; undefined where there is none of the name. */
  stratum(name: string): Stratum | undefined;
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
  study.need(
    clock !== 'at-liberty' || study.removes.includes('custody'),
    'clock',
    'uses time at liberty only, and `time_at_risk.remove` removes no custody',
    'Write `remove: [custody]`, or use the calendar clock.',
  );
}

/** Time is divided by calendar year or age only where the study cuts it there. */
export function needsSplit(
  by: readonly ('calendar_year' | 'age_band')[],
  key: string,
  study: Surroundings,
): void {
  for (const division of by) {
    study.need(
      study.split[division],
      key,
      `divides time by ${division.replace('_', ' ')}, and \`time_at_risk.split\` does not cut it there`,
      division === 'age_band'
        ? 'Give `split: {age_bands: [18, 25, 35]}`, or other ages.'
        : 'Give `split: {calendar_year: true}`.',
    );
  }
}

/** The groups of these are formed by what happens after entry: making people alike in them hides what is asked. */
const AFTER_ENTRY: readonly Stratum[] = ['retention_band', 'exit_group', 'success_and_return'];

/** Strata and covariates that an estimate is adjusted for are declared, known at entry, and each named once. */
export function needsAdjustment(adjust: Adjust | undefined, study: Surroundings): void {
  const seen = new Set<string>();
  for (const [i, term] of (adjust ?? []).entries()) {
    const isNumber = typeof term !== 'string';
    const name = isNumber ? term.number : term;
    const key = JSON.stringify(term);
    study.need(!seen.has(key), 'adjust', `adjusts for \`${name}\` twice`, 'Name it once.');
    seen.add(key);
    if (isNumber) {
      if (name !== AGE_AT_ENTRY) study.reference('covariate', name, ['adjust', i, 'number']);
      else
        study.need(
          study.filled('person_record', 'date_of_birth'),
          'adjust',
          'adjusts for age at entry, and no register maps `date_of_birth`',
          'Map it to person_record, or drop the term.',
        );
      continue;
    }
    study.reference('stratum', name, ['adjust', i]);
    const stratum = study.stratum(name);
    study.need(
      stratum === undefined || !AFTER_ENTRY.includes(stratum),
      'adjust',
      `adjusts for \`${name}\`, whose groups are formed by what happens after entry`,
      'Adjust for what was known at entry; divide by the others with `strata`.',
    );
  }
}
