// Runs the tests and closes with one plain line, `N passed, N failed[, N skipped]`, which CI reads.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'desist-test-'));
const summary = join(folder, 'summary.json');
const run = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${summary}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
let line = '0 passed, 1 failed';
let failed = run.status !== 0;
try {
  const result = JSON.parse(readFileSync(summary, 'utf8'));
  const skipped = result.numPendingTests + result.numTodoTests;
  // A file that fails to load has no test of its own to count; it is a failure all the same.
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  line = `${result.numPassedTests} passed, ${result.numFailedTests + broken.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  failed ||= result.numPassedTests === 0 || result.numFailedTests + broken.length > 0;
} catch {
  failed = true;
}
rmSync(folder, { recursive: true, force: true });
console.log(line);
process.exit(failed ? 1 : 0);
