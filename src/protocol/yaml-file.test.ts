import { describe, expect, it } from 'vitest';
import type { StudyError } from '../errors.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

function fileOf(text: string): YamlFile {
  const parsed = parseYaml('x.yaml', text);
  if (!('file' in parsed)) throw new Error(parsed.mistakes[0]?.message);
  return parsed.file;
}

function mistakesOf(text: string): readonly StudyError[] {
  const parsed = parseYaml('x.yaml', text);
  return 'file' in parsed ? [] : parsed.mistakes;
}

describe('a YAML file of the study', () => {
  it('A code written 01 stays 01, as a key', () => {
    expect(fileOf('values: {01: male, 1: other, null: nobody, 0x1F: hex}').value).toEqual({
      values: { '01': 'male', '1': 'other', null: 'nobody', '0x1F': 'hex' },
    });
  });

  it('A day stays text', () => {
    expect(fileOf('from: 2006-04-01').value).toEqual({ from: '2006-04-01' });
  });

  it('Yes and no are words, true and false are not', () => {
    expect(fileOf('a: yes\nb: no\nc: true').value).toEqual({ a: 'yes', b: 'no', c: true });
  });

  it('The place of a key and of a value is the line and column they stand at', () => {
    const file = fileOf('a:\n  b:\n    - c: 7\n');
    expect(file.place(['a', 'b', 0, 'c'], 'key')).toEqual({
      file: 'x.yaml',
      line: 3,
      column: 7,
      snippet: '     3 |     - c: 7\n       |       ^',
    });
    expect(file.place(['a', 'b', 0, 'c'], 'value')).toMatchObject({ line: 3, column: 10 });
    expect(file.written(['a', 'b', 0, 'c'])).toBe('7');
  });

  it('A path that does not exist has the place of the nearest part above it', () => {
    const file = fileOf('a:\n  b: 1\n');
    expect(file.place(['a', 'z', 3], 'key')).toMatchObject({ line: 1, column: 1 });
  });

  it('A byte order mark and Windows line ends do not move places or stay in snippets', () => {
    const place = fileOf('\uFEFFa: 1\r\nb: 2\r\n').place(['b'], 'value');
    expect(place).toMatchObject({ line: 2, column: 4, snippet: '     2 | b: 2\n       |    ^' });
  });

  it('A long line is cut around the place', () => {
    const place = fileOf(`a: "${'x'.repeat(400)}"\nb: [${'1, '.repeat(200)}bad]`).place(['b', 200], 'value');
    const [shown = '', marker = ''] = (place.snippet ?? '').split('\n');
    expect(shown.length).toBeLessThan(170);
    expect(shown.slice(marker.indexOf('^'), marker.indexOf('^') + 3)).toBe('bad');
  });

  it.each([
    ['a: 1\na: 2', 2, 'twice'],
    ['a: 1\n01: 2\n01: 3', 3, 'twice'],
    ['a: 1\n---\nb: 2', 2, 'several YAML documents'],
    ['a:\n\t- b', 2, 'tab'],
    ['a: !secret 1', 1, 'tags'],
    ['a: *nowhere', 1, 'alias'],
    ['a: &x [*x]', 1, 'alias'],
    ['a: "open', 1, 'quote'],
    ['? {a: 1}\n: 2', 1, 'plain text'],
    [`a: ${'['.repeat(60)}${']'.repeat(60)}`, 1, 'nested'],
    [`a: ${'['.repeat(20_000)}`, 1, ''],
  ])('Mistake number %# in the syntax is told with its line', (text, line, words) => {
    const [first] = mistakesOf(text);
    expect(first?.code).toBe('E-PROTOCOL-YAML');
    expect(first?.detail.place).toMatchObject({ file: 'x.yaml', line });
    expect(first?.message).toContain(words);
  });

  it('Anchors may be used; a bomb of them is refused', () => {
    expect(fileOf('a: &w {months: 24}\nb: *w').value).toEqual({ a: { months: 24 }, b: { months: 24 } });
    const levels = Array.from({ length: 12 }, (_, i) =>
      i === 0 ? 'l0: &l0 [1, 1]' : `l${i}: &l${i} [${`*l${i - 1}, `.repeat(9)}*l${i - 1}]`,
    );
    expect(mistakesOf(levels.join('\n'))[0]?.message).toContain('too large');
  });

  it('A key called __proto__ is a key like any other', () => {
    const { value } = fileOf('__proto__: {polluted: true}');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
