/** The stages of a study: order of the flow, direction of imports and numbering of run folders. */
export const STAGES = [
  'protocol',
  'ingest',
  'link',
  'journeys',
  'persontime',
  'estimate',
  'audit',
  'disclose',
  'report',
] as const;

export type Stage = (typeof STAGES)[number];

/** `03-link`: the name of a stage's folder in a run, so that a listing shows the order of the flow. */
export function stageFolder(stage: Stage): string {
  return `${String(STAGES.indexOf(stage) + 1).padStart(2, '0')}-${stage}`;
}
