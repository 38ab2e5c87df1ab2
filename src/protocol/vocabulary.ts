import { z } from 'zod';

/** The words every part of a protocol is written in. */

export const day = z.iso.date({ error: 'E-PROTOCOL-DATE' }).describe('A day, YYYY-MM-DD.');
export const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/)
  .describe('A name: lower-case letters, digits, - and _.');

export const length = z
  .union([z.strictObject({ days: z.int().positive() }), z.strictObject({ months: z.int().positive() })])
  .describe('A length of time: {days: 28} or {months: 24}. Months are calendar months.');

export type Length = z.infer<typeof length>;

/** What every estimate may say. */
export const estimateBase = {
  id: identifier.describe('The name of the estimate in results and in `headline`.'),
  title: z.string().optional().describe('The heading of its table.'),
  population: identifier.optional().describe('`all` (the default) or a subset.'),
  strata: z.array(identifier).optional().describe('One table for each; always also the whole.'),
};

export const confidence = z
  .number()
  .min(0.5)
  .max(0.999)
  .optional()
  .describe('Confidence level; default 0.95.');

export const clock = z.enum(['calendar', 'at-liberty', 'both']).optional().describe('Default both.');

export const stratum = z.union([
  z.enum([
    'sex',
    'area',
    'age_band',
    'substance_group',
    'referral_route',
    'service',
    'retention_band',
    'exit_group',
    'success_and_return',
    'link_class',
  ]),
  z.strictObject({ covariate: z.string().describe('A covariate by its name in the mapping.') }),
  z.strictObject({ allocation: z.string().describe('The arm of this programme.') }),
]);

export type Stratum = z.infer<typeof stratum>;

/** The number that is no covariate: completed years at time zero. */
export const AGE_AT_ENTRY = 'age_at_entry';

export const adjust = z
  .array(
    z.union([
      identifier.describe('A stratum of `strata`, known at entry: one term a level.'),
      z.strictObject({
        number: z
          .string()
          .min(1)
          .describe('A covariate by its name in the mapping, as a number; or `age_at_entry`.'),
      }),
    ]),
  )
  .optional()
  .describe(
    'What groups are made alike in: strata, and numbers as {number: NAME}. Persons lacking a number are left out.',
  );

export type Adjust = NonNullable<z.infer<typeof adjust>>;
