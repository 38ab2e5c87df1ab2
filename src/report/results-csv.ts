import type { Released, ReleasedTables } from '../disclose/tables.ts';
import { RESULT_ORDER, result } from '../estimate/tables.ts';
import { type CsvValue, csvText } from './csv.ts';

function compare(a: CsvValue, b: CsvValue): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}

/** results.csv: one row a number, in the total order of RESULT_ORDER, NULL first. */
export function resultsCsv(released: Released<ReleasedTables>): string {
  const names = Object.keys(result.columns) as (keyof typeof result.columns)[];
  const rows = [...released.results].sort((x, y) => {
    for (const key of RESULT_ORDER) {
      const order = compare(x[key], y[key]);
      if (order !== 0) return order;
    }
    return 0;
  });
  return csvText([names, ...rows.map((row) => names.map((name) => row[name]))]);
}
