import { describe, expect, it } from 'vitest';
import { editDistance, oneOfThese, suggestion } from './suggest.ts';

describe('the word a person may have meant', () => {
  it('Inserting, deleting, replacing and swapping neighbours are one edit each', () => {
    expect(editDistance('gap', 'gaps')).toBe(1);
    expect(editDistance('gaps', 'gap')).toBe(1);
    expect(editDistance('gap', 'gup')).toBe(1);
    expect(editDistance('gpa', 'gap')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('A slip is recognised, another word is not', () => {
    const keys = ['entry_window', 'age', 'washout', 'link_classes'];
    expect(suggestion('entry-windw', keys)).toBe('entry_window');
    expect(suggestion('Age', keys)).toBe('age');
    expect(suggestion('outcome', keys)).toBeUndefined();
    expect(suggestion('', keys)).toBeUndefined();
  });

  it('The beginning of a long name is enough', () => {
    expect(suggestion('ndtms-2012', ['as-recorded', 'ndtms-2012-referred-on-is-success'])).toBe(
      'ndtms-2012-referred-on-is-success',
    );
  });

  it('A long list is cut and says how much is left', () => {
    expect(oneOfThese(['a', 'b', 'c'])).toBe('a, b or c');
    expect(oneOfThese(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
  });
});
