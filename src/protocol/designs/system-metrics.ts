import { z } from 'zod';
import { and } from '../suggest.ts';
import { confidence, estimateBase } from '../vocabulary.ts';
import { defineDesign } from './design.ts';

/** Named here as the schema takes them; presets/system-metrics.ts says what they mean. */
export const systemMetrics = defineDesign({
  schema: z.strictObject({
    ...estimateBase,
    design: z
      .literal('system-metrics')
      .describe('How the treatment system serves: shares reached in time, and from referral to completion.'),
    metrics: z
      .array(z.enum(['release-21d', 'retained-12w', 'completed-not-back-6m', 'waiting-3w', 'cascade-12w']))
      .min(1)
      .describe('Which; see docs/reference/definitions.md.'),
    by: z
      .array(z.enum(['area', 'service', 'referral_route', 'substance_group', 'sex']))
      .optional()
      .describe(
        'What the shares are divided by, as recorded at the event that is counted; always also the whole.',
      ),
    interval: z
      .enum(['wilson', 'clopper-pearson'])
      .optional()
      .describe('The interval of a share; default wilson. clopper-pearson is exact and wider.'),
    confidence,
  }),
  withDefaults: (estimate) => ({
    ...estimate,
    by: estimate.by ?? [],
    interval: estimate.interval ?? 'wilson',
  }),
  describe: ({ metrics, by = [] }) =>
    `system metrics ${and([...metrics])}${by.length === 0 ? '' : `, by ${and(by.map((one) => one.replace('_', ' ')))}`}`,
  check: (estimate, study) => {
    const { metrics, by = [] } = estimate;
    const { need, filled } = study;
    const asks = (...some: readonly string[]): boolean => metrics.some((metric) => some.includes(metric));
    need(
      !asks('release-21d') || filled('custody', 'end_date'),
      'metrics',
      'asks who was released, and no register fills `custody.end_date`',
      'Map it in the source of the prison register, or leave out release-21d.',
    );
    need(
      !asks('waiting-3w', 'cascade-12w') || filled('episode', 'referral_date'),
      'metrics',
      'counts from referrals, and no register fills `episode.referral_date`',
      'Map it in the source of the treatment register, or leave out waiting-3w and cascade-12w.',
    );
    need(
      new Set(metrics).size === metrics.length && new Set(by).size === by.length,
      'metrics',
      'names a metric or a division twice',
      'Name each once.',
    );
    need(
      (estimate.population ?? 'all') === 'all',
      'population',
      'counts everybody with a release, a referral or treatment in the entry window, whom no subset of the cohort holds',
      'Leave `population` out.',
    );
    need(
      (estimate.strata ?? []).length === 0,
      'strata',
      'counts people who need not be in the cohort, and strata are known for the cohort only',
      'Divide with `by`.',
    );
    for (const [column, table] of [
      ['area', 'episode'],
      ['service', 'episode'],
      ['referral_route', 'episode'],
      ['substance_group', 'episode'],
      ['sex', 'person_record'],
    ] as const)
      need(
        !by.includes(column) || filled(table, column),
        'by',
        `divides by ${column.replace('_', ' ')}, and no register fills \`${table}.${column}\``,
        'Map the column, or leave it out of `by`.',
      );
  },
});
