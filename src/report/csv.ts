/** CSV by RFC 4180 with LF: shortest round-trip numbers, empty for NULL. */

export type CsvValue = string | number | null;

function field(value: CsvValue | undefined): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvText(rows: readonly (readonly CsvValue[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\n`).join('');
}
