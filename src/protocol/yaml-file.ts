import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
} from 'yaml';
import { type Place, StudyError } from '../errors.ts';

/**
 * A YAML file of the study: its value, and where in the text each part of it stands. Keys keep the text they were
 * written with (`01` stays "01"), because codes are names and not numbers.
 */

export type YamlPath = readonly (string | number)[];

export interface YamlFile {
  /** Relative to the study folder, with forward slashes. */
  readonly path: string;
  readonly value: unknown;
  /** The place of the key or of the value at `path`, or of the nearest part above it that exists. */
  place(path: YamlPath, at: 'key' | 'value'): Place;
  /** The text of a scalar as written, without its quotes. */
  written(path: YamlPath): string | undefined;
}

interface Spot {
  readonly key: number | undefined;
  readonly value: number;
  readonly text: string | undefined;
}

const WIDEST = 150;
const MOST_NODES = 50_000;
const DEEPEST = 40;

/** The line with a caret under the column; a long line is cut around it. */
function snippetOf(text: string, line: number, column: number): string {
  const full = (text.split('\n')[line - 1] ?? '').replace(/\r$/, '');
  const from = column > WIDEST - 30 ? column - 60 : 0;
  const shown = full.slice(from, from + WIDEST);
  const margin = String(line).padStart(6);
  const under = shown.slice(0, Math.max(0, column - 1 - from)).replace(/[^\t]/g, ' ');
  return `${margin} | ${shown}\n${' '.repeat(margin.length)} | ${under}^`;
}

function placeAt(path: string, text: string, lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(Math.min(offset, text.length));
  const row = Math.max(1, line);
  const column = Math.max(1, col);
  return { file: path, line: row, column, snippet: snippetOf(text, row, column) };
}

const SYNTAX: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands twice in the same map',
  MULTIPLE_DOCS: 'the file holds several YAML documents; a protocol file is one',
  TAB_AS_INDENT: 'a tab is used as indentation; use spaces',
  TAG_RESOLVE_FAILED: 'YAML tags are not used in a protocol',
};

/** Reads the parsed document into a plain value and notes where each part stands. */
function walk(
  document: Document.Parsed,
  spots: Map<string, Spot>,
  refuse: (message: string, offset: number) => void,
): unknown {
  let nodes = 0;
  let isTooLarge = false;
  const open = new Set<Node>();

  const visit = (node: Node | null | undefined, path: YamlPath, key: number | undefined): unknown => {
    const offset = node?.range?.[0] ?? key ?? 0;
    const note = (text?: string): void => {
      spots.set(JSON.stringify(path), { key, value: offset, text });
    };
    nodes += 1;
    if (nodes > MOST_NODES || path.length > DEEPEST) {
      if (!isTooLarge) refuse('the file is too large or too deeply nested for a protocol', offset);
      isTooLarge = true;
      return null;
    }
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target === undefined || open.has(target)) {
        refuse(`the alias \`*${node.source}\` does not lead to a finished anchor above it`, offset);
        note();
        return null;
      }
      const value = visit(target, path, key);
      note();
      return value;
    }
    if (isMap(node)) {
      note();
      open.add(node);
      const value: Record<string, unknown> = {};
      for (const pair of node.items) {
        const name = pair.key as Node | null;
        if (!isScalar(name)) {
          refuse('a key must be plain text', name?.range?.[0] ?? offset);
          continue;
        }
        const text = keyText(name);
        const at = name.range?.[0] ?? offset;
        if (Object.hasOwn(value, text)) refuse(SYNTAX.DUPLICATE_KEY ?? '', at);
        const part = visit(pair.value as Node | null, [...path, text], at);
        Object.defineProperty(value, text, {
          value: part,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      open.delete(node);
      return value;
    }
    if (isSeq(node)) {
      note();
      open.add(node);
      const value = node.items.map((item, i) => visit(item as Node | null, [...path, i], undefined));
      open.delete(node);
      return value;
    }
    if (isScalar(node)) {
      note(node.source ?? (node.value === null ? undefined : String(node.value)));
      return node.value;
    }
    note();
    return null;
  };

  return visit(document.contents, [], undefined);
}

function keyText(key: Scalar): string {
  if (key.type === 'PLAIN' && key.source !== undefined) return key.source;
  return key.value === null ? '' : String(key.value);
}

/** The parser goes down with the nesting, and so can run out of stack before it can say so. */
function parsed(text: string, lines: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
      uniqueKeys: false,
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Parses YAML text. Syntax mistakes are E-PROTOCOL-YAML, each at its place; with one of them there is no file. */
export function parseYaml(
  path: string,
  given: string,
): { readonly file: YamlFile } | { readonly mistakes: readonly StudyError[] } {
  const text = given.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  const mistakes: StudyError[] = [];
  const refuse = (message: string, offset: number): void => {
    const place = placeAt(path, text, lines, offset);
    // One slip makes the parser complain several times about the same line: the first says what it is.
    if (mistakes.some((other) => other.detail.place?.line === place.line)) return;
    mistakes.push(new StudyError('E-PROTOCOL-YAML', message, { place }));
  };
  const document = parsed(text, lines);
  if (document === undefined) {
    refuse('the file is too large or too deeply nested for a protocol', 0);
    return { mistakes };
  }
  for (const fault of [...document.errors, ...document.warnings]) {
    refuse(SYNTAX[fault.code] ?? fault.message.replace(/\s+/g, ' '), fault.pos[0]);
  }
  const spots = new Map<string, Spot>();
  const value = mistakes.length > 0 ? null : walk(document, spots, refuse);
  if (mistakes.length > 0) return { mistakes };

  const nearest = (at: YamlPath): Spot | undefined => {
    for (let length = at.length; length >= 0; length--) {
      const spot = spots.get(JSON.stringify(at.slice(0, length)));
      if (spot !== undefined) return spot;
    }
    return undefined;
  };
  return {
    file: {
      path,
      value,
      place(at, part) {
        const spot = nearest(at);
        const offset = part === 'key' ? (spot?.key ?? spot?.value) : spot?.value;
        return placeAt(path, text, lines, offset ?? 0);
      },
      written: (at) => spots.get(JSON.stringify(at))?.text,
    },
  };
}
