import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StudyError } from '../../errors.ts';
import type { Encoding } from './account.ts';
import { normaliseCsv } from './csv.ts';
import { unfinishedBytes } from './encoding.ts';
import { WINDOWS_1252 } from './windows-1252.ts';

const folder = mkdtempSync(join(tmpdir(), 'desist-encoding-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'register.csv');
async function read(bytes: Buffer, encoding?: Encoding) {
  writeFileSync(path, bytes);
  const outAccepted = join(folder, 'accepted.csv');
  const outQuarantine = join(folder, 'quarantine.csv');
  const account = await normaliseCsv({ path, outAccepted, outQuarantine, ...(encoding && { encoding }) });
  return {
    account,
    accepted: readFileSync(outAccepted, 'utf8'),
    quarantine: readFileSync(outQuarantine, 'utf8'),
  };
}
async function refusal(bytes: Buffer, encoding?: Encoding): Promise<StudyError> {
  const error = await read(bytes, encoding).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StudyError)) throw new Error('the file was read');
  return error;
}

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
/** Norwegian letters are the same bytes in Latin-1 and Windows-1252; the euro sign and the dash are not. */
const windows = (text: string) => Buffer.from(text.replaceAll('€', '\x80').replaceAll('–', '\x96'), 'latin1');

interface Writing {
  readonly name: string;
  readonly encoding: Encoding;
  readonly write: (text: string) => Buffer;
  readonly declared?: Encoding;
  readonly from: 'declared' | 'byte-order-mark' | 'detected';
}

const WRITINGS: readonly Writing[] = [
  { name: 'UTF-8', encoding: 'utf-8', write: (text) => Buffer.from(text), from: 'detected' },
  {
    name: 'UTF-8 with a mark',
    encoding: 'utf-8',
    write: (text) => Buffer.from(`\ufeff${text}`),
    from: 'byte-order-mark',
  },
  {
    name: 'UTF-16LE with a mark',
    encoding: 'utf-16le',
    write: (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
    from: 'byte-order-mark',
  },
  {
    name: 'UTF-16BE with a mark',
    encoding: 'utf-16be',
    write: (text) => utf16be(`\ufeff${text}`),
    from: 'byte-order-mark',
  },
  { name: 'Windows-1252', encoding: 'windows-1252', write: windows, from: 'detected' },
  {
    name: 'UTF-16LE without a mark, declared',
    encoding: 'utf-16le',
    write: (text) => Buffer.from(text, 'utf16le'),
    declared: 'utf-16le',
    from: 'declared',
  },
  { name: 'UTF-16BE without a mark', encoding: 'utf-16be', write: utf16be, from: 'detected' },
];

describe('A register reads the same in every encoding and with every line end', () => {
  for (const { name, encoding, write, declared, from } of WRITINGS) {
    for (const [line_ending, eol] of [
      ['lf', '\n'],
      ['crlf', '\r\n'],
      ['cr', '\r'],
    ] as const) {
      it(`${name}, ${line_ending}`, async () => {
        const text = [
          'navn;bosted;merknad',
          'Åse Ærø;Tromsø;"første linje',
          'andre ""linje"""',
          'Bjørn;;100 € – betalt',
          '',
          '',
        ].join(eol);
        const { account, accepted, quarantine } = await read(write(text), declared);
        expect(account).toMatchObject({
          encoding,
          encoding_from: from,
          line_ending,
          header: ['navn', 'bosted', 'merknad'],
          records_read: 2,
          accepted: 2,
          blank_lines: 1,
          accepted_multiline: 1,
          bytes: write(text).length,
        });
        expect(accepted).toBe(
          `1,2,"Åse Ærø","Tromsø","første linje${eol}andre ""linje"""\n2,4,"Bjørn","","100 € – betalt"\n`,
        );
        expect(quarantine).toBe('');
      });
    }
  }
});

describe('An encoding is never guessed', () => {
  it('A file that mixes UTF-8 and Windows-1252 is refused, with the line where UTF-8 ends', async () => {
    const mixed = Buffer.concat([Buffer.from('id,navn\n1,Bjørn\n'), Buffer.from('2,Bj\xf8rn\n', 'latin1')]);
    const error = await refusal(mixed);
    expect(error.code).toBe('E-SOURCE-ENCODING');
    expect(error.detail.place?.line).toBe(3);
    expect(error.message).not.toContain('Bj');
  });

  it('Declared UTF-8, the same file is read and the record that does not fit is quarantined', async () => {
    const mixed = Buffer.concat([Buffer.from('id,navn\n1,Bjørn\n'), Buffer.from('2,Bj\xf8rn\n', 'latin1')]);
    const { account, quarantine } = await read(mixed, 'utf-8');
    expect(account).toMatchObject({ accepted: 1, quarantined: 1 });
    const raw = Buffer.from('2,Bj\xf8rn', 'latin1').toString('base64');
    expect(quarantine).toBe(`2,3,1,invalid-encoding,2,${raw}\n`);
  });

  it('A file with bytes that Windows-1252 leaves undefined is refused', async () => {
    const error = await refusal(Buffer.from('id,navn\n1,\x81\n', 'latin1'));
    expect(error.code).toBe('E-SOURCE-ENCODING');
  });

  it('A declared encoding that the byte-order mark contradicts is refused', async () => {
    const error = await refusal(Buffer.from('\ufeffid,navn\n1,a\n', 'utf16le'), 'utf-8');
    expect(error.code).toBe('E-SOURCE-ENCODING');
    expect(error.message).toContain('utf-16le');
  });

  it('UTF-32 is refused, not taken for UTF-16', async () => {
    const error = await refusal(Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]));
    expect(error.code).toBe('E-SOURCE-ENCODING');
    expect(error.message).toContain('UTF-32');
  });
});

describe('Damage to UTF-16 is quarantined with the bytes of the file', () => {
  for (const [name, turn] of [
    ['utf-16le', (b: Buffer) => b],
    ['utf-16be', (b: Buffer) => Buffer.from(b).swap16()],
  ] as const) {
    it(`a lone surrogate, ${name}`, async () => {
      const bad = turn(Buffer.from('2,\ud83d\n', 'utf16le'));
      const file = Buffer.concat([turn(Buffer.from('id,navn\n1,\u{1f600}\n', 'utf16le')), bad]);
      const { account, accepted, quarantine } = await read(file, name);
      expect(account.by_code['invalid-encoding']).toBe(1);
      expect(accepted).toBe('1,2,"1","\u{1f600}"\n');
      expect(quarantine).toBe(`2,3,1,invalid-encoding,2,${bad.subarray(0, -2).toString('base64')}\n`);
    });

    it(`an odd last byte, ${name}`, async () => {
      const file = Buffer.concat([turn(Buffer.from('id,navn\n1,a\n2,b', 'utf16le')), Buffer.from([0xd9])]);
      const { account, quarantine } = await read(file, name);
      expect(account).toMatchObject({ accepted: 1, quarantined: 1, bytes: file.length });
      expect(quarantine).toBe(`2,3,1,invalid-encoding,2,${file.subarray(-7).toString('base64')}\n`);
    });
  }
});

describe('The tables of the encodings', () => {
  it('Windows-1252 has 27 characters of its own and five holes, as in CP1252.TXT', () => {
    const own = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';
    const holes = [0x81, 0x8d, 0x8f, 0x90, 0x9d];
    [...own].forEach((character, i) => {
      const byte = 0x80 + i;
      expect(WINDOWS_1252[byte]).toBe(holes.includes(byte) ? 0 : character.codePointAt(0));
    });
    for (const byte of [0x7f, 0xa0, 0xc6, 0xd8, 0xe5, 0xff]) expect(WINDOWS_1252[byte]).toBe(byte);
  });

  it('Bytes that begin an unfinished character are held back, whole characters and stray bytes are not', () => {
    const held = (...bytes: number[]) => unfinishedBytes(Uint8Array.from(bytes), bytes.length);
    expect(held(0x61)).toBe(0);
    expect(held(0xc3)).toBe(1);
    expect(held(0xc3, 0xb8)).toBe(0);
    expect(held(0xe2, 0x82)).toBe(2);
    expect(held(0xe2, 0x82, 0xac)).toBe(0);
    expect(held(0x61, 0xf0, 0x9f, 0x98)).toBe(3);
    expect(held(0xf0, 0x9f, 0x98, 0x80)).toBe(0);
    expect(held(0x80, 0x80, 0x80, 0x80)).toBe(0);
    expect(held()).toBe(0);
  });
});
