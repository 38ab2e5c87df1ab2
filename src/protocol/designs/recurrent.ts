import { z } from 'zod';
import { adjust, clock, confidence, estimateBase, identifier } from '../vocabulary.ts';
import { defineDesign, MAP_OFFENCE, needsAdjustment, needsCustody } from './design.ts';

const model = z
  .strictObject({
    scale: z
      .enum(['age', 'calendar', 'study-time'])
      .describe(
        'The time on which people are compared: those of the same age, on the same day, or as long after entry. study-time cannot tell phases apart where everybody enters before on the same day of it.',
      ),
    phases: z
      .boolean()
      .optional()
      .describe(
        'Rate ratios of the phases of treatment, in both windows; default true. false: after entry only.',
      ),
    adjust,
    strata: z
      .array(identifier)
      .optional()
      .describe('Strata that each have a baseline rate of their own; they get no rate ratio.'),
    reference: z
      .record(identifier, z.string())
      .optional()
      .describe('The level that the others are compared with; default the largest, of `phase` before.'),
    ties: z.enum(['efron', 'breslow']).optional().describe('Default efron.'),
  })
  .describe('An Andersen-Gill model of the events, with robust standard errors by person.');

export const recurrent = defineDesign({
  schema: z.strictObject({
    ...estimateBase,
    design: z
      .literal('recurrent')
      .describe(
        'Every event, not the first: the mean number of events per person, and an Andersen-Gill model.',
      ),
    outcome: identifier.describe('An outcome of `definitions.outcomes`.'),
    clock,
    times: z.array(z.int().positive()).optional().describe('Days at which the mean is reported in tables.'),
    model: model.optional(),
    confidence,
  }),
  withDefaults: (estimate) => ({
    ...estimate,
    clock: estimate.clock ?? 'both',
    ...(estimate.model === undefined
      ? {}
      : { model: { ...estimate.model, phases: estimate.model.phases ?? true } }),
  }),
  describe: ({ outcome, model: asked }) => {
    const mean = `the mean number of ${outcome} per person after entry`;
    if (asked === undefined) return mean;
    const scale = { age: 'age', calendar: 'calendar time', 'study-time': 'time since entry' }[asked.scale];
    return `${mean}, and rate ratios ${asked.phases === false ? '' : 'of the phases '}on the scale of ${scale}`;
  },
  check: (estimate, study) => {
    const { need, filled } = study;
    need(
      study.after,
      'design',
      'counts events after entry, and `time_at_risk.after` does not say how long',
      'Give `time_at_risk.after`, for example {months: 24}.',
    );
    need(filled('offence'), 'outcome', 'counts offences, and no register fills `offence`', MAP_OFFENCE);
    needsCustody(estimate.clock, study);
    const asked = estimate.model;
    if (asked === undefined) return;
    need(
      asked.scale !== 'age' || filled('person_record', 'date_of_birth'),
      'model',
      'compares people of the same age, and no register maps `date_of_birth`',
      'Map it to person_record, or use the scale calendar.',
    );
    need(
      asked.phases !== false || (asked.adjust ?? []).length > 0,
      'model',
      'has a model of nothing',
      'Give `model.adjust`, or leave `phases` on.',
    );
    needsAdjustment(asked.adjust, {
      ...study,
      need: (holds, _, message, fix) => need(holds, 'model', message, fix),
      reference: (kind, name, path) => study.reference(kind, name, ['model', ...path]),
    });
    const terms = (asked.adjust ?? []).filter((term) => typeof term === 'string');
    for (const [i, one] of (asked.strata ?? []).entries()) {
      study.reference('stratum', one, ['model', 'strata', i]);
      need(
        !terms.includes(one),
        'model',
        `adjusts for \`${one}\` and stratifies by it`,
        'Do one of the two: a stratum has no rate ratio.',
      );
    }
    for (const one of Object.keys(asked.reference ?? {}))
      need(
        one === 'phase' || terms.includes(one),
        'model',
        `has a reference level of \`${one}\`, for which it does not adjust`,
        'Name a stratum of `model.adjust`, or `phase`.',
      );
  },
});
