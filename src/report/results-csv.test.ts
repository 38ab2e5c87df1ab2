import { describe, expect, it } from 'vitest';
import { reportInput, resultRow } from '../../test/small-report.ts';
import { result } from '../estimate/tables.ts';
import { resultsCsv } from './index.ts';

describe('results.csv', () => {
  it('has the columns of the result table, quotes by RFC 4180, shortest numbers, and nothing for NULL', () => {
    const { released } = reportInput([
      resultRow({ level: 'b', value: 0.1 + 0.2, ci_low: 1e-7, note: 'said "no",\nthen left' }),
      resultRow({ level: 'a, first', value: 3, status: 'suppressed', persons: null }),
    ]);
    expect(resultsCsv(released)).toBe(
      `${Object.keys(result.columns).join(',')}
change,change,all,all,"a, first",,persons,3,,,,,,count,suppressed,,number,,,,protocol,,,,,
change,change,all,all,b,,persons,0.30000000000000004,1e-7,,40,,,count,estimated,"said ""no"",
then left",number,,,,protocol,,,,,
`,
    );
  });

  it('comes in one order whatever the order of the rows, with days as numbers and NULL first', () => {
    const rows = [100, 20, null, 3].map((time) => resultRow({ measure: 'at_risk', time }));
    const csv = resultsCsv(reportInput(rows).released);
    expect(resultsCsv(reportInput([...rows].reverse()).released)).toBe(csv);
    const column = Object.keys(result.columns).indexOf('time');
    expect(
      csv
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[column]),
    ).toEqual(['', '3', '20', '100']);
  });
});
