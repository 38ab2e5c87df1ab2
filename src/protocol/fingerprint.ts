import { createHash } from 'node:crypto';

/**
 * What the protocol's hash covers: the parsed files (not their text), code lists with LF line ends, and the order of the
 * outcomes where it means something. Comments, line ends, quotes and the order of keys change nothing; whatever can
 * change a result does. Defaults are not filled in, so that a new default of Desist cannot pass for an old protocol.
 */
export interface CanonicalContent {
  readonly files: Readonly<Record<string, unknown>>;
  /**
   * The first outcome is the primary one, the only place where the order of keys has a meaning: by `protocol` or the
   * name of a variant.
   */
  readonly primary_outcomes: Readonly<Record<string, string>>;
}

/** JSON with sorted keys and no white space. Numbers that JSON cannot write are named. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'number' && !Number.isFinite(value)) return `{"number":"${value}"}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const parts = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`);
  return `{${parts.join(',')}}`;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** A difference between two canonical contents. */
export interface Change {
  readonly file: string;
  /** `definitions.gap`; empty where the whole file came, went or is a code list. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function differences(before: unknown, after: unknown, path: string, file: string): readonly Change[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (isMap(before) && isMap(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`, file));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((part, i) => differences(part, after[i], `${path}[${i}]`, file));
  }
  return [{ file, path, before, after }];
}

/** What changed between two contents, by file and path. */
export function changesBetween(before: CanonicalContent, after: CanonicalContent): readonly Change[] {
  const files = [...new Set([...Object.keys(before.files), ...Object.keys(after.files)])].sort();
  const changes = files.flatMap((file) => differences(before.files[file], after.files[file], '', file));
  const primary = Object.keys(after.primary_outcomes).flatMap((variant): readonly Change[] => {
    const was = before.primary_outcomes[variant];
    const is = after.primary_outcomes[variant];
    return was === undefined || was === is
      ? []
      : [{ file: 'study.yaml', path: `the primary (first) outcome of ${variant}`, before: was, after: is }];
  });
  return [...changes, ...primary];
}
