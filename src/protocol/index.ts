/** The protocol: what is asked, read from a study folder, checked, resolved, frozen and told in words. */
export { describeProtocol, type ProtocolSentence } from './describe.ts';
export { type Environment, type MissingFile, missingFiles } from './extracts.ts';
export type { Change } from './fingerprint.ts';
export {
  changeText,
  type FreezeOptions,
  type FrozenEntry,
  freezeProtocol,
  frozenEntries,
  type ProtocolStanding,
  protocolStanding,
} from './freeze.ts';
export { type JsonSchema, jsonSchema, type ProtocolFile } from './json-schema.ts';
export { type LoadOptions, loadProtocol } from './load.ts';
export { type OutcomesOpened, outcomesOpened, recordOutcomesOpened } from './outcomes-opened.ts';
