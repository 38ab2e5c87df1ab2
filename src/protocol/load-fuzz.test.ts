import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SMALL_STUDY, smallStudy, writeFiles } from '../../test/small-study.ts';
import { formatError, StudyError } from '../errors.ts';
import { loadProtocol } from './index.ts';

/** Whatever a person does to a file, the answer is a StudyError with the file and a place, or a protocol. */

const env = { DESIST_DATA: '/registers' };

/** One change to a text: a line goes, moves in or out, is repeated; a word becomes another; garbage comes in. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('delete-line' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('repeat-line' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('indent' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('outdent' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('delete-range' as const),
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    kind: fc.constant('retype' as const),
    at: fc.nat(),
    word: fc.constantFrom(
      'null',
      '7',
      '-1.5',
      '.nan',
      '[]',
      '{}',
      'true',
      '[1, {a: b}]',
      '"x"',
      '{days: 3}',
      '2006-13-40',
      '__proto__',
      'constructor',
      '*a',
      '&a b',
      '!t',
      '|',
      '0x1F',
      '1e999',
    ),
  }),
  fc.record({
    kind: fc.constant('rename' as const),
    at: fc.nat(),
    word: fc.constantFrom(
      'gaps',
      'design',
      'x',
      'Ä',
      '__proto__',
      'toString',
      'id',
      'days',
      'columns',
      'codelist',
    ),
  }),
  fc.record({
    kind: fc.constant('garbage' as const),
    at: fc.nat(),
    word: fc.string({ maxLength: 12, unit: 'binary' }),
  }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(text: string, change: Mutation): string {
  const lines = text.split('\n');
  const line = change.at % Math.max(1, lines.length);
  const at = change.at % Math.max(1, text.length);
  const edit = (make: (old: string) => readonly string[]): string =>
    [...lines.slice(0, line), ...make(lines[line] ?? ''), ...lines.slice(line + 1)].join('\n');
  switch (change.kind) {
    case 'delete-line':
      return edit(() => []);
    case 'repeat-line':
      return edit((old) => [old, old]);
    case 'indent':
      return edit((old) => [`  ${old}`]);
    case 'outdent':
      return edit((old) => [old.replace(/^ {2}/, '')]);
    case 'delete-range':
      return text.slice(0, at) + text.slice(at + change.length);
    case 'retype':
      return edit((old) => [old.replace(/(:|-) .*$/, `$1 ${change.word.replaceAll('$', '$$$$')}`)]);
    case 'rename':
      return edit((old) => [old.replace(/[\w.-]+:/, `${change.word}:`)]);
    case 'garbage':
      return text.slice(0, at) + change.word + text.slice(at);
  }
}

function outcome(folder: string): StudyError | undefined {
  try {
    loadProtocol(folder, { env });
    return undefined;
  } catch (error) {
    if (error instanceof StudyError) return error;
    throw error;
  }
}

describe.each(Object.keys(SMALL_STUDY))('%s, damaged at random', (name) => {
  it('A damaged file is told as a mistake with a place in it, never as anything else', () => {
    const folder = smallStudy();
    const original = SMALL_STUDY[name] ?? '';
    let refused = 0;
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (changes) => {
        writeFiles(folder, { [name]: changes.reduce(mutate, original) });
        const error = outcome(folder);
        if (error === undefined) return;
        refused += 1;
        for (const one of [error, ...(error.detail.also ?? [])]) {
          expect(one).toBeInstanceOf(StudyError);
          expect(one.message).not.toBe('');
          expect(one.detail.place?.file).toBeTruthy();
          expect(one.detail.place?.line).toBeGreaterThanOrEqual(1);
          expect(one.detail.place?.snippet).toContain('^');
          expect(one.message).not.toMatch(/Invalid input|\[object|undefined|E-PROTOCOL/);
        }
        expect(formatError(error)).not.toMatch(/\n\s+at .*:\d+:\d+/);
      }),
      { numRuns: 100, seed: 20061 },
    );
    // A fuzz that breaks nothing tests nothing.
    expect(refused).toBeGreaterThan(40);
  });
});

it('Bytes that are no text at all are told as well', () => {
  const folder = smallStudy();
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom(...Object.keys(SMALL_STUDY)),
      (bytes, name) => {
        writeFiles(folder, { [name]: bytes });
        const error = outcome(folder);
        writeFiles(folder, { [name]: SMALL_STUDY[name] ?? '' });
        expect(error?.detail.place?.file).toBe(name);
      },
    ),
    { numRuns: 60, seed: 20062 },
  );
});

it('A folder where a file should be is told as well', () => {
  for (const name of Object.keys(SMALL_STUDY)) {
    const folder = smallStudy();
    rmSync(join(folder, name));
    writeFiles(folder, { [join(name, 'inside.txt')]: '' });
    expect(outcome(folder)?.detail.place?.file).toBeTruthy();
  }
});
