/** The readers of register files: what stands in a file, record by record, with an account that adds up. */
export {
  CSV_LIMITS,
  type CsvAccount,
  type CsvDialect,
  type CsvLimits,
  ENCODINGS,
  type Encoding,
  type LineEnding,
  QUARANTINE_CODES,
  type QuarantineCode,
  type ReadAccount,
} from './account.ts';
export { type NormaliseCsvOptions, normaliseCsv } from './csv.ts';
export { type ExcelAccount, type NormaliseExcelOptions, normaliseExcel } from './excel.ts';
export { type ExcelCell, readExcel } from './excel-cells.ts';
export type { ExcelFinding } from './excel-damage.ts';
export { ACCEPTED_OPTIONS, QUARANTINE_COLUMNS } from './output.ts';
export { type Sniffed, type SniffedCsv, sniff } from './sniff.ts';
