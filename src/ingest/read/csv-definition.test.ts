/**
 * The reader against its own definition. `readByDefinition` is written from the grammar in csv.ts alone, with regular
 * expressions over a string held whole; the reader is a state machine over bytes that come in pieces. They must agree
 * to the byte on soups of exactly the characters that matter, wherever the pieces are cut.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StudyError } from '../../errors.ts';
import type { CsvDialect, CsvLimits, Encoding } from './account.ts';
import { CsvNormaliser } from './csv-normaliser.ts';
import type { Sink } from './output.ts';
import { ScanSource } from './source.ts';

/** How a string of the test stands for a file in an encoding: one character a byte, or a UTF-16 unit. */
interface Form {
  readonly encoding: Encoding;
  readonly raw: (text: string) => Buffer;
  readonly utf8: (text: string) => Buffer;
  readonly isInvalid: (text: string) => boolean;
  readonly pieces: readonly string[];
}

const SYNTAX = [
  '"',
  '"',
  '"',
  ',',
  ',',
  '\n',
  '\n',
  '\r',
  '\r\n',
  '\\',
  'a',
  'b',
  ' ',
  '""',
  '",',
  ',"',
  '\n"',
  'a'.repeat(7),
  '\0',
];

const FORMS: readonly Form[] = [
  {
    encoding: 'utf-8',
    raw: (text) => Buffer.from(text, 'latin1'),
    utf8: (text) => Buffer.from(text, 'latin1'),
    isInvalid: (text) => {
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
        return false;
      } catch {
        return true;
      }
    },
    pieces: [
      ...SYNTAX,
      '\xc3\xb8',
      '\xf0\x9f\x98\x80',
      '\xff',
      '\xc3',
      '\xe2\x82',
      '\xed\xa0\x80',
      '\xc0\xaf',
    ],
  },
  {
    encoding: 'windows-1252',
    raw: (text) => Buffer.from(text, 'latin1'),
    // Not TextDecoder: that of Node 20 reads windows-1252 as ISO-8859-1.
    utf8: (text) =>
      Buffer.from(text.replace(/\x80/g, '€').replace(/\x9f/g, 'Ÿ').replace(/\x93/g, '\u201c'), 'utf8'),
    isInvalid: (text) => /[\x81\x8d\x8f\x90\x9d]/.test(text),
    pieces: [...SYNTAX, '\xf8', '\x80', '\x93', '\x9f', '\xa0', '\x81', '\x9d'],
  },
  {
    encoding: 'utf-16le',
    raw: (text) => Buffer.from(text, 'utf16le'),
    utf8: (text) => Buffer.from(text, 'utf8'),
    isInvalid: (text) => /\p{Surrogate}/u.test(text),
    pieces: [...SYNTAX, 'ø', '\u{1f600}', '\ud83d', '\ude00', '\u0a22', '\ufeff', '\u2c22'],
  },
  {
    encoding: 'utf-16be',
    raw: (text) => Buffer.from(text, 'utf16le').swap16(),
    utf8: (text) => Buffer.from(text, 'utf8'),
    isInvalid: (text) => /\p{Surrogate}/u.test(text),
    pieces: [...SYNTAX, 'ø', '\u{1f600}', '\ud83d', '\ude00', '\u220a'],
  },
];

interface Expected {
  accepted: string;
  quarantine: string;
  records_read: number;
  blank_lines: number;
  accepted_in_doubt: number;
}

interface Broken {
  readonly code: string;
  readonly at: number;
  readonly fields: number;
}

function readByDefinition(
  text: string,
  columns: number,
  dialect: CsvDialect,
  limits: CsvLimits,
  form: Form,
): Expected {
  const d = dialect.delimiter.replace(/[|]/, '\\|');
  const ending = new RegExp(`(?=${d}|\\r|\\n|$)`, 'y');
  const bare = new RegExp(`[^${d}\\r\\n]*`, 'y');
  const open_run = dialect.escape === 'doubled' ? /"(?:[^"]|"")*/y : /"(?:\\["\\]|\\(?!["\\])|[^"\\])*/y;
  const lineEndAt = (at: number): string => /\r\n|\n|\r|$/y[Symbol.match](text.slice(at, at + 2))?.[0] ?? '';
  const matchAt = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };

  const readRecord = (
    start: number,
  ): Broken | { end: number; fields: string[]; bare_last: boolean; big: boolean } => {
    const fields: string[] = [];
    let big = false;
    for (let at = start; ; at++) {
      let bare_last = false;
      if (dialect.quote === '"' && text[at] === '"') {
        const run = matchAt(open_run, at) ?? '';
        const content = run.slice(1);
        let lines = 0;
        for (const found of content.matchAll(/\r\n|\n|\r/g)) {
          if (lines === limits.max_quoted_lines || found.index > limits.max_cell_bytes)
            return { code: 'unterminated-quote', at: at + 1 + found.index, fields: fields.length + 1 };
          lines++;
        }
        const close = at + run.length;
        if (close >= text.length)
          return { code: 'unterminated-quote', at: text.length, fields: fields.length + 1 };
        if (matchAt(ending, close + 1) === undefined)
          return { code: 'stray-quote', at: close + 1, fields: fields.length + 1 };
        big ||= content.length > limits.max_cell_bytes;
        fields.push(
          dialect.escape === 'doubled' ? content.replace(/""/g, '"') : content.replace(/\\(["\\])/g, '$1'),
        );
        at = close + 1;
      } else {
        const content = matchAt(bare, at) ?? '';
        const quote = dialect.quote === '"' ? content.indexOf('"') : -1;
        if (quote !== -1) return { code: 'stray-quote', at: at + quote, fields: fields.length + 1 };
        big ||= content.length > limits.max_cell_bytes;
        fields.push(content);
        bare_last = content === '';
        at += content.length;
      }
      if (text[at] !== dialect.delimiter) return { end: at, fields, bare_last, big };
    }
  };

  const expected: Expected = {
    accepted: '',
    quarantine: '',
    records_read: 0,
    blank_lines: 0,
    accepted_in_doubt: 0,
  };
  let doubt = 0;
  let line = 1;
  let is_header = true;
  const quarantine = (start: number, end: number, code: string, count: number) => {
    const raw = form.raw(text.slice(start, end)).toString('base64');
    expected.quarantine += `${++expected.records_read},${line},1,${code},${count},${raw}\n`;
  };
  for (let at = 0; at < text.length; ) {
    if (columns > 1 && lineEndAt(at) !== '') {
      expected.blank_lines++;
      line++;
      at += lineEndAt(at).length;
      continue;
    }
    const record = readRecord(at);
    const reach = 'code' in record ? record.at : record.end;
    let end: number;
    if (reach - at > limits.max_record_bytes || 'code' in record) {
      const oversized = reach - at > limits.max_record_bytes;
      end = at + text.slice(at).search(/\r|\n|$/);
      quarantine(
        at,
        end,
        oversized ? 'oversized-record' : 'code' in record ? record.code : '',
        oversized ? 0 : 'code' in record ? record.fields : 0,
      );
      doubt = Math.max(doubt, oversized ? at + limits.max_record_bytes : reach);
    } else {
      end = record.end;
      const wanted = columns + (dialect.trailing_delimiter ? 1 : 0);
      const raw = text.slice(at, end);
      const count = record.fields.length;
      const code = form.isInvalid(raw)
        ? 'invalid-encoding'
        : raw.includes('\0')
          ? 'nul-byte'
          : record.big
            ? 'oversized-cell'
            : count < wanted
              ? 'ragged-short'
              : count > wanted || (dialect.trailing_delimiter && !record.bare_last)
                ? 'ragged-long'
                : undefined;
      if (is_header) is_header = false;
      else if (code !== undefined) quarantine(at, end, code, count);
      else {
        expected.records_read++;
        if (at < doubt) expected.accepted_in_doubt++;
        const fields = record.fields.slice(0, columns).map((field) => `"${field.replace(/"/g, '""')}"`);
        const row = form.utf8(fields.join(',')).toString('latin1');
        expected.accepted += `${expected.records_read},${line},${row}\n`;
      }
      line += [...raw.matchAll(/\r\n|\n|\r/g)].length;
    }
    const ending_here = lineEndAt(end);
    if (ending_here !== '') line++;
    at = end + ending_here.length;
  }
  return expected;
}

async function readInPieces(
  raw: Buffer,
  encoding: Encoding,
  dialect: CsvDialect,
  limits: CsvLimits,
  chunk: number,
): Promise<Expected & { accepted_rows: number }> {
  const file = {
    read: async (target: Buffer, at: number, length: number, position: number) => ({
      bytesRead: raw.copy(target, at, position, position + length),
    }),
  };
  const accepted = new Memory();
  const quarantine = new Memory();
  const source = new ScanSource(file, encoding, 0, chunk);
  const work = { file: 'soup.csv', source, encoding, dialect, limits, accepted, quarantine };
  const counts = await new CsvNormaliser(work).run();
  expect(counts.bytes).toBe(raw.length);
  return {
    accepted: accepted.text,
    quarantine: joinParts(quarantine.text),
    records_read: counts.records_read,
    blank_lines: counts.blank_lines,
    accepted_in_doubt: counts.accepted_in_doubt,
    accepted_rows: counts.accepted,
  };
}

class Memory implements Sink {
  text = '';
  async write(bytes: Uint8Array): Promise<void> {
    this.text += Buffer.from(bytes).toString('latin1');
  }
}

/** A record too long for one window is quarantined in parts, cut where the windows ended. */
function joinParts(rows: string): string {
  const records: { key: string; parts: Buffer[] }[] = [];
  for (const row of rows.split('\n').slice(0, -1)) {
    const [number, line, part, code, columns, raw] = row.split(',');
    const key = `${number},${line},1,${code},${columns}`;
    if (part === '1') records.push({ key, parts: [] });
    const record = records.at(-1);
    expect(record?.key).toBe(key);
    record?.parts.push(Buffer.from(raw ?? '', 'base64'));
    expect(part).toBe(String(record?.parts.length));
  }
  return records.map(({ key, parts }) => `${key},${Buffer.concat(parts).toString('base64')}\n`).join('');
}

const dialects = fc.record({
  delimiter: fc.constant(','),
  quote: fc.constantFrom<CsvDialect['quote']>('"', '"', '"', 'none'),
  escape: fc.constantFrom<CsvDialect['escape']>('doubled', 'doubled', 'backslash'),
  trailing_delimiter: fc.constantFrom(false, false, false, true),
});

describe('The reader agrees with the definition of its grammar', () => {
  for (const form of FORMS) {
    it(`on soups of quotes, delimiters and line ends in ${form.encoding}, cut anywhere`, async () => {
      const seen = new Map<string, number>();
      // Bytes are counted in UTF-8, so with UTF-16 the small limits would not be those of the definition.
      const is_utf16 = form.encoding.startsWith('utf-16');
      const limits = fc.record({
        max_cell_bytes: fc.constantFrom(1_000, 1_000, is_utf16 ? 1_000 : 2),
        max_quoted_lines: fc.constantFrom(1_000, 1, 2),
        max_record_bytes: fc.constantFrom(10_000, 10_000, is_utf16 ? 10_000 : 12),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom(...form.pieces), { minLength: 1, maxLength: 40, size: 'max' }),
          fc.integer({ min: 1, max: 3 }),
          dialects,
          limits,
          fc.integer({ min: 1, max: 9 }),
          async (pieces, columns, dialect, limit, chunk) => {
            const names = ['x', 'y', 'z'].slice(0, columns).join(',');
            const text = `${names}${dialect.trailing_delimiter ? ',' : ''}\n${pieces.join('')}`;
            const expected = readByDefinition(text, columns, dialect, limit, form);
            const reading = readInPieces(form.raw(text), form.encoding, dialect, limit, chunk);
            if (expected.records_read === 0) {
              await expect(reading).rejects.toThrow(StudyError);
              return;
            }
            const { accepted_rows, ...got } = await reading;
            expect(got).toEqual(expected);
            seen.set('accepted', (seen.get('accepted') ?? 0) + accepted_rows);
            seen.set('in doubt', (seen.get('in doubt') ?? 0) + got.accepted_in_doubt);
            for (const row of got.quarantine.split('\n').slice(0, -1)) {
              const code = row.split(',')[3] ?? '';
              seen.set(code, (seen.get(code) ?? 0) + 1);
            }
          },
        ),
        { numRuns: process.env.DESIST_FUZZ === 'full' ? 30_000 : 600, seed: 20_240_501 },
      );
      const codes = [
        'accepted',
        'in doubt',
        'stray-quote',
        'unterminated-quote',
        'invalid-encoding',
        'nul-byte',
      ];
      const small = is_utf16 ? [] : ['oversized-cell', 'oversized-record'];
      for (const code of [...codes, ...small, 'ragged-short', 'ragged-long'])
        expect(seen.get(code) ?? 0, `cases of ${code}`).toBeGreaterThan(0);
    });
  }
});
