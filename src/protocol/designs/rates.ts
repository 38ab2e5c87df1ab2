import { z } from 'zod';
import { and } from '../suggest.ts';
import { clock, confidence, estimateBase, identifier } from '../vocabulary.ts';
import { defineDesign, MAP_OFFENCE, needsCustody, needsSplit, type Surroundings } from './design.ts';

const standardise = z
  .strictObject({
    by: z
      .array(z.enum(['age_band', 'sex']))
      .min(1)
      .describe('What the groups are made alike in; age_band is the age at the time, cut by `split`.'),
    weights: z
      .union([
        z
          .enum(['study', 'esp-2013'])
          .describe("study: the population's own person-time. esp-2013: European standard population."),
        z
          .record(z.string(), z.number().positive())
          .describe('Own weights by class: {18-24: 2, 25+: 8}; of both, {18-24 x female: 1, ...}.'),
      ])
      .optional()
      .describe('The standard population; default study.'),
  })
  .describe('Directly standardised rates beside the crude ones.');

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
  standardise: standardise.optional(),
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
          ...(estimate.standardise === undefined
            ? {}
            : { standardise: { ...estimate.standardise, weights: estimate.standardise.weights ?? 'study' } }),
        },
  describe: ({ source, outcome, by = [], standardise: standard }) =>
    source === 'aggregate'
      ? `rates of ${outcome} from counts with time at risk`
      : `rates of ${outcome} by ${and(by.map((one) => one.replace('_', ' ')))}${
          standard === undefined
            ? ''
            : `, also standardised for ${and(standard.by.map((one) => one.replace('_band', '')))}`
        }`,
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
        estimate.standardise === undefined,
        'standardise',
        'reads counts without dates, which have no age',
        'Leave `standardise` out.',
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
    needsSplit(
      (estimate.by ?? []).filter((one) => one === 'calendar_year' || one === 'age_band'),
      'by',
      study,
    );
    needsStandard(estimate, study);
  },
});

function needsStandard({ standardise: standard, by }: Rates, study: Surroundings): void {
  if (standard === undefined) return;
  const key = 'standardise';
  if (standard.by.includes('age_band')) needsSplit(['age_band'], key, study);
  study.need(
    !standard.by.includes('sex') || study.filled('person_record', 'sex'),
    key,
    'is standardised for sex, and no register maps `sex`',
    'Map it to person_record, or standardise for age alone.',
  );
  study.need(
    standard.weights !== 'esp-2013' || standard.by.includes('age_band'),
    key,
    'takes the European standard population, which has ages only, and does not divide by `age_band`',
    'Add age_band to `by`, or take other weights.',
  );
  study.need(
    by === undefined || by.includes('window') || by.includes('phase'),
    key,
    'is standardised within windows and phases, and `by` has neither',
    'Add window to `by`.',
  );
}
