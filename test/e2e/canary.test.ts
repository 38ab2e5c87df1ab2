import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { removeFolder } from '../run-study.ts';
import { custodyCsv, offencesCsv, tinyStudy, treatmentCsv } from '../tiny-study.ts';
import { desist } from './synthetic-study.ts';

/** Canary strings in every column of every register: none may be found outside the store. */

let folder = '';
afterEach(() => removeFolder(folder));

const CANARY = /CANARY/i;

function filesBelow(place: string): string[] {
  if (!existsSync(place)) return [];
  return readdirSync(place).flatMap((entry) => {
    const path = join(place, entry);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

/** Everything a run leaves outside the store, and the registers themselves. */
function leaks(study: string): string[] {
  return filesBelow(study)
    .filter(
      (file) => !file.startsWith(join(study, 'data')) && !file.startsWith(join(study, '.desist', 'store')),
    )
    .filter((file) => CANARY.test(readFileSync(file, 'latin1')));
}

function planted(): Parameters<typeof tinyStudy>[0] {
  const treatment = treatmentCsv()
    .replace('p01;M', 'CANARYid1;CANARYsex')
    .replace('left', 'CANARYreason')
    .concat(
      'CANARYid2;CANARYsex2;CANARYdate;CANARYstart;CANARYend;CANARYreason2\n',
      'CANARYragged;x\n',
      '"CANARYquote"x;M;01.01.1980;01.02.2006;01.03.2006;done\n',
    );
  const offences = offencesCsv()
    .replace('p01,', 'CANARYid1,')
    .replace('theft', 'CANARYcode')
    .concat('CANARYid3,CANARYday,CANARYcode2\n');
  return {
    treatment,
    offences: offences.replace(/$/, ''),
    custody: custodyCsv().concat('CANARYid4,2006-01-01,2006-02-01\n'),
  };
}

describe('values of rows', () => {
  it('are in no output, log, manifest or message of a run that succeeds', async () => {
    folder = tinyStudy({
      ...planted(),
      source: (text) => text.replace('quarantine_limit: 0.5', 'quarantine_limit: 0.9'),
    });
    const { readFileSync: read, writeFileSync } = await import('node:fs');
    const source = join(folder, 'sources', 'offences.yaml');
    writeFileSync(source, `${read(source, 'utf8')}quarantine_limit: 0.9\n`);
    const run = await desist(['run', folder]);
    expect(run.code, run.output).toBe(0);
    expect(run.output).not.toMatch(CANARY);
    expect(leaks(folder)).toEqual([]);
    for (const args of [
      ['status', folder],
      ['explain', '1', folder],
      ['check', folder],
      ['run', folder, '--json'],
    ]) {
      const asked = await desist(args);
      expect(asked.code, asked.output).toBe(0);
      expect(asked.output).not.toMatch(CANARY);
    }
  }, 120_000);

  it('are in no message of a run that is refused', async () => {
    for (const change of [
      (text: string) => text.replace('quarantine_limit: 0.5', 'quarantine_limit: 0'),
      (text: string) => text.replaceAll('DD.MM.YYYY', 'YYYY-MM-DD'),
      (text: string) => text.replace('reason: { type: text }', 'reason: { type: integer }'),
    ]) {
      folder = tinyStudy({ ...planted(), source: change });
      for (const args of [
        ['run', folder],
        ['run', folder, '--json'],
      ]) {
        const run = await desist(args);
        expect(run.code).toBe(4);
        expect(run.output).toMatch(/E-DATA-QUARANTINE/);
        expect(run.output).not.toMatch(CANARY);
      }
      expect(leaks(folder)).toEqual([]);
      removeFolder(folder);
    }
  }, 120_000);
});
