import { afterEach, describe, expect, it } from 'vitest';
import { runStudy } from '../../src/study.ts';
import { type ResultLine, readResults, removeFolder, runOptions } from '../run-study.ts';
import { custodyCsv, offencesCsv, TREATMENT_HEADER, tinyStudy, treatmentCsv } from '../tiny-study.ts';

/**
 * Every design on registers that break estimators: nobody offends, one person, everybody in one group, all events in one
 * group, nobody leaves, no time at liberty, a thousand events on one day, an adjustment said twice. A run ends, no row
 * holds NaN or infinity, and what cannot be estimated says why.
 */

const ESTIMATES = `
  - { id: rates, design: rates, outcome: any, strata: [sex], by: [window, phase] }
  - { id: change, design: change, outcome: any, strata: [sex], bootstrap: { replicates: 200, seed: 1 } }
  - { id: retention, design: survival, strata: [sex], cox: { adjust: [sex, { number: age_at_entry }] } }
  - { id: reconviction, design: survival, event: first-offence, outcome: any, strata: [sex], horizon: 180, competing: true, fine_gray: true, cox: { adjust: [sex, same], robust: true } }
  - { id: compare, design: compare, outcome: any, strata: [sex], adjust: [{ number: age_at_entry }] }
  - { id: negative_binomial, design: compare, outcome: any, strata: [sex], model: negative-binomial, adjust: [same] }
  - { id: gee, design: compare, outcome: any, strata: [sex], model: gee-exchangeable, divide: [calendar_year] }
  - { id: poisson_gamma, design: compare, outcome: any, strata: [sex], model: poisson-gamma, divide: [calendar_year] }
  - { id: event_time, design: event-time, outcome: any, around: entry, bins: month }
  - { id: recurrent, design: recurrent, outcome: any, strata: [sex], model: { scale: age, adjust: [sex] } }
  - { id: sccs, design: sccs, outcome: any, age_bands: { years: [25, 35] } }
  - { id: arms, design: partnership, outcome: any, arms: sex, treated: male, comparison: female, adjust: [{ number: age_at_entry }] }
  - { id: metrics, design: system-metrics, metrics: [release-21d, retained-12w, completed-not-back-6m], by: [sex] }
`;

interface Registers {
  readonly treatment?: string;
  readonly offences?: string;
  readonly custody?: string;
}

const HEAD = TREATMENT_HEADER;
const everyone = (sex: string): string =>
  treatmentCsv()
    .split('\n')
    .map((line, i) => (i === 0 ? line : line.replace(/;[MF];/, `;${sex};`)))
    .join('\n');
const offences = (lines: readonly string[]): string => ['id,day,code', ...lines, ''].join('\n');
const stranger = 'p99,2005-05-05,theft';

const CASES: Readonly<Record<string, Registers>> = {
  'nobody offends': { offences: offences([stranger]) },
  'one person': {
    treatment: [HEAD, 'p01;M;01.03.1970;01.02.2006;01.09.2007;done', ''].join('\n'),
  },
  'one person who never offends': {
    treatment: [HEAD, 'p01;M;01.03.1970;01.02.2006;01.09.2007;done', ''].join('\n'),
    offences: offences([stranger]),
  },
  'nobody enters in the window': {
    treatment: [HEAD, 'p01;M;01.03.1970;01.02.2004;01.09.2004;done', ''].join('\n'),
  },
  'one sex only': { treatment: everyone('F') },
  'nobody has a sex': { treatment: everyone('') },
  'all events in one sex': {
    offences: offences(
      ['01', '03', '05', '07', '09'].flatMap((n) => [
        `p${n},2005-09-03,theft`,
        `p${n},2006-10-04,theft`,
        `p${n},2006-11-05,theft`,
      ]),
    ),
  },
  'all events before entry': {
    offences: offences(
      Array.from(
        { length: 12 },
        (_, i) => `p${String(i + 1).padStart(2, '0')},2005-12-0${1 + (i % 9)},theft`,
      ),
    ),
  },
  'all events after entry': {
    offences: offences(
      Array.from({ length: 12 }, (_, i) => `p${String(i + 1).padStart(2, '0')},2006-12-2${i % 9},theft`),
    ),
  },
  'a thousand events on one day': {
    offences: offences([
      ...Array.from({ length: 1000 }, () => 'p05,2006-07-07,theft'),
      'p06,2006-07-07,theft',
    ]),
  },
  'nobody leaves': {
    treatment: treatmentCsv()
      .split('\n')
      .map((line, i) => (i === 0 || line === '' ? line : line.replace(/;\d\d\.\d\d\.2007;/, ';31.12.9999;')))
      .join('\n'),
  },
  'everybody leaves on the day of entry': {
    treatment: treatmentCsv()
      .split('\n')
      .map((line) => line.replace(/;(01\.\d\d\.2006);[\d.]+;/, ';$1;$1;'))
      .join('\n'),
  },
  'everybody in custody throughout': {
    custody: [
      'id,in,out',
      ...Array.from({ length: 12 }, (_, i) => `p${String(i + 1).padStart(2, '0')},2004-01-01,2009-01-01`),
      '',
    ].join('\n'),
  },
};

let folder = '';
afterEach(() => removeFolder(folder));

async function resultsOf(registers: Registers): Promise<readonly ResultLine[]> {
  folder = tinyStudy({
    treatment: registers.treatment ?? treatmentCsv(),
    offences: registers.offences ?? offencesCsv(),
    custody: registers.custody ?? custodyCsv(),
    study: (text) =>
      text
        .replace('remove: [custody] }', 'remove: [custody], split: { calendar_year: true } }')
        .replace(/strata: \{ sex: sex \}/, 'strata: { sex: sex, same: sex }')
        .replace(/estimates:\n(?: {2}- .*\n)+/, `estimates:${ESTIMATES}`),
  });
  await runStudy(folder, runOptions());
  return readResults(folder);
}

const NUMBERS = ['value', 'ci_low', 'ci_high', 'std_error', 'p_value', 'person_years'];

/** What became of each design: numbers, and the reasons why there are none, with how many rows say so. */
function outcomes(results: readonly ResultLine[]): string[] {
  return [...new Set(results.map((row) => row.estimate_id))].sort().map((id) => {
    const own = results.filter((row) => row.estimate_id === id);
    const notes = own.filter(({ status }) => status === 'not-estimable').map(({ note }) => note ?? '');
    const reasons = [...new Set(notes)]
      .sort()
      .map((one) => `${one} (${notes.filter((note) => note === one).length})`);
    return `| ${id} | ${own.length - notes.length} | ${reasons.join('; ')} |`;
  });
}

describe('Registers that break estimators', () => {
  const tables: string[] = [];

  it.for(Object.entries(CASES))(
    '%s: a run, and no row without a number or a reason',
    async ([title, registers]) => {
      const results = await resultsOf(registers);
      tables.push(
        [
          `## ${title}`,
          '',
          '| estimate | numbers | no number, because (rows) |',
          '|---|---|---|',
          ...outcomes(results),
          '',
        ].join('\n'),
      );
      const ids = [...ESTIMATES.matchAll(/id: (\w+)/g)].map(([, id]) => id);
      expect(new Set(results.map((row) => row.estimate_id))).toEqual(new Set(ids));
      for (const row of results) {
        const place = `${row.estimate_id} ${row.stratum} ${row.level} ${row.measure} ${row.contrast}`;
        for (const column of NUMBERS) expect(row[column], place).not.toMatch(/nan|inf/i);
        if (row.status === 'estimated') {
          expect(row.value, place).not.toBe('');
        } else {
          expect(row.status, place).toBe('not-estimable');
          expect(row.value, place).toBe('');
          expect(row.note, place).not.toBe('');
          expect([row.ci_low, row.ci_high, row.std_error, row.p_value], place).toEqual(['', '', '', '']);
        }
        const [low, value, high] = [row.ci_low, row.value, row.ci_high].map(Number);
        if (row.ci_low !== '' && row.ci_high !== '') {
          expect(low, place).toBeLessThanOrEqual(Number(value) + 1e-12);
          expect(high, place).toBeGreaterThanOrEqual(Number(value) - 1e-12);
        }
      }
    },
  );

  // Kept beside this file for whoever wants to read what each design says of each register.
  it('say the same as the table of outcomes', async () => {
    expect(tables).toHaveLength(Object.keys(CASES).length);
    await expect(tables.join('\n')).toMatchFileSnapshot('degenerate-outcomes.md');
  });
});
