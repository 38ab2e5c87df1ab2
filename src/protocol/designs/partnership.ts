import { z } from 'zod';
import { adjust, clock, confidence, estimateBase, identifier } from '../vocabulary.ts';
import { defineDesign, MAP_OFFENCE, needsAdjustment, needsCustody } from './design.ts';

const AFTER_ENTRY = ['retention_band', 'exit_group', 'success_and_return'];

const schema = z.strictObject({
  ...estimateBase,
  design: z
    .literal('partnership')
    .describe('Two arms, such as intensive supervision and treatment as usual, before and after.'),
  outcome: identifier.describe('An outcome of `definitions.outcomes`.'),
  arms: identifier.describe('The stratum of `strata` that holds the arms, such as {allocation: PROGRAMME}.'),
  treated: z.string().min(1).describe('The level of `arms` whose effect is asked for.'),
  comparison: z.string().min(1).describe('The level of `arms` that it is compared with.'),
  clock,
  adjust,
  weights: z
    .enum(['overlap', 'att', 'ate'])
    .optional()
    .describe('Who the weighted comparison is about: overlap (default), the treated (att), everyone (ate).'),
  match: z
    .strictObject({
      exact: z.array(identifier).optional().describe('Strata within which pairs are made; default none.'),
      caliper: z
        .number()
        .positive()
        .optional()
        .describe(
          'Greatest distance of a pair, in standard deviations of the logit of the propensity; default 0.2.',
        ),
    })
    .optional()
    .describe('How the pairs of the matched comparison are made.'),
  cluster: identifier
    .optional()
    .describe(
      'A stratum whose levels are the units of the interval of the ratio of rate ratios; default persons.',
    ),
  dose: z
    .strictObject({
      kinds: z.array(z.string()).min(1).optional().describe('Only contacts of these kinds; default all.'),
      within: z
        .strictObject({ days: z.int().positive() })
        .optional()
        .describe('Contacts count from entry for so long, and events from then on; default {days: 91}.'),
      groups: z
        .array(z.int().positive())
        .min(1)
        .optional()
        .describe('Least contacts of each dose group but the first; default 1, 6 and 12.'),
    })
    .optional()
    .describe('Also the dose-response on contacts, within the treated arm.'),
  eligible_from: z
    .int()
    .positive()
    .optional()
    .describe(
      'The fewest earlier events that made people eligible for the arms; default that of the subset, else none.',
    ),
  confidence,
});

type Partnership = z.infer<typeof schema>;

export const partnership = defineDesign({
  schema,
  withDefaults: (estimate): Partnership => ({
    ...estimate,
    clock: estimate.clock ?? 'both',
    adjust: estimate.adjust ?? [],
    weights: estimate.weights ?? 'overlap',
    match: { exact: estimate.match?.exact ?? [], caliper: estimate.match?.caliper ?? 0.2 },
    ...(estimate.dose === undefined
      ? {}
      : {
          dose: {
            ...estimate.dose,
            within: estimate.dose.within ?? { days: 91 },
            groups: estimate.dose.groups ?? [1, 6, 12],
          },
        }),
  }),
  describe: ({ outcome, treated, comparison, dose }) =>
    `${outcome} in the arm ${treated} against the arm ${comparison}, after and adjusted for before${dose === undefined ? '' : ', and by contacts'}`,
  check: (estimate, study) => {
    const { arms, treated, comparison, match, cluster, dose } = estimate;
    const missing = [study.before ? '' : '`before`', study.after ? '' : '`after`'].filter(
      (key) => key !== '',
    );
    study.need(
      missing.length === 0,
      'design',
      `compares two windows, and \`time_at_risk\` lacks ${missing.join(' and ')}`,
      'Give both, for example {months: 12}.',
    );
    study.need(
      study.filled('offence'),
      'outcome',
      'counts offences, and no register fills `offence`',
      MAP_OFFENCE,
    );
    study.need(
      treated !== comparison,
      'comparison',
      'compares an arm with itself',
      'Name two levels of the stratum in `arms`.',
    );
    study.need(
      (estimate.strata ?? []).length === 0,
      'strata',
      'compares two arms, which no strata divide further',
      'Adjust for them with `adjust`, or write one estimate a subset.',
    );
    study.reference('stratum', arms, ['arms']);
    for (const [i, stratum] of (match?.exact ?? []).entries())
      study.reference('stratum', stratum, ['match', 'exact', i]);
    if (cluster !== undefined) study.reference('stratum', cluster, ['cluster']);
    for (const [key, stratum] of [
      ['arms', arms],
      ...(match?.exact ?? []).map((one) => ['match', one] as const),
    ] as const) {
      const from = study.stratum(stratum);
      study.need(
        !(typeof from === 'string' && AFTER_ENTRY.includes(from)),
        key,
        `compares people alike in \`${stratum}\`, whose groups are formed by what happens after entry`,
        'Name a stratum that is known at entry.',
      );
    }
    needsAdjustment(estimate.adjust, study);
    needsCustody(estimate.clock, study);
    study.need(
      dose === undefined || study.filled('contact'),
      'dose',
      'counts contacts, and no register fills `contact`',
      'Map `contact` in a source, or leave `dose` out.',
    );
    const groups = dose?.groups ?? [];
    study.need(
      groups.every((least, i) => i === 0 || least > (groups[i - 1] ?? 0)),
      'dose',
      'has dose groups that do not rise',
      'Write the least contacts in rising order, each once.',
    );
  },
});
