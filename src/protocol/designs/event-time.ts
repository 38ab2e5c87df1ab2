import { z } from 'zod';
import { clock, confidence, estimateBase, identifier, type Length, length } from '../vocabulary.ts';
import { defineDesign, MAP_OFFENCE, needsCustody } from './design.ts';

/** Months of an event-time axis are twelfths of a year of 365.25 days, cut at whole days: 487 / 16 days. */
const DAYS_PER_MONTH = 365.25 / 12;
/** More bins than this are no longer read, and a model of more columns no longer fitted in reasonable time. */
const MOST_BINS = 1500;
const MOST_MODEL_BINS = 120;

const binWidth = z.union([z.enum(['day', 'week', 'month']), z.strictObject({ days: z.int().positive() })]);
const daySpan = z.strictObject({
  from: z.int().describe('First day, counted from the event; before it is negative.'),
  to: z.int().describe('First day that no longer belongs.'),
});

const schema = z.strictObject({
  ...estimateBase,
  design: z
    .literal('event-time')
    .describe('The rate of events by time to and since entry, exit or re-entry.'),
  outcome: identifier.describe('An outcome of `definitions.outcomes`.'),
  around: z
    .enum(['entry', 'exit', 're-entry'])
    .describe('What day 0 is: time zero, the end of a journey, or the start of a later one.'),
  window: z
    .strictObject({
      before: length.describe('So long before the event.'),
      after: length.describe('So long from the event on.'),
    })
    .optional()
    .describe(
      'How far the curve reaches; default 12 months on each side. A month is a twelfth of 365.25 days.',
    ),
  bins: binWidth.optional().describe('How wide the bins of the curve are; default month.'),
  donut: z
    .strictObject({
      before: z.int().min(0).describe('Days before the event.'),
      after: z.int().min(0).describe('Days from the event on.'),
    })
    .optional()
    .describe('Days around the event that the model leaves out; the curve shows them, shaded.'),
  overlap: z
    .enum(['nearest', 'first', 'stacked'])
    .optional()
    .describe(
      'A person with several events. nearest (default): a day belongs to the nearest one. first: only the first counts. stacked: each has its own window, and a day can count for several.',
    ),
  interval: z
    .enum(['clustered', 'exact'])
    .optional()
    .describe('Of the curve: clustered by person (default), or exact Poisson.'),
  model: z
    .strictObject({
      bins: binWidth.optional().describe('Default the bins of the curve, at least a month.'),
      reference: daySpan
        .optional()
        .describe('The bins that start here are what others are compared with; default the earlier half.'),
    })
    .optional()
    .describe('The within-person model: conditional Poisson, one fixed effect a person.'),
  clock,
  confidence,
});

type EventTime = z.infer<typeof schema>;
type BinWidth = z.infer<typeof binWidth>;

function daysOf(of: Length, round: (days: number) => number): number {
  return 'days' in of ? of.days : round(of.months * DAYS_PER_MONTH);
}

function widthOf(bins: BinWidth): number {
  if (typeof bins === 'object') return bins.days;
  return bins === 'day' ? 1 : bins === 'week' ? 7 : DAYS_PER_MONTH;
}

const YEAR = { months: 12 } as const;

const EVENT = { entry: 'entry', exit: 'the end of a journey', 're-entry': 're-entry' } as const;

export const eventTime = defineDesign({
  schema,
  withDefaults: (estimate): EventTime => {
    const window = estimate.window ?? { before: YEAR, after: YEAR };
    const bins = estimate.bins ?? 'month';
    const from = -daysOf(window.before, Math.floor);
    return {
      ...estimate,
      window,
      bins,
      overlap: estimate.overlap ?? 'nearest',
      interval: estimate.interval ?? 'clustered',
      model: {
        bins: estimate.model?.bins ?? (widthOf(bins) < DAYS_PER_MONTH ? 'month' : bins),
        reference: estimate.model?.reference ?? { from, to: Math.ceil(from / 2) },
      },
      clock: estimate.clock ?? 'both',
    };
  },
  describe: ({ outcome, around, donut }) =>
    `the rate of ${outcome} by time to and since ${EVENT[around]}${donut === undefined ? '' : `, the model without the ${donut.before} days before and ${donut.after} days after`}`,
  check: (estimate, study) => {
    const { need } = study;
    need(
      study.before || study.after,
      'design',
      'needs time to count in, and `time_at_risk` has neither `before` nor `after`',
      'Give both windows, for example {months: 24}.',
    );
    need(
      estimate.around === 'entry' || study.after,
      'around',
      `looks for ${EVENT[estimate.around]} in the time after entry, and \`time_at_risk.after\` is missing`,
      'Give `time_at_risk.after`, for example {months: 24}.',
    );
    need(study.filled('offence'), 'outcome', 'counts offences, and no register fills `offence`', MAP_OFFENCE);
    needsCustody(estimate.clock, study);
    const { window = { before: YEAR, after: YEAR }, bins = 'month', donut, model } = estimate;
    const before = daysOf(window.before, Math.floor);
    const after = daysOf(window.after, Math.ceil);
    need(
      (before + after) / widthOf(bins) <= MOST_BINS,
      'bins',
      `has more than ${MOST_BINS} bins`,
      'Take wider bins or a shorter window.',
    );
    const modelled = model?.bins ?? (widthOf(bins) < DAYS_PER_MONTH ? 'month' : bins);
    need(
      (before + after) / widthOf(modelled) <= MOST_MODEL_BINS,
      'model',
      `has a model of more than ${MOST_MODEL_BINS} bins`,
      'Give `model.bins` wider bins.',
    );
    need(
      donut === undefined || (donut.before < before && donut.after < after),
      'donut',
      'leaves out a whole side of the event',
      'Make the donut smaller than the window.',
    );
    const reference = model?.reference;
    need(
      reference === undefined ||
        (reference.from < reference.to && reference.from < after && reference.to > -before),
      'model',
      'has a reference that is empty or lies outside the window',
      'Give days from the event, for example {from: -365, to: -183}.',
    );
  },
});
