import { z } from 'zod';
import { adjust, confidence, estimateBase, identifier } from '../vocabulary.ts';
import { defineDesign, MAP_OFFENCE, needsAdjustment } from './design.ts';

const cox = z
  .strictObject({
    adjust,
    strata: z
      .array(identifier)
      .optional()
      .describe('Strata that each have a baseline hazard of their own; they get no hazard ratio.'),
    reference: z
      .record(identifier, z.string())
      .optional()
      .describe('The level that the others are compared with; default the largest.'),
    ties: z.enum(['efron', 'breslow']).optional().describe('Default efron.'),
    robust: z.boolean().optional().describe('Robust (Lin-Wei) standard errors; default false.'),
    ph_test: z
      .enum(['km', 'rank', 'identity', 'log'])
      .optional()
      .describe('The time that the test of proportional hazards uses; default km.'),
  })
  .describe('A Cox model of the event, with a test of proportional hazards.');

export const survival = defineDesign({
  schema: z.strictObject({
    ...estimateBase,
    design: z
      .literal('survival')
      .describe(
        'Time to an event: Kaplan-Meier curves and log-rank tests, competing risks, Cox and Fine-Gray models.',
      ),
    event: z
      .enum(['journey-end', 'departure', 'first-offence'])
      .optional()
      .describe('Default journey-end: retention. first-offence: reconviction.'),
    outcome: identifier.optional().describe('first-offence: an outcome of `definitions.outcomes`.'),
    from: z
      .enum(['entry', 'journey-end', 'release'])
      .optional()
      .describe(
        'first-offence: the day the clock starts; default entry. journey-end: of those who left. release: of those released from custody, the first time.',
      ),
    interval: z.enum(['log', 'log-log', 'plain']).optional().describe('Default log.'),
    times: z.array(z.int().positive()).optional().describe('Days at which the curve is reported in tables.'),
    horizon: z
      .int()
      .positive()
      .optional()
      .describe('The mean time free of the event within so many days, and its differences between levels.'),
    competing: z
      .boolean()
      .optional()
      .describe(
        'Cumulative incidence of the event with death and emigration as competing events, and Gray tests.',
      ),
    cox: cox.optional(),
    fine_gray: z
      .boolean()
      .optional()
      .describe('A Fine-Gray model with the adjustment of `cox`, which must be there.'),
    confidence,
  }),
  withDefaults: (estimate) => {
    const event = estimate.event ?? 'journey-end';
    return {
      ...estimate,
      event,
      interval: estimate.interval ?? 'log',
      ...(event === 'first-offence' ? { from: estimate.from ?? 'entry' } : {}),
    };
  },
  describe: ({ event, outcome, from = 'entry', competing, cox: model }) => {
    const start = {
      entry: 'entry',
      'journey-end': 'the end of the journey',
      release: 'release from custody',
    };
    const what =
      event === 'departure'
        ? 'time from entry to departure'
        : event === 'first-offence'
          ? `time from ${start[from]} to the first event of ${outcome ?? 'the outcome'}`
          : 'time from entry to the end of the journey';
    const words = [
      ...(competing === true ? ['death and emigration as competing events'] : []),
      ...(model === undefined ? [] : ['a Cox model']),
    ];
    return words.length === 0 ? what : `${what}, with ${words.join(' and ')}`;
  },
  check: (estimate, study) => {
    const { need, filled } = study;
    const isOffence = estimate.event === 'first-offence';
    need(
      study.after,
      'design',
      'follows people from entry, and `time_at_risk.after` does not say how long',
      'Give `time_at_risk.after`, for example {until: end-of-data}.',
    );
    need(
      estimate.event !== 'departure' || filled('departure'),
      'event',
      'waits for departures, and no register fills `departure`',
      'Map `departure` in a source.',
    );
    need(
      estimate.event !== 'departure' ||
        study.ends_at.includes('death') ||
        study.ends_at.includes('emigration'),
      'event',
      'waits for departures, and `time_at_risk.end_at` names neither death nor emigration',
      'Add death or emigration to `end_at`: a departure that does not end the time is never seen.',
    );
    need(
      !isOffence || filled('offence'),
      'event',
      'waits for offences, and no register fills `offence`',
      MAP_OFFENCE,
    );
    need(
      !isOffence || estimate.outcome !== undefined,
      'event',
      'waits for offences and does not say which',
      'Name an `outcome`.',
    );
    need(
      isOffence || (estimate.outcome === undefined && estimate.from === undefined),
      estimate.outcome === undefined ? 'from' : 'outcome',
      'does not wait for offences, and names an outcome or where its clock starts',
      'Use `event: first-offence`, or remove `outcome` and `from`.',
    );
    need(
      estimate.from !== 'release' || filled('custody'),
      'from',
      'starts at release, and no register fills `custody`',
      'Map `custody` in a source, or start at entry.',
    );
    need(
      estimate.fine_gray !== true || estimate.cox !== undefined,
      'fine_gray',
      'asks for a Fine-Gray model without saying what it adjusts for',
      'Give `cox.adjust`.',
    );
    const model = estimate.cox;
    if (model === undefined) return;
    need((model.adjust ?? []).length > 0, 'cox', 'has a Cox model of nothing', 'Give `cox.adjust`.');
    needsAdjustment(model.adjust, {
      ...study,
      need: (holds, _, message, fix) => need(holds, 'cox', message, fix),
      reference: (kind, name, path) => study.reference(kind, name, ['cox', ...path]),
      // Of those who left, how and after how long is known when their clock starts.
      stratum: (name) => {
        const known = study.stratum(name);
        const isKnownThen = known === 'exit_group' || known === 'retention_band';
        return estimate.from === 'journey-end' && isKnownThen ? undefined : known;
      },
    });
    const terms = (model.adjust ?? []).filter((term) => typeof term === 'string');
    for (const [i, one] of (model.strata ?? []).entries()) {
      study.reference('stratum', one, ['cox', 'strata', i]);
      need(
        !terms.includes(one),
        'cox',
        `adjusts for \`${one}\` and stratifies by it`,
        'Do one of the two: a stratum has no hazard ratio.',
      );
    }
    for (const one of Object.keys(model.reference ?? {}))
      need(
        terms.includes(one),
        'cox',
        `has a reference level of \`${one}\`, for which it does not adjust`,
        'Name a stratum of `cox.adjust`.',
      );
  },
});
