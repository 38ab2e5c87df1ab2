/** The public interface: what a program may call. The command line stands on the same functions. */
export { ERRORS, type ErrorCode, EXIT, formatError, type Issue, StudyError } from './errors.ts';
export { jsonSchema, loadProtocol } from './protocol/index.ts';
export type { Protocol } from './protocol/tables.ts';
export {
  type Notice,
  type RunOptions,
  type RunSummary,
  runStudy,
  type StageStatus,
  studyStatus,
} from './study.ts';
export { generateEngland2006 } from './synth/index.ts';
export { checkStudy, explainRow, exportPersontime, freezeStudy } from './trace.ts';
export { VERSION } from './version.ts';
