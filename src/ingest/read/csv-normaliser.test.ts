import { describe, expect, it } from 'vitest';
import { CSV_LIMITS } from './account.ts';
import { CsvNormaliser } from './csv-normaliser.ts';
import type { Sink } from './output.ts';
import { ScanSource } from './source.ts';

const MEBIBYTE = 1_048_576;

/** A file of any length that is nowhere held: a header, then `unit` again and again, then `tail`. */
async function largestBuffer(unit: string, times: number, tail: string) {
  const head = Buffer.from('a,b\n');
  const body = Buffer.from(unit);
  const end = Buffer.from(tail);
  const length = head.length + body.length * times + end.length;
  let largest_target = 0;
  let largest_write = 0;
  const file = {
    read: async (target: Buffer, at: number, wanted: number, position: number) => {
      largest_target = Math.max(largest_target, target.length);
      const bytesRead = Math.max(0, Math.min(wanted, length - position));
      for (let done = 0; done < bytesRead; ) {
        const from = position + done;
        const in_body = from - head.length;
        const piece =
          in_body < 0
            ? head.subarray(from)
            : in_body < body.length * times
              ? body.subarray(in_body % body.length)
              : end.subarray(in_body - body.length * times);
        done += piece.copy(target, at + done, 0, bytesRead - done);
      }
      return { bytesRead };
    },
  };
  const sink: Sink = {
    write: async (bytes) => {
      largest_write = Math.max(largest_write, bytes.length);
    },
  };
  const work = {
    file: 'register.csv',
    source: new ScanSource(file, 'utf-8', 0),
    encoding: 'utf-8',
    dialect: { delimiter: ',', quote: '"', escape: 'doubled', trailing_delimiter: false },
    limits: { ...CSV_LIMITS, max_record_bytes: MEBIBYTE },
    accepted: sink,
    quarantine: sink,
  } as const;
  const counts = await new CsvNormaliser(work).run();
  expect(counts.bytes).toBe(length);
  return { counts, largest: Math.max(largest_target, largest_write) };
}

describe('The reader holds a few MiB, whatever the file', () => {
  const x = 'x'.repeat(MEBIBYTE);

  it('of ordinary records', async () => {
    const { counts, largest } = await largestBuffer('1,"Bjørn"\n', 2_000_000, '');
    expect(counts.accepted).toBe(2_000_000);
    expect(largest).toBeLessThan(8 * MEBIBYTE);
  });

  it('of one line of 60 MiB', async () => {
    const { counts, largest } = await largestBuffer(x, 60, '\n1,2\n');
    expect(counts).toMatchObject({ records_read: 2, accepted: 1, by_code: { 'oversized-record': 1 } });
    expect(largest).toBeLessThan(12 * MEBIBYTE);
  });

  it('of quotes that are never closed, each with 2,000 lines after it', async () => {
    const { counts, largest } = await largestBuffer(
      `"${x.slice(0, 99)},\n${`${x.slice(0, 98)},\n`.repeat(2_000)}`,
      300,
      '',
    );
    // Each quote breaks at the line end after its first 1,000, and so puts 1,000 records in doubt.
    expect(counts).toMatchObject({
      accepted: 2_000 * 300,
      accepted_in_doubt: 1_000 * 300,
      by_code: { 'unterminated-quote': 300 },
    });
    expect(largest).toBeLessThan(12 * MEBIBYTE);
  });
});
