import type { Estimate, Protocol } from '../protocol/tables.ts';
import { change } from './change/index.ts';
import { compare } from './compare/index.ts';
import type { Design, DesignInput, Planned } from './design.ts';
import { eventTime } from './event-time/index.ts';
import { partnership } from './partnership/index.ts';
import { rates } from './rates/index.ts';
import { recurrent } from './recurrent/index.ts';
import { sccs } from './sccs/index.ts';
import { survival } from './survival/index.ts';
import { systemMetrics } from './system-metrics/index.ts';

/** Every design has its folder here. */
const DESIGNS: { readonly [D in Estimate['design']]: Design<D> } = {
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

function designOf<D extends Estimate['design']>(design: D): Design<D> {
  return DESIGNS[design];
}

export function estimandOf(estimate: Estimate): string {
  return designOf(estimate.design).estimand;
}

export function planDesign<D extends Estimate['design']>(design: D, input: DesignInput<D>): Planned {
  return designOf(design).plan(input);
}

export function populationsOf(protocol: Protocol, estimate: Estimate): readonly string[] {
  const design: Design<typeof estimate.design> = designOf(estimate.design);
  return design.populations?.(protocol, estimate) ?? [estimate.population ?? 'all'];
}
