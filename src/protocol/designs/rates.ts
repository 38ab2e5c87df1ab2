import { z } from 'zod';
import { and } from '../suggest.ts';
import { clock, confidence, estimateBase, identifier } from '../vocabulary.ts';
import { defineDesign, MAP_OFFENCE, needsCustody } from './design.ts';

const schema = z.strictObject({
  ...estimateBase,
  design: z.literal('rates').describe('Events, person-years and rates with exact intervals.'),
  outcome: identifier.describe('An outcome of `definitions.outcomes`.'),
  by: z
    .array(z.enum(['window', 'phase', 'calendar_year', 'age_band', 'period']))
    .optional()
    .describe('What the person-time is divided by; default window and phase.'),
  clock,
  source: z
    .enum(['intervals', 'aggregate'])
    .optional()
    .describe('aggregate: counts with time at risk instead of dated events.'),
  minimum_exposure: z
    .number()
    .positive()
    .optional()
    .describe('aggregate: years below this are reported apart; default 0.01.'),
  confidence,
});

type Rates = z.infer<typeof schema>;

export const rates = defineDesign({
  schema,
  withDefaults: (estimate): Rates =>
    estimate.source === 'aggregate'
      ? { ...estimate, minimum_exposure: estimate.minimum_exposure ?? 0.01 }
      : {
          ...estimate,
          source: 'intervals',
          clock: estimate.clock ?? 'both',
          by: estimate.by ?? ['window', 'phase'],
        },
  describe: ({ source, outcome, by = [] }) =>
    source === 'aggregate'
      ? `rates of ${outcome} from counts with time at risk`
      : `rates of ${outcome} by ${and(by.map((one) => one.replace('_', ' ')))}`,
  check: (estimate, study) => {
    const { need, filled } = study;
    if (estimate.source === 'aggregate') {
      need(
        filled('aggregate', 'events'),
        'source',
        'reads counts, and no register fills `aggregate.events`',
        'Map `aggregate` in a source.',
      );
      need(
        filled('aggregate', 'exposure'),
        'source',
        'reads time at risk, and no register fills `aggregate.exposure`',
        'Map `aggregate.exposure` in a source.',
      );
      const wrong = (estimate.by ?? []).filter((division) => division !== 'period');
      need(
        wrong.length === 0,
        'by',
        `reads counts without dates, which cannot be divided by ${wrong.join(' or ')}`,
        'Divide by period, or leave `by` out.',
      );
      need(
        estimate.clock !== 'calendar',
        'clock',
        'reads counts with time at liberty, which has no calendar clock',
        'Leave `clock` out.',
      );
      return;
    }
    need(
      study.before || study.after,
      'design',
      'needs time to count in, and `time_at_risk` has neither `before` nor `after`',
      'Give at least one window.',
    );
    need(filled('offence'), 'outcome', 'counts offences, and no register fills `offence`', MAP_OFFENCE);
    need(
      !(estimate.by ?? []).includes('period'),
      'by',
      'divides by period, which only counts with time at risk have',
      'Use calendar_year, or `source: aggregate`.',
    );
    need(
      estimate.minimum_exposure === undefined,
      'minimum_exposure',
      'sets `minimum_exposure`, which only counts with time at risk have',
      'Remove it.',
    );
    needsCustody(estimate.clock, study);
  },
});
