/**
 * A fuzzer that knows what it wrote: a register file of `records` records, clean ones and damaged ones, with, for each
 * record, its line, its raw bytes and either its values or the code it must be quarantined under. It shares no code
 * with the reader. Generator: mulberry32, so a seed names a file.
 */

export interface FuzzedRecord {
  readonly line: number;
  readonly raw: Buffer;
  /** Of a clean record. */
  readonly values?: readonly string[];
  /** Of a damaged one. */
  readonly code?: string;
  readonly fields?: number;
}

export interface FuzzedFile {
  readonly bytes: Buffer;
  readonly header: readonly string[];
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
  readonly delimiter: string;
  readonly escape: 'doubled' | 'backslash';
  readonly trailing_delimiter: boolean;
  readonly line_end: string;
  readonly records: readonly FuzzedRecord[];
  readonly blank_lines: number;
  /** Clean records that start inside the reach of a broken quote. */
  readonly in_doubt: number;
}

const DAMAGES = [
  'ragged-short',
  'ragged-long',
  'text-after-quote',
  'bare-quote',
  'open-quote',
  'nul-byte',
  'invalid-encoding',
] as const;
type Damage = (typeof DAMAGES)[number] | 'open-quote-to-limit' | 'oversized-cell';

const WORDS = [
  'a',
  'Bø',
  'Ærlig',
  'ålesund',
  '2019-03-01',
  '0301',
  '12,5',
  'x;y',
  't\tu',
  'p|q',
  ' ',
  '  z ',
  '€',
  'ß',
  "'",
];
const QUOTED_WORDS = [
  '"',
  '""',
  'he said "no"',
  '\n',
  '\r\n',
  '\r',
  'two\nlines',
  ',',
  ';',
  '\\',
  '\\"',
  '"\n"',
];
/** 0x80-0x9F of Windows-1252 that this fuzzer writes; the Latin-1 half is the identity. */
const WINDOWS = new Map([
  ['€', 0x80],
  ['Ÿ', 0x9f],
  ['“', 0x93],
  ['–', 0x96],
]);

export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function fuzzCsv(seed: number, records: number): FuzzedFile {
  const random = mulberry32(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const chance = (p: number) => random() < p;

  const encoding = (['utf-8', 'windows-1252', 'utf-16le', 'utf-8', 'utf-16be'] as const)[
    seed % 5
  ] as FuzzedFile['encoding'];
  const escaping: FuzzedFile['escape'] = seed % 7 === 3 ? 'backslash' : 'doubled';
  const trailing_delimiter = seed % 6 === 5;
  const line_end = ['\n', '\r\n', '\n', '\r', 'mixed'][(seed * 3) % 5] as string;
  const has_mark = encoding.startsWith('utf-16') || seed % 3 === 0;
  // One-column files, in which an empty line is a record, are every eighth seed.
  const columns = seed % 8 === 7 ? 1 : 2 + (seed % 7);
  // In a file of one column nothing shows the delimiter, and comma is assumed.
  const delimiter = columns === 1 ? ',' : ([',', ';', '\t', '|'][seed % 4] as string);
  const words =
    encoding === 'windows-1252'
      ? [...WORDS, 'Ÿ', '“q–']
      : [...WORDS, '\u{1f600}', 'Ωλ', '\u2028', 'z\ufeff', '中文'];

  const encode = (text: string): Buffer => {
    if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
    if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le');
    if (encoding === 'utf-16be') return Buffer.from(text, 'utf16le').swap16();
    return Buffer.from([...text].map((character) => WINDOWS.get(character) ?? character.charCodeAt(0)));
  };
  const invalid = (): Buffer => {
    if (encoding === 'windows-1252') return Buffer.from([pick([0x81, 0x8d, 0x8f, 0x90, 0x9d])]);
    if (encoding === 'utf-8')
      return Buffer.from(
        pick([[0xff], [0xc3], [0xe2, 0x82], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf8, 0x88]]),
      );
    return encode(pick(['\ud83d', '\ude00']));
  };

  const pieces: Buffer[] = [];
  const expected: FuzzedRecord[] = [];
  let line = 1;
  let blank_lines = 0;
  let in_doubt = 0;
  let last_end = '';

  const quote = (value: string): string =>
    escaping === 'doubled' ? `"${value.replace(/"/g, '""')}"` : `"${value.replace(/["\\]/g, '\\$&')}"`;
  const needsQuotes = (value: string) => /["\r\n]/.test(value) || value.includes(delimiter);
  const write = (value: string, quotable = true): string =>
    needsQuotes(value) || (quotable && chance(0.15)) ? quote(value) : value;
  const lineEnds = (text: string) => (text.match(/\r\n|\r|\n/g) ?? []).length;

  /** A value; `plain` ones hold no quote and no line end. */
  const value = (plain: boolean): string => {
    let text = '';
    for (let n = below(4); n > 0; n--) text += !plain && chance(0.12) ? pick(QUOTED_WORDS) : pick(words);
    return text;
  };
  const values = (plain: boolean) => Array.from({ length: columns }, () => value(plain));
  const end = (starts_empty: boolean): string => {
    if (line_end !== 'mixed') return line_end;
    const chosen = pick(['\n', '\r\n', '\r']);
    // CR, then an empty line that ends in LF, would be one CR LF.
    return starts_empty && last_end === '\r' && chosen === '\n' ? '\r' : chosen;
  };
  const put = (raw: Buffer) => {
    const ending = end(raw.length === 0);
    pieces.push(raw, encode(ending));
    last_end = ending;
  };
  const tail = trailing_delimiter ? delimiter : '';

  const putClean = (row: readonly string[], text = row.map((v) => write(v)).join(delimiter) + tail) => {
    const raw = encode(text);
    expected.push({ line, raw, values: row });
    put(raw);
    line += 1 + lineEnds(text);
  };
  const putDamaged = (raw: Buffer, code: string, fields: number, lines_inside = 0) => {
    expected.push({ line, raw, code, fields });
    put(raw);
    line += 1 + lines_inside;
  };
  /** Fields on one line, none in quotes, none that needs them, the first not empty. */
  const plainFields = (): string[] => {
    const fields = values(true).map((v) => v.replaceAll(delimiter, ''));
    if (fields[0] === '') fields[0] = 'k';
    return fields;
  };
  const bareFields = columns + (trailing_delimiter ? 1 : 0);

  const putDamage = (damage: Damage, left: number): number => {
    const fields = plainFields();
    const at = below(columns);
    switch (damage) {
      case 'ragged-short': {
        const kept = fields.slice(0, 1 + below(columns - 1));
        putDamaged(
          encode(kept.join(delimiter) + (columns === 1 ? '' : tail)),
          'ragged-short',
          kept.length + (tail && columns > 1 ? 1 : 0),
        );
        return 1;
      }
      case 'ragged-long': {
        const more = [...fields, ...Array.from({ length: 1 + below(3) }, () => 'w')];
        putDamaged(encode(more.join(delimiter) + tail), 'ragged-long', more.length + (tail ? 1 : 0));
        return 1;
      }
      case 'text-after-quote':
        fields[at] = `"${fields[at]?.replaceAll('\\', '')}"${pick(['x', ' ', 'Ø', '.'])}`;
        putDamaged(encode(fields.join(delimiter) + tail), 'stray-quote', at + 1);
        return 1;
      case 'bare-quote':
        fields[at] = `5${pick(['', 'ø'])}"${pick(['', 'x'])}`;
        putDamaged(encode(fields.join(delimiter) + tail), 'stray-quote', at + 1);
        return 1;
      case 'open-quote': {
        fields[at] = `"${fields[at]}`;
        const raw = encode(fields.join(delimiter) + tail);
        if (left === 1) {
          putDamaged(raw, 'unterminated-quote', at + 1);
          return 1;
        }
        // The next record starts with a quote before a letter: inside the open quote that is a stray one.
        putDamaged(raw, 'stray-quote', at + 1);
        const row = values(false);
        row[0] = `N${row[0]}`;
        putClean(row, [quote(row[0]), ...row.slice(1).map((v) => write(v))].join(delimiter) + tail);
        in_doubt++;
        return 2;
      }
      case 'open-quote-to-limit': {
        fields[at] = `"${fields[at]}`;
        putDamaged(encode(fields.join(delimiter) + tail), 'unterminated-quote', at + 1);
        // The quote crosses 1,000 line ends, its own line's among them, and breaks at the next.
        for (let n = 0; n < 1_000; n++) {
          const row = plainFields();
          putClean(row, row.join(delimiter) + tail);
          in_doubt++;
        }
        return 1_001;
      }
      case 'nul-byte':
      case 'invalid-encoding': {
        const row = values(false);
        if (row[0] === '') row[0] = 'k';
        const texts = row.map((v) => write(v));
        const before = texts
          .slice(0, at)
          .map((text) => text + delimiter)
          .join('');
        const after = texts
          .slice(at + 1)
          .map((text) => delimiter + text)
          .join('');
        const bad = damage === 'nul-byte' ? encode('\0') : invalid();
        const raw = Buffer.concat([encode(`${before}q`), bad, encode(`r${after}${tail}`)]);
        putDamaged(raw, damage, bareFields, lineEnds(before + after));
        return 1;
      }
      case 'oversized-cell':
        fields[at] = 'o'.repeat(1_048_577);
        if (chance(0.5)) fields[at] = `"${fields[at]}"`;
        putDamaged(encode(fields.join(delimiter) + tail), 'oversized-cell', bareFields);
        return 1;
    }
  };

  const header = Array.from({ length: columns }, (_, i) => `column_${i + 1}`);
  if (has_mark)
    pieces.push(
      encoding === 'utf-8'
        ? Buffer.from([0xef, 0xbb, 0xbf])
        : encoding === 'windows-1252'
          ? Buffer.alloc(0)
          : encode('\ufeff'),
    );
  put(encode(header.join(delimiter) + tail));
  line++;
  const possible: readonly Damage[] =
    columns === 1 ? DAMAGES.filter((damage) => damage !== 'ragged-short') : DAMAGES;
  let to_limit = records > 5_000 ? 1 : 0;
  let oversized = 1;
  while (expected.length < records) {
    const left = records - expected.length;
    if (columns > 1 && chance(0.002)) {
      put(Buffer.alloc(0));
      blank_lines++;
      line++;
    } else if (chance(0.026)) putDamage(pick(possible), left);
    else if (to_limit > 0 && left < records / 2 && left > 1_100) {
      putDamage('open-quote-to-limit', left);
      to_limit--;
    } else if (oversized > 0 && left < records / 3) {
      putDamage('oversized-cell', left);
      oversized--;
    } else putClean(values(false));
  }
  // Every third file ends without a line end, unless that would take the last, empty record with it.
  if (seed % 3 === 1 && (expected.at(-1)?.raw.length ?? 0) > 0 && (pieces.at(-2)?.length ?? 0) > 0)
    pieces.pop();
  return {
    bytes: Buffer.concat(pieces),
    header,
    encoding,
    delimiter,
    escape: escaping,
    trailing_delimiter,
    line_end,
    records: expected,
    blank_lines,
    in_doubt,
  };
}
