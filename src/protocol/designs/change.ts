import { z } from 'zod';
import { clock, confidence, estimateBase, identifier } from '../vocabulary.ts';
import { defineDesign, MAP_OFFENCE, needsCustody } from './design.ts';

export const change = defineDesign({
  schema: z.strictObject({
    ...estimateBase,
    design: z.literal('change').describe('Events after entry against events before, in windows.'),
    outcome: identifier.describe('An outcome of `definitions.outcomes`.'),
    clock,
    restricted: identifier
      .optional()
      .describe('The subset selected on earlier events; printed beside everyone, always together.'),
    bootstrap: z
      .strictObject({
        replicates: z.int().min(200).max(20000).describe('How many resamples of persons.'),
        seed: z.int().describe('The same seed gives the same interval.'),
      })
      .optional()
      .describe('A bootstrap interval over persons beside the clustered one.'),
    confidence,
  }),
  withDefaults: (estimate) => ({ ...estimate, clock: estimate.clock ?? 'both' }),
  describe: ({ outcome, restricted }) =>
    `the change in ${outcome} from the earlier to the later window${restricted === undefined ? '' : `, for everyone and for ${restricted} side by side`}`,
  check: (estimate, study) => {
    const missing = [study.before ? '' : '`before`', study.after ? '' : '`after`'].filter(
      (key) => key !== '',
    );
    study.need(
      missing.length === 0,
      'design',
      `compares two windows, and \`time_at_risk\` lacks ${missing.join(' and ')}`,
      'Give both, for example {months: 24}.',
    );
    study.need(
      study.filled('offence'),
      'outcome',
      'counts offences, and no register fills `offence`',
      MAP_OFFENCE,
    );
    needsCustody(estimate.clock, study);
  },
});
