/** The readers of register files: what stands in a file, record by record, with an account that adds up. */
export { normaliseCsv } from './csv.ts';
export { normaliseExcel } from './excel.ts';
