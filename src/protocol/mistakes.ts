import type { z } from 'zod';
import { type ErrorCode, type Place, StudyError } from '../errors.ts';
import { alternatives, descriptionAt, type JsonSchema, schemasAt, takes } from './json-schema.ts';
import { didYouMean, oneOfThese, suggestion } from './suggest.ts';
import type { YamlPath } from './yaml-file.ts';

/** From what the schema refuses to mistakes a person can act on: where, what, what was probably meant, what is allowed. */

/** Where parts of a value stand: a file, or a file with a variant's settings laid over it. */
export interface Whereabouts {
  readonly path: string;
  place(path: YamlPath, at: 'key' | 'value'): Place;
  written(path: YamlPath): string | undefined;
}

export function mistake(code: ErrorCode, message: string, place: Place, fix?: string): StudyError {
  return new StudyError(code, message, fix === undefined ? { place } : { place, fix });
}

/** `definitions.outcomes.trigger`, `estimates[2].outcome`. */
function pathText(path: YamlPath): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('');
}

export function valueAt(value: unknown, path: YamlPath): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

function short(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = String(value);
  return `\`${text.length > 60 ? `${text.slice(0, 57)}...` : text}\``;
}

interface Leaf {
  readonly path: YamlPath;
  readonly code: string;
  readonly message: string;
  readonly keys: readonly string[];
  readonly bound?: { readonly words: string };
}

type Issue = z.core.$ZodIssue;

function boundOf(issue: Issue): string | undefined {
  if (issue.code === 'too_small') {
    if (issue.origin === 'array')
      return Number(issue.minimum) === 1 ? 'must not be empty' : `needs ${issue.minimum} entries`;
    return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
  }
  if (issue.code === 'too_big') {
    return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
  }
  return undefined;
}

/** A branch of a union is out of the question when the value is of another kind altogether. */
function isOtherKind(leaves: readonly Leaf[], at: YamlPath): boolean {
  return leaves.some(
    (leaf) =>
      leaf.path.length === at.length && ['invalid_type', 'invalid_value', 'alternatives'].includes(leaf.code),
  );
}

/** Faults of a branch; a misspelt key is one fault, not a missing key and an unknown one. */
function faults(leaves: readonly Leaf[]): number {
  const missing = leaves.flatMap((leaf) => (leaf.code === 'invalid_type' ? [String(leaf.path.at(-1))] : []));
  const slips = leaves.flatMap((leaf) => leaf.keys).filter((key) => suggestion(key, missing) !== undefined);
  return leaves.reduce((sum, leaf) => sum + Math.max(1, leaf.keys.length), 0) - 1.5 * slips.length;
}

/** Issues with full paths; of a union, those of the branch that fits best. */
function leavesOf(issues: readonly Issue[], above: YamlPath): readonly Leaf[] {
  return issues.flatMap((issue): readonly Leaf[] => {
    const path = [...above, ...(issue.path as YamlPath)];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const branches = issue.errors.map((errors) => leavesOf(errors, path));
      const best = branches
        .filter((leaves) => !isOtherKind(leaves, path))
        .sort((a, b) => faults(a) - faults(b))[0];
      return best ?? [{ path, code: 'alternatives', message: issue.message, keys: [] }];
    }
    const words = boundOf(issue);
    return [
      {
        path,
        code: issue.code,
        message: issue.message,
        keys: issue.code === 'unrecognized_keys' ? issue.keys : [],
        ...(words === undefined ? {} : { bound: { words } }),
      },
    ];
  });
}

/** All mistakes that the schema finds in a value, in the order of the file. */
export function schemaMistakes(
  issues: readonly Issue[],
  schema: JsonSchema,
  value: unknown,
  where: Whereabouts,
): readonly StudyError[] {
  const leaves = leavesOf(issues, []);
  const renamed = new Set<string>();
  const keysAt = (path: YamlPath): string[] => [
    ...new Set(schemasAt(schema, value, path).flatMap((node) => Object.keys(node.properties ?? {}))),
  ];
  const nameOf = (path: YamlPath): string => (path.length === 0 ? where.path : `\`${pathText(path)}\``);

  const unknownKey = (path: YamlPath, key: string): StudyError => {
    const allowed = keysAt(path);
    const place = where.place([...path, key], 'key');
    if (allowed.includes(key)) {
      const others = Object.keys((valueAt(value, path) ?? {}) as object).filter((other) => other !== key);
      return mistake(
        'E-PROTOCOL-KEY',
        `\`${key}\` cannot stand in ${nameOf(path)} beside ${oneOfThese(others.map((other) => `\`${other}\``))}`,
        place,
        'Keep one of them.',
      );
    }
    const present = Object.keys((valueAt(value, path) ?? {}) as object);
    const free = allowed.filter((name) => !present.includes(name));
    const meant = suggestion(key, free);
    if (meant !== undefined) renamed.add(JSON.stringify([...path, meant]));
    const above = path.slice(0, -1);
    const isTooDeep = path.length > 0 && meant === undefined && keysAt(above).includes(key);
    const home = isTooDeep ? ` It is a key of ${nameOf(above)}: check the indentation.` : '';
    const list = allowed.length === 0 ? '' : ` Allowed: ${oneOfThese(allowed)}.`;
    return mistake(
      'E-PROTOCOL-KEY',
      `\`${key}\` is not a key of ${nameOf(path)}.${didYouMean(key, free)}${home}${list}`,
      place,
    );
  };

  const missing = (path: YamlPath): StudyError => {
    const parent = path.slice(0, -1);
    const what = descriptionAt(schema, value, path);
    const nodes = schemasAt(schema, value, path);
    const form = nodes.length === 0 ? '' : ` It takes ${takes(nodes)}.`;
    return mistake(
      'E-PROTOCOL-REQUIRED',
      `${nameOf(parent)} lacks \`${String(path.at(-1))}\`${what === undefined ? '.' : `: ${what}`}${form}`,
      where.place(parent, parent.length === 0 ? 'value' : 'key'),
      `Add \`${String(path.at(-1))}\` to ${nameOf(parent)}.`,
    );
  };

  const wrongValue = (leaf: Leaf): StudyError => {
    const { path } = leaf;
    const found = valueAt(value, path);
    const place = where.place(path, found === null ? 'key' : 'value');
    const nodes = schemasAt(schema, value, path);
    if (leaf.message === 'E-PROTOCOL-VERSION') {
      return mistake(
        'E-PROTOCOL-VERSION',
        `schema_version is ${short(found)}; this Desist reads version 1`,
        place,
      );
    }
    if (leaf.message === 'E-PROTOCOL-DATE' && found !== null) {
      return mistake(
        'E-PROTOCOL-DATE',
        `${nameOf(path)} is ${short(found)}, which is not a day of the calendar written YYYY-MM-DD`,
        place,
      );
    }
    if (leaf.bound !== undefined) {
      return mistake('E-PROTOCOL-VALUE', `${nameOf(path)} ${leaf.bound.words}`, place);
    }
    if (leaf.code === 'invalid_key') {
      const key = String(path.at(-1));
      return mistake(
        'E-PROTOCOL-VALUE',
        `\`${key}\` is not a name: a name starts with a lower-case letter and has lower-case letters, digits, - and _ only`,
        where.place(path, 'key'),
        'Change the name.',
      );
    }
    if (leaf.code === 'invalid_format') {
      return mistake(
        'E-PROTOCOL-VALUE',
        `${nameOf(path)} is ${short(found)}, which is not a name: a name starts with a lower-case letter and has lower-case letters, digits, - and _ only`,
        place,
        'Change the name.',
      );
    }
    const options = nodes
      .flatMap(alternatives)
      .flatMap((node) => [...(node.enum ?? []), ...(node.const === undefined ? [] : [node.const])])
      .map(String);
    const wantsText = nodes
      .flatMap(alternatives)
      .some((node) => node.type === 'string' && node.enum === undefined);
    const isBare = typeof found === 'number' || typeof found === 'boolean';
    const described =
      options.length > 0 || path.length === 0 ? undefined : descriptionAt(schema, value, path);
    const meaning = described === undefined ? '' : ` Meaning: ${described}`;
    const is = found === null ? 'is empty' : `is ${short(found)}`;
    return mistake(
      'E-PROTOCOL-VALUE',
      `${nameOf(path)} ${is}.${typeof found === 'string' ? didYouMean(found, options) : ''} It takes ${takes(nodes)}.${meaning}`,
      place,
      wantsText && isBare ? `Put it in quotes: "${where.written(path) ?? String(found)}".` : undefined,
    );
  };

  const isMissing = (leaf: Leaf): boolean =>
    leaf.path.length > 0 &&
    valueAt(value, leaf.path) === undefined &&
    typeof valueAt(value, leaf.path.slice(0, -1)) === 'object';

  const unknown = leaves.flatMap((leaf) => leaf.keys.map((key) => unknownKey(leaf.path, key)));
  const others = leaves
    .filter((leaf) => leaf.keys.length === 0 && !renamed.has(JSON.stringify(leaf.path)))
    .map((leaf) => (isMissing(leaf) ? missing(leaf.path) : wrongValue(leaf)));
  return [...unknown, ...others];
}

/** In the order of the files, then of the lines; the same mistake at the same place is told once. */
function inOrder(mistakes: readonly StudyError[], first: string): readonly StudyError[] {
  const seen = new Set<string>();
  const fileOf = (error: StudyError): string => error.detail.place?.file ?? '';
  return mistakes
    .filter((error) => {
      const { place } = error.detail;
      const key = `${error.code} ${place?.file}:${place?.line}:${place?.column} ${error.message}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort(
      (a, b) =>
        Number(fileOf(b) === first) - Number(fileOf(a) === first) ||
        (fileOf(a) < fileOf(b) ? -1 : fileOf(a) > fileOf(b) ? 1 : 0) ||
        (a.detail.place?.line ?? 0) - (b.detail.place?.line ?? 0) ||
        (a.detail.place?.column ?? 0) - (b.detail.place?.column ?? 0),
    );
}

/** Throws the first mistake with the others beside it. */
export function throwAll(mistakes: readonly StudyError[], first: string): void {
  const [head, ...also] = inOrder(mistakes, first);
  if (head === undefined) return;
  throw also.length === 0 ? head : new StudyError(head.code, head.message, { ...head.detail, also });
}
