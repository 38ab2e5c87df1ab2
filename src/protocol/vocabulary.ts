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
