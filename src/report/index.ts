import type { Released, ReleasedTables } from '../disclose/tables.ts';
import { RESULT_ORDER, result } from '../estimate/tables.ts';
import type { RenderedReport, ReportInput } from './tables.ts';

function field(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** results.csv: one row a number, RFC 4180 with LF, in a total order. */
export function resultsCsv(released: Released<ReleasedTables>): string {
  const names = Object.keys(result.columns) as (keyof typeof result.columns)[];
  const compare = (a: string | number | null, b: string | number | null): number => {
    if (a === b) return 0;
    if (a === null) return -1;
    if (b === null) return 1;
    return a < b ? -1 : 1;
  };
  const rows = [...released.results].sort((x, y) => {
    for (const key of RESULT_ORDER) {
      const order = compare(x[key], y[key]);
      if (order !== 0) return order;
    }
    return 0;
  });
  return `${[names.join(','), ...rows.map((row) => names.map((column) => field(row[column])).join(','))].join('\n')}\n`;
}

export async function renderReport(input: ReportInput): Promise<RenderedReport> {
  return {
    html: `<!doctype html><title>${input.protocol.study.title}</title>`,
    figures: [],
    files: new Map(),
    headline: [],
  };
}
