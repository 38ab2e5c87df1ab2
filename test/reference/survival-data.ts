/** Data of the survival parity tests, as typed arrays. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Numeric columns of DESIST_DATA/PATH (a plain CSV of numbers; an empty field is NaN); undefined, with a loud warning, where it is absent. */
export function realColumns(path: string): Record<string, Float64Array> | undefined {
  const columns = realText(path);
  return (
    columns &&
    Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [
        name,
        Float64Array.from(values, (field) => (field === '' ? Number.NaN : Number(field))),
      ]),
    )
  );
}

/** The same columns as text, without their quotes. No quoted field of these files holds a comma. */
export function realText(path: string): Record<string, string[]> | undefined {
  const file = join(process.env.DESIST_DATA ?? join(projectRoot, '..', 'shared', 'data'), path);
  if (!existsSync(file)) {
    console.warn(`NOT RUN: tests on ${path}: ${file} is absent (set DESIST_DATA).`);
    return undefined;
  }
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const rows = lines.map((line) => line.split(',').map((field) => field.replaceAll('"', '')));
  const names = (header ?? '').split(',').map((name) => name.replaceAll('"', ''));
  return Object.fromEntries(names.map((name, j) => [name, rows.map((row) => row[j] ?? '')]));
}

/** 0 for the first label met, 1 for the next, ...; or the given order of labels. */
export function codes(labels: ArrayLike<string | number>, order?: readonly (string | number)[]): Int32Array {
  const known = new Map<string | number, number>((order ?? []).map((label, k) => [label, k]));
  return Int32Array.from(Array.from(labels), (label) => {
    const code = known.get(label) ?? known.size;
    known.set(label, code);
    return code;
  });
}

/** Row-major design from columns of equal length. */
export function designOf(...columns: ArrayLike<number>[]): Float64Array {
  const n = columns[0]?.length ?? 0;
  const x = new Float64Array(n * columns.length);
  columns.forEach((column, j) => {
    for (let i = 0; i < n; i++) x[i * columns.length + j] = column[i] as number;
  });
  return x;
}

/** 1 where the label is `level`. */
export function indicator(labels: readonly string[], level: string): Float64Array {
  return Float64Array.from(labels, (label) => (label === level ? 1 : 0));
}
