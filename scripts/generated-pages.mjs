// What the two report scripts share: a run of tests that leaves records, and text put into a page between marks.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs test files and gives the records they left, by kind, in the order of their names. */
export function recordsOf(files, environment = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'desist-records-'));
  const run = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...files], {
    cwd: root,
    env: { ...process.env, ...environment, DESIST_VALIDATION: folder },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const records = {};
  for (const name of readdirSync(folder).sort()) {
    const kind = name.slice(0, name.indexOf('.'));
    records[kind] ??= [];
    records[kind].push(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  }
  rmSync(folder, { recursive: true, force: true });
  return { records, passed: run.status === 0 };
}

/** A markdown table. */
export function table(header, rows) {
  return [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** A number to some significant digits, without exponents where they can be avoided. */
export function digits(value, count = 3) {
  if (value === null || Number.isNaN(value)) return '';
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(count));
  return Math.abs(rounded) >= 1e-4 && Math.abs(rounded) < 1e6 ? String(rounded) : rounded.toExponential();
}
