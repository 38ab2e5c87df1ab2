// Makes a clone ready to run: installs the locked dependencies and builds, each only when something changed.
// Plain JavaScript without dependencies, because it runs before anything is installed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const force = process.argv.includes('--force');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Desist needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(10);
}

function digest(files) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const file of files)
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
    );
}

function step(what, stampFile, stamp, work) {
  if (!force && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  process.stderr.write(`${what} ...\n`);
  try {
    work();
  } catch {
    console.error(`${what} failed. Try it by hand in ${root}, then run this again.`);
    process.exit(10);
  }
  writeFileSync(stampFile, stamp);
}

// `npm install --no-save` and not `npm ci`: both take the versions of the lock file, but `ci` refuses a lock that does not
// name the optional binaries of every platform, and registries are not always complete.
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
step(
  'Installing the locked dependencies',
  join(root, 'node_modules', '.desist-installed'),
  digest([join(root, 'package-lock.json')]),
  () =>
    execFileSync(npm, ['install', '--no-save', '--no-fund', '--no-audit'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    }),
);
step(
  'Building (tsc)',
  join(root, 'dist', '.desist-built'),
  digest([
    join(root, 'tsconfig.json'),
    join(root, 'tsconfig.build.json'),
    join(root, 'package-lock.json'),
    ...filesBelow(join(root, 'src')).filter((file) => !file.endsWith('.test.ts')),
  ]),
  () => {
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    execFileSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
      {
        cwd: root,
        stdio: 'inherit',
      },
    );
  },
);
