import { z } from 'zod';
import { type Estimate, estimate } from './designs/index.ts';
import { day, identifier, length, stratum } from './vocabulary.ts';

/**
 * study.yaml: what is asked. This schema is the single source of the TypeScript types, of the JSON Schema that editors
 * complete from, and of the reference pages.
 */

export const gapPresets = ['ndtms-21d', 'omt-7d', 'aihw-3m', 'omop-30d', 'adherer-90d', 'none'] as const;
export const exitPresets = ['ndtms-2012', 'ndtms-2012-referred-on-is-success', 'as-recorded'] as const;
export const offencePresets = ['all-recordable', 'trigger-2007', 'acquisitive', 'drug', 'violence'] as const;

const linkage = z
  .discriminatedUnion('method', [
    z.strictObject({
      method: z.literal('given').describe('The extracts carry a common id already.'),
      spine: identifier.describe("The treatment register: its persons are the study's persons."),
      pseudonym_key: z.string().optional().describe('File with the secret key of the pseudonyms.'),
    }),
    z.strictObject({
      method: z.literal('deterministic').describe('Exact agreement on keys, unique on both sides.'),
      spine: identifier.describe("The treatment register: its persons are the study's persons."),
      keys: z
        .array(
          z.enum([
            'given_name',
            'family_name',
            'initials',
            'date_of_birth',
            'sex',
            'postcode',
            'area',
            'national_id',
          ]),
        )
        .min(1)
        .describe('Identifiers that must agree exactly. A missing value agrees with nothing.'),
      same_ids: z
        .record(identifier, identifier)
        .optional()
        .describe(
          'Registers that use the record ids of another: {custody: police} links custody through the police id.',
        ),
      pseudonym_key: z.string().optional().describe('File with the secret key of the pseudonyms.'),
    }),
  ])
  .describe(
    'How records become persons. given: the extracts carry a common id already. deterministic: exact agreement on keys, unique on both sides.',
  );

const gapRule = z.union([
  z.enum(gapPresets).describe('A preset; see docs/reference/definitions.md.'),
  z.strictObject({
    days: z.int().min(0).describe('A gap of at most this many treatment-free days does not break a journey.'),
    transfer_days: z.int().min(0).optional().describe('Another limit when the service changes.'),
    by_exit_reason: z
      .record(z.string(), z.int().min(0))
      .optional()
      .describe('Another limit after an exit for this reason.'),
  }),
]);

const offenceSet = z.union([
  z.enum(offencePresets),
  z.strictObject({
    label: z.string().optional().describe('How tables and figures call the set; default its name.'),
    preset: z
      .enum(offencePresets)
      .optional()
      .describe('A preset to narrow further, e.g. to kinds: [conviction].'),
    codelist: z
      .string()
      .optional()
      .describe('codelists/NAME.csv with the columns code, from_date, to_date (both may be empty).'),
    groups: z.array(z.string()).min(1).optional().describe('Only offences of these groups of the register.'),
    kinds: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('Only offences of these kinds: arrest, charge, conviction, caution, self-report.'),
    exclude_groups: z.array(z.string()).optional().describe('Offences of these groups do not count.'),
    offence_days: z.boolean().optional().describe('Collapse the offences of a day to one.'),
  }),
]);

const band = z.strictObject({
  label: z.string().describe('How tables call the band.'),
  from_days: z.int().min(0).describe('First day, counted from entry, that belongs.'),
  to_days: z
    .int()
    .positive()
    .optional()
    .describe('First day that no longer belongs; left out: no upper end.'),
});

const definitions = z.strictObject({
  spells: z
    .strictObject({
      from: z.enum(['episodes', 'doses', 'contacts']).describe('Which table carries the treatment.'),
      kinds: z.array(z.string()).min(1).optional().describe('Only interventions or contacts of these kinds.'),
      days_per_dose: z
        .int()
        .positive()
        .optional()
        .describe('How many days one dose or contact covers; default 1.'),
      start: z
        .enum(['start', 'triage'])
        .optional()
        .describe('episodes: which date starts the spell; default start, triage where that is missing.'),
    })
    .describe('What a treatment spell is made from.'),
  gap: gapRule.describe('Which gaps do not break a journey.'),
  exit_groups: z
    .union([
      z.enum(exitPresets),
      z.record(z.string(), z.enum(['successful', 'transferred', 'unplanned', 'custody', 'died', 'unknown'])),
    ])
    .optional()
    .describe('Which exit reasons form which group; default ndtms-2012.'),
  retention_bands: z
    .union([z.enum(['nta-2012', 'none']), z.array(band).min(1)])
    .optional()
    .describe(
      'How long a journey lasted; default nta-2012: under 3 months, 3-6, 6-12, 12-24 months, the whole window.',
    ),
  outcomes: z
    .record(identifier, offenceSet)
    .describe('Named offence sets; the first is the primary outcome.'),
  outcome_date: z
    .enum(['offence', 'disposal'])
    .optional()
    .describe('Which date an offence counts on; default offence.'),
});

const subset = z.strictObject({
  prior_events: z
    .strictObject({
      outcome: identifier.describe('An outcome of `definitions.outcomes`.'),
      at_least: z.int().positive().describe('How many.'),
    })
    .optional()
    .describe('Persons with at least so many events in the earlier window.'),
  stratum: z
    .strictObject({
      name: identifier.describe('A stratum of `strata`.'),
      levels: z.array(z.string()).min(1).describe('The levels that belong.'),
    })
    .optional()
    .describe('Persons in these levels of a stratum.'),
  description: z.string().optional().describe('The subset in words, for the report.'),
});

const population = z.strictObject({
  entry: z
    .enum(['first-journey', 'first-journey-in-window'])
    .describe(
      'first-journey: the first ever seen must start in the window. first-journey-in-window: (re)starters count.',
    ),
  entry_window: z
    .strictObject({ from: day, to: day.describe('First day that no longer counts.') })
    .describe('When a journey must start for its person to enter the study.'),
  age: z
    .strictObject({
      at_least: z.int().min(0).optional().describe('Completed years.'),
      below: z.int().positive().optional().describe('First age that no longer counts.'),
    })
    .optional()
    .describe('Age at entry.'),
  link_classes: z
    .array(z.enum(['matched', 'absent', 'ambiguous', 'unlinkable']))
    .min(1)
    .optional()
    .describe('Default matched and absent: reliably matched to, or absent from, the outcome register.'),
  washout: length.optional().describe('No treatment in this time before entry.'),
  require_full_windows: z
    .boolean()
    .optional()
    .describe('Only persons whose windows the registers cover in full; default true.'),
  require_exposure: z.boolean().optional().describe('aggregate: only cells with time at liberty.'),
  subsets: z
    .record(identifier, subset)
    .optional()
    .describe('Named parts of the population, such as known recent offenders.'),
});

const timeAtRisk = z.strictObject({
  before: length.optional().describe('The earlier window: so long before entry.'),
  after: z
    .union([
      length,
      z.strictObject({
        until: z
          .enum(['journey-end', 'end-of-data'])
          .describe('The window ends with the journey, or with the data.'),
        at_most: length.optional().describe('And never later than this.'),
      }),
    ])
    .optional()
    .describe('The later window: so long from entry, or until something happens.'),
  remove: z
    .array(z.enum(['custody']))
    .optional()
    .describe('Time that is not at liberty; default custody.'),
  end_at: z
    .array(z.enum(['death', 'emigration', 'end-of-data']))
    .optional()
    .describe('Default all three.'),
  split: z
    .strictObject({
      calendar_year: z.boolean().optional().describe('Split person-time at each 1 January.'),
      age_bands: z
        .array(z.int().positive())
        .min(1)
        .optional()
        .describe('Ages at which a new band starts; default 18, 25, 35.'),
    })
    .optional()
    .describe('Split person-time further, for rates by calendar year or age band.'),
});

export const studySchema = z
  .strictObject({
    schema_version: z.literal(1, { error: 'E-PROTOCOL-VERSION' }).describe('The version of this format: 1.'),
    title: z.string().describe('The title of the study and of its report.'),
    question: z.string().describe('The question in one sentence, as the report will ask it.'),
    authors: z.array(z.string()).optional().describe('Who answers for the study.'),
    sources: z
      .array(z.string())
      .min(1)
      .describe('Source files, one a register, relative to the study: sources/treatment.yaml.'),
    linkage,
    definitions: definitions.describe(
      'Treatment, journeys, exits and outcomes: what the words of the study mean.',
    ),
    population: population.describe('Who is studied, from which day on.'),
    time_at_risk: timeAtRisk.describe('Which of their time counts.'),
    strata: z
      .record(identifier, stratum)
      .optional()
      .describe('Named ways to divide the population: {sex: sex, route: referral_route}.'),
    estimates: z.array(estimate).min(1).describe('What is estimated, in the order of the report.'),
    headline: identifier.optional().describe('The estimate that the report opens with; default the first.'),
    variants: z
      .record(
        identifier,
        z.strictObject({
          why: z.string().describe('Why the alternative is worth knowing.'),
          set: z.record(z.string(), z.unknown()).describe('Path -> value, e.g. definitions.gap: omt-7d.'),
        }),
      )
      .optional()
      .describe('Declared alternatives: the same study with some settings changed.'),
    disclosure: z
      .strictObject({
        profile: z
          .enum(['ndtms', 'opensafely', 'acro', 'none'])
          .describe('none: only where every source is synthetic or public.'),
        threshold: z.int().positive().optional().describe("A higher threshold than the profile's."),
      })
      .describe('How the people in the tables are protected.'),
    report: z
      .strictObject({
        language: z.enum(['en']).optional().describe('Default en.'),
        audience: z.string().optional().describe('Who the report is for.'),
        caution: z
          .string()
          .optional()
          .describe("What the reader must know before the headline, in the author's words."),
      })
      .optional()
      .describe('What the report needs beyond the numbers.'),
  })
  .describe('A study protocol.');

export type Study = z.infer<typeof studySchema>;
export type { Estimate };
export type EstimateOf<D extends Estimate['design']> = Extract<Estimate, { design: D }>;
export type OffenceSet = z.infer<typeof offenceSet>;
export type GapRule = z.infer<typeof gapRule>;
export type { Adjust, Length, Stratum } from './vocabulary.ts';
export type RetentionBand = z.infer<typeof band>;
