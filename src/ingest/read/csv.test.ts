import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StudyError } from '../../errors.ts';
import { type NormaliseCsvOptions, normaliseCsv } from './csv.ts';

const folder = mkdtempSync(join(tmpdir(), 'desist-csv-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'treatment.csv');
const outAccepted = join(folder, 'accepted.csv');
const outQuarantine = join(folder, 'quarantine.csv');

type Options = Pick<NormaliseCsvOptions, 'dialect' | 'encoding' | 'limits'>;

async function read(content: string | Buffer, options: Options = {}) {
  writeFileSync(path, content);
  const account = await normaliseCsv({ path, outAccepted, outQuarantine, ...options });
  const quarantine = readFileSync(outQuarantine, 'latin1')
    .split('\n')
    .slice(0, -1)
    .map((row) => {
      const [record, line, part, code, columns, raw] = row.split(',');
      const text = Buffer.from(raw ?? '', 'base64').toString('utf8');
      return {
        record: Number(record),
        line: Number(line),
        part: Number(part),
        code,
        columns: Number(columns),
        text,
      };
    });
  return { account, accepted: readFileSync(outAccepted, 'utf8'), quarantine };
}

async function refusal(content: string | Buffer, options: Options = {}): Promise<StudyError> {
  const error = await read(content, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StudyError)) throw new Error('the file was read');
  return error;
}

describe('A file that holds no register is refused with its place', () => {
  const cases: readonly [string, string, string, number | undefined, RegExp][] = [
    ['An empty file', '', 'E-SOURCE-EMPTY', undefined, /is empty/],
    ['A file of nothing but a byte-order mark', '\ufeff', 'E-SOURCE-EMPTY', undefined, /is empty/],
    ['A file of blank lines', '\n\r\n\n', 'E-SOURCE-EMPTY', undefined, /no header/],
    ['A header without a record', 'person_id,start_date\n', 'E-SOURCE-EMPTY', undefined, /no record/],
    ['A header without a line end', 'person_id,start_date', 'E-SOURCE-EMPTY', undefined, /no record/],
    ['A header and blank lines', 'person_id,start_date\n\n\n', 'E-SOURCE-EMPTY', undefined, /no record/],
    [
      'A name that stands twice',
      'a,b,a\n1,2,3\n',
      'E-SOURCE-HEADER',
      1,
      /columns 1 and 3 have the same name/,
    ],
    ['Names that differ in case only', 'ID,id\n1,2\n', 'E-SOURCE-HEADER', 1, /columns 1 and 2/],
    [
      'Names that differ in composition only',
      'A\u030ar,\u00c5r\n1,2\n',
      'E-SOURCE-HEADER',
      1,
      /columns 1 and 2/,
    ],
    ['Names that differ in blanks only', 'id,id \n1,2\n', 'E-SOURCE-HEADER', 1, /columns 1 and 2/],
    ['A column without a name', 'a,,c\n1,2,3\n', 'E-SOURCE-HEADER', 1, /column 2 of 3 has no name/],
    [
      'A column named with a blank, below blank lines',
      '\n\n"a"," "\n1,2\n',
      'E-SOURCE-HEADER',
      3,
      /column 2 of 2/,
    ],
    ['A broken quote in the header', 'a,"b"x\n1,2\n', 'E-SOURCE-HEADER', 1, /stray-quote/],
    ['A NUL in the header', 'a,b\0\n1,2\n', 'E-SOURCE-HEADER', 1, /nul-byte/],
  ];
  for (const [name, content, code, line, message] of cases) {
    it(name, async () => {
      const error = await refusal(content);
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.detail.place).toEqual(line === undefined ? { file: path } : { file: path, line });
      expect(existsSync(outAccepted), 'no half a file is left').toBe(false);
      expect(existsSync(outQuarantine)).toBe(false);
    });
  }

  it('A file that is not there, and a folder', async () => {
    const missing = normaliseCsv({ path: join(folder, 'nowhere.csv'), outAccepted, outQuarantine });
    await expect(missing).rejects.toMatchObject({ code: 'E-SOURCE-MISSING' });
    const directory = normaliseCsv({ path: folder, outAccepted, outQuarantine });
    await expect(directory).rejects.toMatchObject({ code: 'E-SOURCE-MISSING' });
  });

  it('A place that can not be written to', async () => {
    writeFileSync(path, 'a,b\n1,2\n');
    const writing = normaliseCsv({ path, outAccepted: join(folder, 'no', 'such.csv'), outQuarantine });
    await expect(writing).rejects.toMatchObject({ code: 'E-STORE-WRITE' });
  });
});

describe('Records', () => {
  it('A byte-order mark is no part of the first name', async () => {
    const { account } = await read('\ufeff"id",b\n1,2\n');
    expect(account.header).toEqual(['id', 'b']);
  });

  it('Blanks, empty fields, comment signs and delimiters in quotes are data', async () => {
    const { accepted } = await read('a,b,c\n x ,,"1,2"\n#,"",\t\n');
    expect(accepted).toBe('1,2," x ","","1,2"\n2,3,"#","","\t"\n');
  });

  it('A line of blanks is a record with too few fields, an empty line is none', async () => {
    const { account, quarantine } = await read('a,b\n1,2\n\n  \n3,4\n\n');
    expect(account).toMatchObject({ records_read: 3, accepted: 2, blank_lines: 2 });
    expect(quarantine).toEqual([
      { record: 2, line: 4, part: 1, code: 'ragged-short', columns: 1, text: '  ' },
    ]);
  });

  it('In a file of one column an empty line is a record', async () => {
    const { account, accepted } = await read('note\nx\n\ny\n');
    expect(account).toMatchObject({ records_read: 3, accepted: 3, blank_lines: 0 });
    expect(accepted).toBe('1,2,"x"\n2,3,""\n3,4,"y"\n');
  });

  it('Short and long records are quarantined as they stand, with the fields they have', async () => {
    const { account, quarantine } = await read('a,b,c\n1,2,3\n1,2\n1,"2\n",3,4\n1,2,3\n');
    expect(account).toMatchObject({ records_read: 4, accepted: 2, quarantined: 2 });
    expect(quarantine).toEqual([
      { record: 2, line: 3, part: 1, code: 'ragged-short', columns: 2, text: '1,2' },
      { record: 3, line: 4, part: 1, code: 'ragged-long', columns: 4, text: '1,"2\n",3,4' },
    ]);
  });

  it('A quote that never closes costs its own line and nothing else', async () => {
    const { account, accepted, quarantine } = await read('a,b\n1,"x\n2,y\n3,z\n');
    expect(quarantine).toEqual([
      { record: 1, line: 2, part: 1, code: 'unterminated-quote', columns: 2, text: '1,"x' },
    ]);
    expect(accepted).toBe('2,3,"2","y"\n3,4,"3","z"\n');
    expect(account.accepted_in_doubt).toBe(2);
  });

  it('Records after the reach of a broken quote are in no doubt', async () => {
    const { account } = await read('a,b\n1,"x\n2,y\n3,"z"\n4,w\n');
    // The quote of record 1 breaks at the z of record 3.
    expect(account).toMatchObject({ accepted: 3, quarantined: 1, accepted_in_doubt: 2 });
  });

  it('Line ends of every kind in one file are told', async () => {
    const { account, accepted } = await read('a,b\r\n1,2\n3,4\r5,6');
    expect(account).toMatchObject({ line_ending: 'mixed', accepted: 3 });
    expect(accepted).toBe('1,2,"1","2"\n2,3,"3","4"\n3,4,"5","6"\n');
  });

  it('A line end inside quotes does not make the line ends of a file mixed', async () => {
    const { account } = await read('a,b\r\n1,"x\ny"\r\n');
    expect(account).toMatchObject({ line_ending: 'crlf', accepted_multiline: 1 });
  });

  it('No value of a record stands in an error', async () => {
    const error = await refusal('a\nCANARY,CANARY\nCANARY,CANARY\n');
    expect(error.code).toBe('E-SOURCE-FORMAT');
    expect(JSON.stringify([error.message, error.detail, error.fix])).not.toContain('CANARY');
  });
});

describe('Limits', () => {
  const mebibyte = 1_048_576;

  it('A cell of exactly 1 MiB is accepted, one byte more is quarantined whole', async () => {
    const { account, accepted, quarantine } = await read(
      `a,b\n1,${'x'.repeat(mebibyte)}\n2,"${'y'.repeat(mebibyte + 1)}"\n3,z\n`,
    );
    expect(account.by_code['oversized-cell']).toBe(1);
    expect(account.longest_row_bytes).toBe(mebibyte + '1,2,"1",""\n'.length);
    expect(accepted.length).toBe(account.longest_row_bytes + '3,4,"3","z"\n'.length);
    const parts = quarantine.map(({ record, part, code }) => ({ record, part, code }));
    expect(parts).toEqual([
      { record: 2, part: 1, code: 'oversized-cell' },
      { record: 2, part: 2, code: 'oversized-cell' },
    ]);
    expect(quarantine.map(({ text }) => text).join('')).toBe(`2,"${'y'.repeat(mebibyte + 1)}"`);
  });

  it('A line longer than any record is carried off in parts, and the next record is read', async () => {
    const long = 'x'.repeat(40 * mebibyte);
    const { account, accepted, quarantine } = await read(`a,b\n1,${long}\n2,y\n`);
    expect(account).toMatchObject({ records_read: 2, accepted: 1, by_code: { 'oversized-record': 1 } });
    expect(accepted).toBe('2,3,"2","y"\n');
    expect(quarantine.every(({ text }) => text.length <= mebibyte)).toBe(true);
    expect(quarantine.map(({ text }) => text).join('') === `1,${long}`).toBe(true);
    expect(new Set(quarantine.map(({ record }) => record))).toEqual(new Set([1]));
  });

  it('A quoted field may cross 1,000 line ends and not 1,001', async () => {
    const note = 'x\n'.repeat(1_000);
    const within = await read(`a,b\n1,"${note}"\n`);
    expect(within.account).toMatchObject({ records_read: 1, accepted: 1 });
    const beyond = await read(`a,b\n1,"${note}\n"\n`, { dialect: { delimiter: ',' } });
    // The line that opens the quote; 999 lines `x`; an empty line; and `"`, which opens a field to the end.
    expect(beyond.account).toMatchObject({
      accepted: 0,
      quarantined: 1_001,
      blank_lines: 1,
      by_code: { 'unterminated-quote': 2, 'ragged-short': 999 },
    });
  });

  it('A limit that is no whole number above 0 is refused', async () => {
    const error = await refusal('a,b\n1,2\n', { limits: { max_cell_bytes: 0 } });
    expect(error.code).toBe('E-PROTOCOL-VALUE');
  });
});
