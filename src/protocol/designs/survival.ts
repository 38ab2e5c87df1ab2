import { z } from 'zod';
import { confidence, estimateBase } from '../vocabulary.ts';
import { defineDesign } from './design.ts';

export const survival = defineDesign({
  schema: z.strictObject({
    ...estimateBase,
    design: z.literal('survival').describe('Time to an event: Kaplan-Meier curves and log-rank tests.'),
    event: z.enum(['journey-end', 'departure']).optional().describe('Default journey-end: retention.'),
    interval: z.enum(['log', 'log-log', 'plain']).optional().describe('Default log.'),
    times: z.array(z.int().positive()).optional().describe('Days at which the curve is reported in tables.'),
    confidence,
  }),
  withDefaults: (estimate) => ({
    ...estimate,
    event: estimate.event ?? 'journey-end',
    interval: estimate.interval ?? 'log',
  }),
  describe: ({ event }) =>
    event === 'departure' ? 'time from entry to departure' : 'time from entry to the end of the journey',
  check: (estimate, study) => {
    study.need(
      study.after,
      'design',
      'follows people from entry, and `time_at_risk.after` does not say how long',
      'Give `time_at_risk.after`, for example {until: end-of-data}.',
    );
    study.need(
      estimate.event !== 'departure' || study.filled('departure'),
      'event',
      'waits for departures, and no register fills `departure`',
      'Map `departure` in a source.',
    );
  },
});
