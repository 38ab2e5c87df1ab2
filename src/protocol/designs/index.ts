import { z } from 'zod';
import { change } from './change.ts';
import { compare } from './compare.ts';
import type { Surroundings } from './design.ts';
import { eventTime } from './event-time.ts';
import { partnership } from './partnership.ts';
import { rates } from './rates.ts';
import { recurrent } from './recurrent.ts';
import { sccs } from './sccs.ts';
import { survival } from './survival.ts';
import { systemMetrics } from './system-metrics.ts';

export type { Surroundings } from './design.ts';

/** The designs a protocol can name. A new design is one file and one line here and in `estimate` in two places. */
const DESIGNS = {
  rates,
  change,
  compare,
  survival,
  partnership,
  recurrent,
  'event-time': eventTime,
  sccs,
  'system-metrics': systemMetrics,
};

export const estimate = z
  .discriminatedUnion('design', [
    rates.schema,
    change.schema,
    compare.schema,
    survival.schema,
    partnership.schema,
    recurrent.schema,
    eventTime.schema,
    sccs.schema,
    systemMetrics.schema,
  ])
  .describe('One estimate.');

export type Estimate = z.infer<typeof estimate>;

type Designed<D extends Estimate['design'] = Estimate['design']> = Extract<Estimate, { design: D }>;

/** The definition of a design, with the type of its own estimates. */
type Definitions = {
  readonly [D in Estimate['design']]: {
    withDefaults(estimate: Designed<D>): Designed<D>;
    describe(estimate: Designed<D>): string;
    check(estimate: Designed<D>, study: Surroundings): void;
  };
};

const DEFINITIONS: Definitions = DESIGNS;

function definitionOf<D extends Estimate['design']>(design: D): Definitions[D] {
  return DEFINITIONS[design];
}

export function withDefaults<D extends Estimate['design']>(
  one: Designed<D> & { readonly design: D },
): Estimate {
  const { population = 'all', strata = [], confidence = 0.95 } = one;
  return { ...definitionOf(one.design).withDefaults(one), population, strata, confidence };
}

export function describeEstimate<D extends Estimate['design']>(
  one: Designed<D> & { readonly design: D },
): string {
  return definitionOf(one.design).describe(one);
}

export function checkEstimate<D extends Estimate['design']>(
  one: Designed<D> & { readonly design: D },
  study: Surroundings,
): void {
  definitionOf(one.design).check(one, study);
}
