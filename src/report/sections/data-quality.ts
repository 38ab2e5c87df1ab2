import type {
  ReleasedAccountRow,
  ReleasedIssueRow,
  ReleasedLinkFlowRow,
  ReleasedProfileRow,
} from '../../disclose/tables.ts';
import { html } from '../html.ts';
import { type Column, type NumberTable, numberTable } from '../number-table.ts';
import { count, countOrMark, decimal, SUPPRESSED } from '../numbers.ts';
import type { Reading, Section } from '../reading.ts';
import { capital } from '../words.ts';

/** What the registers held, what was refused, what is odd in them, and how their records found their persons. */

function text<R>(label: string, name: string, pick: (row: R) => string | null): Column<R> {
  return { label, text: (row) => pick(row) ?? '\u2013', csv: { [name]: pick } };
}

function number<R>(label: string, name: string, pick: (row: R) => number | null): Column<R> {
  return { label, is_number: true, text: (row) => countOrMark(pick(row)), csv: { [name]: pick } };
}

function percent(part: number | null, whole: number | null): string {
  if (part === null || whole === null) return SUPPRESSED;
  return whole === 0 ? '\u2013' : `${decimal((100 * part) / whole, 1)}%`;
}

export function dataQualitySection(reading: Reading): Section {
  const { accounts, issues, link_flow, profiles, disclosure } = reading.input.released;
  const notesFor = (rows: readonly { readonly status: string }[]): { readonly notes: readonly string[] } => ({
    notes: rows.some(({ status }) => status === 'suppressed')
      ? [`${SUPPRESSED} ${capital(disclosure.suppressed_note)}.`]
      : [],
  });
  const accountTable = numberTable<ReleasedAccountRow>(
    'accounts',
    'Every record read was accepted or quarantined',
    accounts,
    [
      text('Register', 'register', (row) => row.register),
      text('File', 'file', (row) => row.file),
      {
        label: 'Encoding and dialect',
        text: (row) => [row.encoding, row.dialect].filter((one) => one !== null).join(', '),
        csv: { encoding: (row) => row.encoding, dialect: (row) => row.dialect },
      },
      number('Records read', 'records_read', (row) => row.records_read),
      number('Accepted', 'accepted', (row) => row.accepted),
      number('Quarantined', 'quarantined', (row) => row.quarantined),
    ],
    notesFor(accounts),
  );
  const issueTable = numberTable<ReleasedIssueRow>(
    'issues',
    'What is odd in the data, n of N',
    issues,
    [
      {
        label: 'What',
        text: (row) => row.message ?? row.code,
        csv: { code: (row) => row.code, message: (row) => row.message },
      },
      text('Register', 'register', (row) => row.register),
      text('Column', 'column_name', (row) => row.column_name),
      text('Severity', 'severity', (row) => row.severity),
      {
        label: 'n of N',
        is_number: true,
        text: (row) => `${countOrMark(row.count)} of ${countOrMark(row.of)} ${row.unit ?? ''}`,
        csv: { count: (row) => row.count, of: (row) => row.of, unit: (row) => row.unit },
      },
      { label: 'Share', is_number: true, text: (row) => percent(row.count, row.of), csv: {} },
    ],
    notesFor(issues),
  );
  const linkTable = numberTable<ReleasedLinkFlowRow>(
    'link_flow',
    'How the records of each register found their persons',
    link_flow,
    [
      text('Linkage', 'link_class', (row) => row.link_class),
      {
        label: 'Record numbers',
        is_number: true,
        text: (row) => countOrMark(row.records),
        csv: { register: (row) => row.register, records: (row) => row.records },
      },
      number('Persons', 'persons', (row) => row.persons),
    ],
    { group: (row) => row.register ?? '', ...notesFor(link_flow) },
  );
  const profileTable = numberTable<ReleasedProfileRow>(
    'profiles',
    'The columns that the mapping uses',
    profiles,
    [
      {
        label: 'Column',
        text: (row) => row.column_name,
        csv: { register: (row) => row.register, column_name: (row) => row.column_name },
      },
      text('Type', 'type', (row) => row.type),
      number('Records', 'records', (row) => row.records),
      number('Missing', 'missing', (row) => row.missing),
      number('Open-ended', 'open_ended', (row) => row.open_ended),
      number('Distinct values', 'distinct_values', (row) => row.distinct_values),
    ],
    { group: (row) => row.register ?? '', ...notesFor(profiles) },
  );
  const files = accounts.length;
  const tables: readonly NumberTable[] = [accountTable, issueTable, linkTable, profileTable];
  const part = (rows: readonly unknown[], table: NumberTable, none: string) =>
    rows.length === 0 ? html`<p class="note">${none}</p>\n` : table.view;
  return {
    id: 'data-quality',
    title: 'The data and their faults',
    body: html`<p>${count(files)} file${files === 1 ? ' was' : 's were'} read. A quarantined record entered no analysis: it could not be read, held a value that does not fit, or is of a kind that the mapping does not take.</p>
${part(accounts, accountTable, 'No account of the files was kept.')}
${part(issues, issueTable, 'Nothing odd was found.')}
${part(link_flow, linkTable, 'No account of linkage was kept.')}
<details class="table"><summary>The columns that the mapping uses</summary>
${part(profiles, profileTable, 'No profile was made.')}</details>`,
    figures: [],
    tables: tables.filter(({ data }) => data.length > 1),
  };
}
