import { describe, expect, it } from 'vitest';
import { StudyError } from '../../errors.ts';
import type { CsvDialect } from './account.ts';
import { detectDialect } from './dialect.ts';

const detect = (text: string, declared: Partial<CsvDialect> = {}, ended = true) =>
  detectDialect(Buffer.from(text), ended, 'utf-8', declared, 'register.csv');
const refusal = (text: string, declared: Partial<CsvDialect> = {}) => {
  try {
    detect(text, declared);
  } catch (error) {
    if (error instanceof StudyError) return error;
    throw error;
  }
  throw new Error('a dialect was found');
};

describe('The delimiter', () => {
  const cases: readonly [string, string, string][] = [
    ['Comma', 'a,b\n1,2\n', ','],
    ['Semicolon, with decimal commas in the records', 'id;grams\n1;0,5\n2;1,25\n', ';'],
    ['Tab, with commas and pipes in free text', 'id\tnote\n1\tx, y|z\n', '\t'],
    ['Pipe', 'id|note\n1|x;y\n', '|'],
    ['Comma, with semicolons inside quotes only', '"a;x",b\n"1;2",3\n', ','],
    ['Comma, where records span lines', 'a,b\n1,"x\ny;z\n"\n2,w\n', ','],
    ['Comma, where a minority of the records is ragged', 'a,b,c\n1,2,3\n1,2\n4,5,6\n', ','],
    ['Comma, where a minority of the records is broken', 'a,b\n1,"x"y\n2,z\n3,w\n', ','],
    ['Comma, of a header alone', 'a,b', ','],
    ['Comma, below blank lines', '\r\n\r\na,b\r\n1,2\r\n', ','],
    ['Comma is assumed in a file of one column', 'note\nx\ny\n', ','],
  ];
  for (const [name, text, delimiter] of cases) {
    it(name, () => {
      expect(detect(text).dialect).toEqual({
        delimiter,
        quote: '"',
        escape: 'doubled',
        trailing_delimiter: false,
      });
    });
  }

  it('is ambiguous where two fit, and must then be declared', () => {
    const text = 'id;name, first;born\n1;Nordmann, Ola;1980\n2;Dahl, Eva;1975\n';
    const error = refusal(text);
    expect(error.code).toBe('E-SOURCE-FORMAT');
    expect(error.message).toContain('comma and semicolon');
    const declared = detect(text, { delimiter: ';' });
    expect(declared).toMatchObject({ dialect_from: 'declared', sample_records: 2, sample_consistent: 2 });
  });

  it('is not found where the first line is a title', () => {
    const error = refusal('Extract of March\nid,born\n1,1980\n2,1975\n');
    expect(error.code).toBe('E-SOURCE-FORMAT');
  });

  it('can be any other sign, but only when declared', () => {
    expect(detect('a~b\n1~2\n', { delimiter: '~' }).sample_consistent).toBe(1);
    for (const delimiter of ['', ',,', '"', '\n', 'x', '1', '\\', 'ø', '\0'])
      expect(refusal('a,b\n', { delimiter }).code).toBe('E-SOURCE-FORMAT');
  });

  it('is judged by whole records only where the sample ends before the file', () => {
    expect(detect('a,b\n1,2\n3,"x', {}, false)).toMatchObject({ sample_records: 1, sample_consistent: 1 });
  });
});

describe('A trailing delimiter', () => {
  const trailing = (text: string) => detect(text).dialect.trailing_delimiter;
  it('is found where header and records end in one', () => {
    expect(trailing('a,b,\n1,2,\n3,4,\n')).toBe(true);
  });
  it('is found where only the records do', () => {
    expect(trailing('a,b\n1,2,\n3,4,\n')).toBe(true);
  });
  it('is not a last column that is often empty', () => {
    expect(trailing('a,b,c\n1,2,\n3,4,\n')).toBe(false);
  });
  it('is not a quoted empty field', () => {
    expect(trailing('a,b\n1,2\n3,4\n5,6,""\n')).toBe(false);
  });
});

it('The line ends of the sample are told, those inside quotes left out', () => {
  expect(detect('a,b\r\n1,"x\ny"\r\n').line_ending).toBe('crlf');
  expect(detect('a,b\r\n1,2\n').line_ending).toBe('mixed');
  expect(detect('a,b').line_ending).toBe('none');
});
