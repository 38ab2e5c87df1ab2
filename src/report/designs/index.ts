import type { Estimate } from '../../protocol/tables.ts';
import type { Reading, Section } from '../reading.ts';
import { change } from './change.ts';
import { compare } from './compare.ts';
import type { DesignReport } from './design.ts';
import { eventTime } from './event-time.ts';
import { partnership } from './partnership.ts';
import { rates } from './rates.ts';
import { recurrent } from './recurrent.ts';
import { sccs } from './sccs.ts';
import type { Statement } from './statement.ts';
import { survival } from './survival.ts';
import { systemMetrics } from './system-metrics.ts';

export type { VariantLine } from './design.ts';
export type { Statement } from './statement.ts';

const DESIGNS: { readonly [D in Estimate['design']]: DesignReport<D> } = {
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

export function reportOf<D extends Estimate['design']>(design: D): DesignReport<D> {
  return DESIGNS[design];
}

export function estimateSection(reading: Reading, estimate: Estimate): Promise<Section> {
  const design = reportOf<Estimate['design']>(estimate.design);
  return design.section(reading, estimate);
}

export function statementsOf(reading: Reading, estimate: Estimate): readonly Statement[] {
  const design = reportOf<Estimate['design']>(estimate.design);
  return design.statements(reading, estimate);
}
