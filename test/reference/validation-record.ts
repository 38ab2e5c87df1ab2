/**
 * Records that a test leaves for the generated pages of docs/methods. `node scripts/validation.mjs` names a folder in DESIST_VALIDATION;
 * without it nothing is written. One file a record, because test files run in parallel processes.
 */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export function recordValidation(kind: string, name: string, content: unknown): void {
  const folder = process.env.DESIST_VALIDATION;
  if (folder === undefined || folder === '') return;
  writeFileSync(join(folder, `${kind}.${basename(name)}.json`), JSON.stringify(content));
}
