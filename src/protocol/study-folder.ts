import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { type Place, StudyError } from '../errors.ts';
import { didYouMean, oneOfThese } from './suggest.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

/** The text files of a study folder, each read once. What was read is what the protocol's hash covers. */
export interface StudyFolder {
  /** Absolute. */
  readonly folder: string;
  /** A YAML file by its path relative to the study, or the mistakes that stand in its way (told once). */
  yaml(path: string, named: Place): { readonly file?: YamlFile; readonly mistakes: readonly StudyError[] };
  /** A code list's text: no byte order mark, lines end in LF. */
  text(path: string, named: Place): { readonly text?: string; readonly mistakes: readonly StudyError[] };
  /** Everything read without a mistake so far: parsed YAML, or the text of a code list. */
  content(): Readonly<Record<string, unknown>>;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  return code === 'EISDIR' ? 'it is a folder' : code === 'EACCES' ? 'no permission' : code;
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function filesBeside(folder: string, path: string): string[] {
  const within = posix.dirname(path);
  try {
    return readdirSync(join(folder, within))
      .filter((name) => /\.(ya?ml|csv)$/i.test(name))
      .map((name) => posix.join(within, name))
      .sort();
  } catch {
    return [];
  }
}

function decode(path: string, bytes: Uint8Array, place: Place): string | StudyError {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/^\uFEFF/, '');
  } catch {
    return new StudyError('E-PROTOCOL-YAML', `${path} is not UTF-8 text`, {
      place: { ...place, file: path },
      fix: 'Save the file as UTF-8.',
    });
  }
}

export function openStudyFolder(given: string): StudyFolder {
  const folder = resolve(given);
  const parsed = new Map<string, { file?: YamlFile; mistakes: readonly StudyError[] }>();
  const texts = new Map<string, { text?: string; mistakes: readonly StudyError[] }>();

  const read = (path: string, named: Place): string | StudyError => {
    if (path === '.' || path.startsWith('..') || posix.isAbsolute(path) || /^[a-z]:|\\/i.test(path)) {
      return new StudyError('E-PROTOCOL-VALUE', `\`${path}\` is not a path inside the study folder`, {
        place: named,
        fix: 'Protocol files lie in the study folder, so that the study can be moved and frozen whole; write the path with /.',
      });
    }
    try {
      return decode(path, readFileSync(join(folder, path)), { file: path });
    } catch (error) {
      const others = filesBeside(folder, path);
      const known = others.length === 0 ? '' : ` There are: ${oneOfThese(others)}.`;
      return isAbsent(error)
        ? new StudyError(
            'E-PROTOCOL-REFERENCE',
            `there is no file ${path}.${didYouMean(path, others)}${known}`,
            {
              place: named,
              fix: 'Write the file, or name one that exists; paths are relative to the study folder.',
            },
          )
        : new StudyError('E-ENVIRONMENT', `${path} cannot be read: ${reasonOf(error)}`, { place: named });
    }
  };

  return {
    folder,
    yaml(given_path, named) {
      const path = posix.normalize(given_path);
      const known = parsed.get(path);
      if (known !== undefined) return { ...known, mistakes: [] };
      const text = read(path, named);
      const result =
        text instanceof StudyError
          ? { mistakes: [text] }
          : (() => {
              const yaml = parseYaml(path, text);
              return 'file' in yaml ? { file: yaml.file, mistakes: [] } : { mistakes: yaml.mistakes };
            })();
      parsed.set(path, result);
      return result;
    },
    text(given_path, named) {
      const path = posix.normalize(given_path);
      const known = texts.get(path);
      if (known !== undefined) return { ...known, mistakes: [] };
      const text = read(path, named);
      const result =
        text instanceof StudyError
          ? { mistakes: [text] }
          : { text: text.replace(/\r\n?/g, '\n'), mistakes: [] };
      texts.set(path, result);
      return result;
    },
    content() {
      const all: Record<string, unknown> = {};
      for (const [path, { file }] of parsed) if (file !== undefined) all[path] = file.value;
      for (const [path, { text }] of texts) if (text !== undefined) all[path] = text;
      return all;
    },
  };
}
