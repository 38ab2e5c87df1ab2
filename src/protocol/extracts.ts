import { existsSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { StudyError } from '../errors.ts';
import { mistake, type Whereabouts } from './mistakes.ts';
import type { Protocol, Source } from './tables.ts';

/** Where the register extracts lie. `$NAME` and `${NAME}` in a path take a variable that the caller hands over. */

export type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)/g;

/**
 * Absolute paths of a source's extracts. A variable's value may be absolute, or relative to the working folder. Without
 * an environment the paths stay as written: freezing decides on words, and needs no data.
 */
export function resolveFiles(
  source: Source,
  where: Whereabouts,
  folder: string,
  env: Environment | undefined,
): { readonly files: readonly string[]; readonly mistakes: readonly StudyError[] } {
  if (env === undefined) return { files: source.files, mistakes: [] };
  const mistakes: StudyError[] = [];
  const files = source.files.map((file, i) => {
    const place = where.place(['files', i], 'value');
    let absolute: string | undefined;
    const path = file.replace(
      VARIABLE,
      (_, braced: string | undefined, bare: string | undefined, at: number) => {
        const name = braced ?? bare ?? '';
        const value = Object.hasOwn(env, name) ? env[name] : undefined;
        if (value === undefined || value === '') {
          mistakes.push(
            mistake(
              'E-SOURCE-MISSING',
              `the environment variable ${name} is not set; ${source.register} is read from \`${file}\``,
              place,
              `Set it to the folder that holds the extracts, e.g. export ${name}=/path/to/extracts`,
            ),
          );
          return '';
        }
        const text = at === 0 ? resolve(value) : value;
        if (at === 0) absolute = text;
        return text;
      },
    );
    return absolute !== undefined && isAbsolute(path) ? resolve(path) : resolve(folder, path);
  });
  return { files, mistakes };
}

export interface MissingFile {
  readonly register: string;
  /** As the source file names it. */
  readonly named: string;
  /** Absolute. */
  readonly path: string;
}

/** The extracts that a protocol names and that are not there, or are not files. */
export function missingFiles(protocol: Protocol): readonly MissingFile[] {
  return protocol.sources.flatMap((source) =>
    source.resolved_files.flatMap((path, i) =>
      existsSync(path) && statSync(path).isFile()
        ? []
        : [{ register: source.register, named: source.files[i] ?? path, path }],
    ),
  );
}
