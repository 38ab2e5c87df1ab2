import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededGenerator, uniform } from '../../src/stats/random.ts';
import { removeFolder } from '../run-study.ts';
import { artefactFiles, desist, fingerprint, smallStudy } from './synthetic-study.ts';

/**
 * What a kill, a flipped bit, a second run, other threads and another time zone do to a study: nothing.
 * DESIST_CRASH=60 runs the whole acceptance; a few seeded kills stand in the ordinary tests.
 */
const KILLS = Number(process.env.DESIST_CRASH ?? 3);

describe('a run that is killed', () => {
  let folder = '';
  let clean: Readonly<Record<string, string>> = {};
  let milliseconds = 0;
  beforeAll(async () => {
    folder = await smallStudy(400);
    const started = performance.now();
    const { code, output } = await desist(['run', folder, '--quiet']);
    milliseconds = performance.now() - started;
    expect(output, output).not.toMatch(/E-|fault of Desist/);
    expect(code).toBe(0);
    clean = fingerprint(folder);
    expect(Object.keys(clean).length).toBeGreaterThan(30);
  }, 300_000);
  afterAll(() => removeFolder(folder));

  it(
    `leaves the same artefacts and outputs when run again, ${KILLS} of ${KILLS} kills`,
    async () => {
      const random = seededGenerator(20260101);
      let same = 0;
      let killed = 0;
      for (let kill = 0; kill < KILLS; kill += 1) {
        rmSync(join(folder, '.desist', 'store'), { recursive: true, force: true });
        rmSync(join(folder, '.desist', 'manifests'), { recursive: true, force: true });
        rmSync(join(folder, '.desist', 'stages'), { recursive: true, force: true });
        rmSync(join(folder, 'outputs'), { recursive: true, force: true });
        const first = await desist(['run', folder, '--quiet'], {
          killAfter: Math.round(uniform(random) * milliseconds),
        });
        if (first.signal === 'SIGKILL') killed += 1;
        const second = await desist(['run', folder, '--quiet']);
        expect(second.code, second.output).toBe(0);
        if (JSON.stringify(fingerprint(folder)) === JSON.stringify(clean)) same += 1;
      }
      expect(same).toBe(KILLS);
      expect(killed).toBeGreaterThan(KILLS / 2);
    },
    60_000 * (KILLS + 2),
  );

  it('rebuilds an artefact in which one bit is flipped', async () => {
    const files = artefactFiles(folder);
    const random = seededGenerator(3);
    for (let i = 0; i < Math.min(4, KILLS + 1); i += 1) {
      const file = files[Math.floor(uniform(random) * files.length)];
      if (file === undefined) throw new Error('no artefact');
      const bytes = readFileSync(file);
      const place = Math.floor(uniform(random) * bytes.length);
      bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(uniform(random) * 8));
      writeFileSync(file, bytes);
      const { code, output } = await desist(['run', folder]);
      expect(code, output).toBe(0);
      expect(output).toMatch(/damaged and is made again/);
      expect(fingerprint(folder)).toEqual(clean);
    }
  }, 300_000);

  it('refuses a second run at once, and says who holds the lock', async () => {
    const [one, two] = await Promise.all([
      desist(['run', folder, '--force', '--quiet']),
      desist(['run', folder, '--force', '--quiet']),
    ]);
    const codes = [one.code, two.code].sort();
    expect(codes).toEqual([0, 9]);
    expect(`${one.output}${two.output}`).toMatch(/E-LOCKED.*process \d+ of .* \(desist run\)/);
    expect(fingerprint(folder)).toEqual(clean);
  }, 300_000);

  it("gives the same bytes with one thread and two, in Kiritimati and in St John's", async () => {
    for (const [threads, TZ] of [
      ['1', 'Pacific/Kiritimati'],
      ['2', 'America/St_Johns'],
    ] as const) {
      const { code, output } = await desist(['run', folder, '--force', '--quiet', '--threads', threads], {
        env: { TZ },
      });
      expect(code, output).toBe(0);
      expect(fingerprint(folder)).toEqual(clean);
    }
  }, 300_000);
});
