import { createHash } from 'node:crypto';
import type { Output, StagePlan } from '../engine/index.ts';
import { CANONICAL } from '../ingest/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import { keyEvents } from './events.ts';
import { linkPersons, pseudonymKey } from './persons.ts';

/** Records -> persons. `secret` keys the pseudonyms; it is in no SQL, no manifest and no log, only its hash is. */
export function planLink(protocol: Protocol, secret: string): StagePlan {
  const persons = linkPersons(protocol);
  const events = keyEvents(protocol, persons.links, persons.disagreeing);
  const tables = [persons.person, persons.links, persons.flow, ...events.tables, events.issues];
  const outputs: Output[] = tables.map((table) => ({ table, order: Object.keys(table.columns) }));
  return {
    stage: 'link',
    version: 1,
    parameters: {
      linkage: protocol.study.linkage,
      secret: createHash('sha256').update(`desist ${secret}`).digest('hex'),
    },
    reads: Object.values(CANONICAL),
    tables,
    prepare: (engine) => engine.load(pseudonymKey, [{ secret }]),
    make: async () => ({ outputs }),
  };
}
