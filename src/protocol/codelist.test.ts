import { describe, expect, it } from 'vitest';
import { readCodelist } from './codelist.ts';

const linesOf = (text: string): readonly string[] =>
  readCodelist('codelists/x.csv', text).mistakes.map((one) => `${one.detail.place?.line} ${one.message}`);

describe('an offence code list', () => {
  it('Codes without dates count on every day', () => {
    expect(readCodelist('x.csv', 'code\ntheft\n"going, equipped"\n').codes).toEqual([
      { code: 'theft', from_date: null, to_date: null },
      { code: 'going, equipped', from_date: null, to_date: null },
    ]);
  });

  it('A code may count in two periods that do not overlap', () => {
    const list = readCodelist(
      'x.csv',
      'to_date,code,from_date,note\n2007-01-15,fraud,,old\n,fraud,2007-01-15,"new, ""Act"""\n',
    );
    expect(list.mistakes).toEqual([]);
    expect(list.codes).toEqual([
      { code: 'fraud', from_date: null, to_date: '2007-01-15' },
      { code: 'fraud', from_date: '2007-01-15', to_date: null },
    ]);
  });

  it.each([
    ['', '1 the code list is empty'],
    ['kode\ntheft', '1 `kode` is not a column'],
    ['code\n', '1 the code list has no code'],
    ['code,from_date\ntheft,2004-02-30', '2 from_date is `2004-02-30`'],
    ['code,from_date\ntheft,01/02/2004', '2 from_date is `01/02/2004`'],
    ['code,from_date,to_date\n\ntheft,2005-01-01,2005-01-01', '3 from_date is not before to_date'],
    ['code,from_date,to_date\ntheft,,\ntheft,2005-01-01,', '3 the code stands on line 2 already'],
    ['code,note\ntheft', '2 the line has 1 values and the header 2'],
    ['code,note\n,lost', '2 the line has no code'],
    ['code\n"theft', '2 a double quote is opened'],
    ['code,code\na,b', '1 the column `code` stands twice'],
  ])('%j is refused at its line', (text, message) => {
    expect(linesOf(text)[0]).toContain(message);
    expect(readCodelist('x.csv', text).mistakes.every((one) => one.code === 'E-CODELIST')).toBe(true);
  });
});
