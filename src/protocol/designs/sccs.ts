import { z } from 'zod';
import { confidence, day, estimateBase, identifier } from '../vocabulary.ts';
import { defineDesign, MAP_OFFENCE, needsCustody } from './design.ts';

const riskWindow = z.strictObject({
  label: z.string().min(1).describe('How tables call it; windows of the same label are one level.'),
  from: z.enum(['start', 'end']).describe('Counted from the first day of the exposure, or from its end.'),
  days: z
    .tuple([z.int(), z.int()])
    .describe('First day and first day that no longer belongs; before is negative: [15, 36].'),
  kinds: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Only interventions of these kinds; journeys: of these services.'),
});

const rising = <T extends number | string>(values: readonly T[]): boolean =>
  values.every((value, i) => i === 0 || value > (values[i - 1] ?? value));

const schema = z.strictObject({
  ...estimateBase,
  design: z.literal('sccs').describe('Self-controlled case series: the same person exposed and not exposed.'),
  outcome: identifier.describe('An outcome of `definitions.outcomes`.'),
  exposure: z
    .enum(['journeys', 'interventions'])
    .optional()
    .describe('What exposes: treatment journeys (default), or the rows of `intervention`.'),
  windows: z
    .array(riskWindow)
    .min(1)
    .optional()
    .describe('Risk windows. A day in several belongs to the one that is declared first.'),
  phases: z
    .boolean()
    .optional()
    .describe(
      'Time in no window by phase of treatment (before, waiting, in, between, after); default true where there are no windows. Otherwise it is the baseline.',
    ),
  pre_exposure: z
    .int()
    .min(0)
    .optional()
    .describe(
      'So many days before each exposure are a level of their own, and tested; default 90 for phases, else 0.',
    ),
  reference: z
    .string()
    .optional()
    .describe('The level that others are compared with; default `before` for phases, else `baseline`.'),
  age_bands: z
    .union([
      z.strictObject({ days: z.array(z.int().positive()).min(1).describe('In days: [548].') }),
      z.strictObject({ years: z.array(z.int().positive()).min(1).describe('In years: [25, 35].') }),
    ])
    .optional()
    .describe('Ages at which a new band starts, from the first of the month of birth.'),
  calendar_bands: z.array(day).min(1).optional().describe('Days on which a new period starts.'),
  variance: z
    .enum(['robust', 'model'])
    .optional()
    .describe('Which interval the report leads with; both are in the results. Default robust (by person).'),
  clock: z
    .enum(['calendar', 'at-liberty'])
    .optional()
    .describe('at-liberty (default, where custody is known): custody is removed from the time observed.'),
  confidence,
});

type Sccs = z.infer<typeof schema>;

const isByPhase = ({ exposure, windows, phases }: Sccs): boolean =>
  phases ?? (exposure !== 'interventions' && windows === undefined);

export const sccs = defineDesign({
  schema,
  withDefaults: (estimate): Sccs => {
    const byPhase = isByPhase(estimate);
    return {
      ...estimate,
      exposure: estimate.exposure ?? 'journeys',
      phases: byPhase,
      pre_exposure: estimate.pre_exposure ?? (byPhase ? 90 : 0),
      reference: estimate.reference ?? (byPhase ? 'before' : 'baseline'),
      variance: estimate.variance ?? 'robust',
    };
  },
  describe: ({ outcome, exposure, windows }) =>
    `the relative incidence of ${outcome} in the same persons, ${windows === undefined ? 'by phase of treatment' : `in ${new Set(windows.map(({ label }) => label)).size === 1 ? 'a declared window' : 'declared windows'} around ${exposure ?? 'journeys'}`} (self-controlled case series)`,
  check: (estimate, study) => {
    const { need, filled } = study;
    need(
      study.before || study.after,
      'design',
      'needs time to observe, and `time_at_risk` has neither `before` nor `after`',
      'Give the windows, for example {months: 24}.',
    );
    need(filled('offence'), 'outcome', 'counts offences, and no register fills `offence`', MAP_OFFENCE);
    needsCustody(estimate.clock, study);
    const isOfInterventions = estimate.exposure === 'interventions';
    need(
      !isOfInterventions || filled('intervention'),
      'exposure',
      'is of interventions, and no register fills `intervention`',
      'Map `intervention` in a source.',
    );
    need(
      !isOfInterventions || estimate.windows !== undefined,
      'windows',
      'is of interventions, which have no phases, and declares no windows',
      'Give `windows`, for example [{label: two weeks, from: start, days: [0, 14]}].',
    );
    need(
      !isOfInterventions || estimate.phases !== true,
      'phases',
      'divides by phase, which only journeys have',
      'Leave `phases` out.',
    );
    need(
      (estimate.windows ?? []).every(({ days: [from, to] }) => from < to),
      'windows',
      'has a window that ends before it begins',
      'The second day is the first that no longer belongs.',
    );
    const own = ['baseline', 'pre-exposure', 'before', 'waiting', 'in', 'between', 'after'];
    need(
      (estimate.windows ?? []).every(({ label }) => !own.includes(label)),
      'windows',
      'has a window with the name of a level that is made anyway',
      `Choose other labels than ${own.join(', ')}.`,
    );
    const levels = [
      ...(estimate.windows ?? []).map(({ label }) => label),
      ...(isByPhase(estimate) ? own.slice(1) : ['baseline', 'pre-exposure']),
    ];
    need(
      estimate.reference === undefined || levels.includes(estimate.reference),
      'reference',
      'is compared with a level that there is not',
      `The levels are ${levels.join(', ')}.`,
    );
    const ages = estimate.age_bands;
    need(
      ages === undefined || rising('days' in ages ? ages.days : ages.years),
      'age_bands',
      'has age bands that do not rise',
      'Write the ages in rising order, each once.',
    );
    need(
      ages === undefined || filled('person_record', 'date_of_birth'),
      'age_bands',
      'adjusts for age, and no register maps `date_of_birth`',
      'Map it to person_record, or leave `age_bands` out.',
    );
    need(
      rising(estimate.calendar_bands ?? []),
      'calendar_bands',
      'has calendar bands that do not rise',
      'Write the days in rising order, each once.',
    );
  },
});
