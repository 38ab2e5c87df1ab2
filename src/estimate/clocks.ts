import type { Protocol } from '../protocol/tables.ts';

export type Clock = 'calendar' | 'at-liberty';

/**
 * The clocks an estimate has. Time at liberty is known only where a register says who was in custody and the study
 * removes that time: without either, "at liberty" would be calendar time under a name that promises more.
 */
export function clocksOf(protocol: Protocol, asked: Clock | 'both' | undefined): readonly Clock[] {
  const isRemoved = (protocol.study.time_at_risk.remove ?? ['custody']).includes('custody');
  const isRecorded = protocol.sources.some((source) =>
    source.tables.some((mapping) => mapping.table === 'custody'),
  );
  if (!(isRemoved && isRecorded)) return ['calendar'];
  return asked === undefined || asked === 'both' ? ['calendar', 'at-liberty'] : [asked];
}
