import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { generateEngland2006 } from '../../src/synth/index.ts';
import { copyExample } from '../run-study.ts';

/** A small SYNTHETIC study for the tests that run, kill and repeat it. */
export async function smallStudy(clients: number): Promise<string> {
  const folder = copyExample('england-2006');
  const file = join(folder, 'study.yaml');
  const study = parseDocument(readFileSync(file, 'utf8'));
  study.delete('variants');
  study.setIn(['estimates', 0, 'strata'], ['sex', 'exit_group']);
  study.setIn(['estimates', 0, 'bootstrap', 'replicates'], 200);
  writeFileSync(file, String(study));
  await generateEngland2006(folder, clients, 7);
  return folder;
}

const CLI = resolve('dist', 'cli', 'main.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs the built command line; `killAfter` milliseconds sends SIGKILL. */
export function desist(
  args: readonly string[],
  options: { killAfter?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  if (!existsSync(CLI)) throw new Error('dist is not built: run npm test, which builds first');
  return new Promise((done) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      output += String(chunk);
    });
    const timer =
      options.killAfter === undefined
        ? undefined
        : setTimeout(() => child.kill('SIGKILL'), options.killAfter);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, output });
    });
  });
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

/** SHA-256 of every artefact the latest stages name and of everything in outputs, by path relative to the study. */
export function fingerprint(folder: string): Readonly<Record<string, string>> {
  const stages = filesBelow(join(folder, '.desist', 'stages'));
  const artefacts = stages.flatMap((file) => {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as {
      body: { outputs: { sha256: string; ending: string }[] };
    };
    return manifest.body.outputs.map(({ sha256, ending }) =>
      join(folder, '.desist', 'store', sha256.slice(0, 2), `${sha256}.${ending}`),
    );
  });
  const all = [...stages, ...artefacts, ...filesBelow(join(folder, 'outputs'))].sort();
  return Object.fromEntries(
    all.map((file) => [
      file.slice(folder.length),
      createHash('sha256').update(readFileSync(file)).digest('hex'),
    ]),
  );
}

export function artefactFiles(folder: string): readonly string[] {
  return filesBelow(join(folder, '.desist', 'store'))
    .filter((file) => file.endsWith('.parquet'))
    .sort();
}
