import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StudyError } from '../errors.ts';

/**
 * The stage store: content-named artefacts under `.desist/store`, and a manifest for each stage that says which inputs,
 * SQL and parameters made them. Written to a temporary name, flushed, renamed; the manifest last. An artefact is hashed
 * each time it is used, because a flipped bit in Parquet is otherwise silent three times out of four.
 */

export interface Artefact {
  /** The table's name. */
  readonly name: string;
  readonly sha256: string;
  readonly rows: number;
  readonly ending: 'parquet' | 'json' | 'sql';
}

/** What a stage's key is made of. Not threads, memory, paths or time. */
export interface KeyParts {
  readonly stage: string;
  readonly version: number;
  readonly engine: string;
  /** SHA-256 of the printed SQL. */
  readonly sql: string;
  readonly parameters: unknown;
  /** Name -> SHA-256 of everything read. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly key: string;
  readonly parts: KeyParts;
  readonly sql: Artefact;
  readonly outputs: readonly Artefact[];
}

/** JSON with sorted keys: one text for one value. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

export function sha256Of(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export function keyOf(parts: KeyParts): string {
  return sha256Of(canonicalJson(parts));
}

function flush(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Writes a file so that a reader sees the old content or the new, never a part. */
export function writeWhole(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, content);
    flush(temporary);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new StudyError(
      'E-STORE-WRITE',
      `cannot write ${file}: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`,
    );
  }
}

export interface Store {
  readonly folder: string;
  /** A path for a file that is being written; swept when the store is opened by the holder of the lock. */
  temporaryFile(ending: string): string;
  /** Takes a finished temporary file into the store under the hash of its content. */
  adopt(name: string, temporary: string, rows: number, ending: Artefact['ending']): Promise<Artefact>;
  pathOf(artefact: Artefact): string;
  /** The manifest of a key with every artefact present and undamaged. Damage is reported and removed, so that the stage is made again. */
  find(key: string, damaged: (artefact: Artefact) => void): Promise<Manifest | undefined>;
  save(stageName: string, manifest: Manifest): void;
  /** Which manifest a stage last used, whether or not it is still current. */
  latest(stageName: string): Manifest | undefined;
  pointTo(stageName: string, manifest: Manifest): void;
  sweep(): void;
}

function readManifest(file: string): Manifest | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const { body, sha256 } = JSON.parse(readFileSync(file, 'utf8')) as { body: Manifest; sha256: string };
    return sha256Of(canonicalJson(body)) === sha256 ? body : undefined;
  } catch {
    return undefined;
  }
}

function writeManifest(file: string, manifest: Manifest): void {
  writeWhole(
    file,
    `${JSON.stringify({ body: manifest, sha256: sha256Of(canonicalJson(manifest)) }, null, 1)}\n`,
  );
}

export function openStore(studyFolder: string): Store {
  const root = join(studyFolder, '.desist');
  const temporary = join(root, 'tmp');
  const store: Store = {
    folder: root,
    temporaryFile(ending) {
      mkdirSync(temporary, { recursive: true });
      return join(temporary, `${process.pid}-${randomBytes(6).toString('hex')}.${ending}`);
    },
    async adopt(name, file, rows, ending) {
      const sha256 = await sha256OfFile(file);
      const artefact: Artefact = { name, sha256, rows, ending };
      const target = store.pathOf(artefact);
      try {
        flush(file);
        mkdirSync(dirname(target), { recursive: true });
        if (existsSync(target) && (await sha256OfFile(target)) === sha256) rmSync(file, { force: true });
        else renameSync(file, target);
      } catch (error) {
        throw new StudyError(
          'E-STORE-WRITE',
          `cannot write ${target}: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`,
        );
      }
      return artefact;
    },
    pathOf: ({ sha256, ending }) => join(root, 'store', sha256.slice(0, 2), `${sha256}.${ending}`),
    async find(key, damaged) {
      const manifest = readManifest(join(root, 'manifests', `${key}.json`));
      if (manifest === undefined || manifest.key !== key || keyOf(manifest.parts) !== key) return undefined;
      for (const artefact of [manifest.sql, ...manifest.outputs]) {
        const file = store.pathOf(artefact);
        if (!existsSync(file)) return undefined;
        if ((await sha256OfFile(file)) !== artefact.sha256) {
          damaged(artefact);
          rmSync(file, { force: true });
          return undefined;
        }
      }
      return manifest;
    },
    save(stageName, manifest) {
      writeManifest(join(root, 'manifests', `${manifest.key}.json`), manifest);
      store.pointTo(stageName, manifest);
    },
    latest: (stageName) => readManifest(join(root, 'stages', `${stageName}.json`)),
    pointTo(stageName, manifest) {
      const file = join(root, 'stages', `${stageName}.json`);
      if (readManifest(file)?.key !== manifest.key) writeManifest(file, manifest);
    },
    sweep() {
      rmSync(temporary, { recursive: true, force: true });
      for (const folder of ['manifests', 'stages']) {
        const place = join(root, folder);
        if (!existsSync(place)) continue;
        for (const file of readdirSync(place))
          if (file.endsWith('.tmp')) rmSync(join(place, file), { force: true });
      }
    },
  };
  return store;
}
