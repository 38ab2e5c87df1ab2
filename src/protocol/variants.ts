import type { StudyError } from '../errors.ts';
import { mistake, type Whereabouts } from './mistakes.ts';
import { didYouMean, oneOfThese } from './suggest.ts';
import type { YamlFile, YamlPath } from './yaml-file.ts';

/**
 * A declared variant is study.yaml with some values set anew. A path is written with dots: `definitions.gap`; an entry
 * of a list is named by its number from 0, or by its id: `estimates.main.clock`.
 */

/** Settings that would make another study, or a less protected one, and not an alternative of this one. */
const FIXED = ['schema_version', 'variants', 'disclosure', 'title', 'question'] as const;

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null) return value;
  const made: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) put(made, key, copy(part));
  return made;
}

function put(target: object, key: string | number, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The step's position in a list, or the step itself in a map. */
function stepInto(parent: unknown, step: string): string | number | undefined {
  if (!Array.isArray(parent)) return step;
  if (/^(0|[1-9][0-9]*)$/.test(step)) return Number(step) < parent.length ? Number(step) : undefined;
  const at = parent.findIndex((entry) => typeof entry === 'object' && entry !== null && entry.id === step);
  return at < 0 ? undefined : at;
}

function stepsOf(parent: unknown): string[] {
  if (Array.isArray(parent)) return parent.map((entry, i) => String(entry?.id ?? i));
  return typeof parent === 'object' && parent !== null ? Object.keys(parent) : [];
}

/** The study with a variant's settings laid over it, and where each part then stands. */
export function withVariant(
  file: YamlFile,
  name: string,
  settings: Readonly<Record<string, unknown>>,
): { readonly value: unknown; readonly where: Whereabouts; readonly mistakes: readonly StudyError[] } {
  const value = copy(file.value);
  const mistakes: StudyError[] = [];
  const laid: { readonly path: YamlPath; readonly from: YamlPath }[] = [];
  for (const [text, setting] of Object.entries(settings)) {
    const from = ['variants', name, 'set', text];
    const place = file.place(from, 'key');
    const steps = text.split('.');
    const root = steps[0] ?? '';
    if ((FIXED as readonly string[]).includes(root)) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-VALUE',
          `a variant cannot set \`${root}\``,
          place,
          `A variant changes how the question is answered; ${oneOfThese(FIXED)} stay.`,
        ),
      );
      continue;
    }
    let parent: unknown = value;
    const path: (string | number)[] = [];
    for (const [i, step] of steps.entries()) {
      const key = stepInto(parent, step);
      const isLast = i === steps.length - 1;
      if (
        typeof parent !== 'object' ||
        parent === null ||
        key === undefined ||
        (!isLast && !Object.hasOwn(parent, key))
      ) {
        const known = stepsOf(parent);
        mistakes.push(
          mistake(
            'E-PROTOCOL-REFERENCE',
            `\`${text}\` does not lead to a setting: there is no \`${step}\`${path.length === 0 ? '' : ` in \`${path.join('.')}\``}.${didYouMean(step, known)}`,
            place,
            known.length === 0 ? undefined : `There is ${oneOfThese(known)}.`,
          ),
        );
        break;
      }
      path.push(key);
      if (isLast) {
        put(parent, key, copy(setting));
        laid.push({ path, from });
      } else parent = (parent as Record<string | number, unknown>)[key];
    }
  }
  const origin = (path: YamlPath): YamlPath => {
    const over = laid.findLast((one) => one.path.every((step, i) => path[i] === step));
    return over === undefined ? path : [...over.from, ...path.slice(over.path.length)];
  };
  return {
    value,
    where: {
      path: file.path,
      place: (path, at) => file.place(origin(path), at),
      written: (path) => file.written(origin(path)),
    },
    mistakes,
  };
}
