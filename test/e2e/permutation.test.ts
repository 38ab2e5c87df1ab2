import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/engine/index.ts';
import { seededGenerator, shuffle } from '../../src/stats/random.ts';
import { runStudy } from '../../src/study.ts';
import { removeFolder, runOptions } from '../run-study.ts';
import { custodyCsv, offencesCsv, TREATMENT_HEADER, tinyStudy, treatmentCsv } from '../tiny-study.ts';

/** The order in which an agency writes its rows says nothing: the same rows in another order are the same study. */

const STAGES = ['04-journeys', '05-persontime', '06-estimate'] as const;
const FILES = ['treatment.csv', 'offences.csv', 'custody.csv'] as const;

/** Rows that a careless rule would decide by their order: ties, contradictions, overlaps, and rows sent twice. */
const CONTESTED = [
  // Two episodes of one span that ended differently, and one inside another.
  'p13;M;01.03.1970;01.01.2006;01.09.2006;left',
  'p13;M;01.03.1970;01.01.2006;01.09.2006;done',
  'p02;F;02.03.1971;01.03.2006;01.04.2006;done',
  // A person whose rows disagree about sex and birth.
  'p03;F;09.09.1962;01.03.2008;;left',
  // A break, a return, and a second journey.
  'p05;M;05.03.1974;01.02.2004;01.03.2004;done',
  'p05;M;05.03.1974;01.12.2007;01.02.2008;left',
  // The same row three times.
  'p06;F;06.03.1975;01.06.2006;06.09.2007;left',
  'p06;F;06.03.1975;01.06.2006;06.09.2007;left',
];

const STUDY_CHANGES = (text: string): string =>
  text
    .replace(
      'outcomes: { any: all-recordable }',
      'outcomes: { any: all-recordable, days: { offence_days: true } }',
    )
    .replace('strata: { sex: sex }', 'strata: { sex: sex, exit: exit_group, age: age_band }')
    .replace('strata: [sex], bootstrap', 'strata: [sex, exit], bootstrap')
    .replace(
      '  - { id: retention, design: survival }',
      '  - { id: offence_days, design: rates, outcome: days, by: [window, age_band] }\n  - { id: retention, design: survival, strata: [sex] }',
    )
    .replace(
      'remove: [custody] }',
      'remove: [custody], split: { calendar_year: true, age_bands: [30, 33, 36] } }',
    );

interface Left {
  readonly results: string;
  readonly artefacts: Readonly<Record<string, string>>;
  readonly ingested: string;
}

async function run(folder: string): Promise<Left> {
  await runStudy(folder, runOptions());
  const store = openStore(folder);
  const artefacts: Record<string, string> = {};
  for (const stage of STAGES) {
    const outputs = store.latest(stage)?.outputs ?? [];
    expect(outputs.length, stage).toBeGreaterThan(0);
    for (const { name, sha256 } of outputs) artefacts[`${stage}/${name}`] = sha256;
  }
  return {
    results: readFileSync(join(folder, 'outputs', 'latest', 'results.csv'), 'utf8'),
    artefacts,
    ingested: JSON.stringify(store.latest('02-ingest')?.parts.inputs),
  };
}

/** The header, then the rows as `order` leaves them. */
function rearranged(text: string, order: (rows: Int32Array) => void): string {
  const [header = '', ...rows] = text.trimEnd().split('\n');
  const places = Int32Array.from(rows, (_, i) => i);
  order(places);
  return [header, ...Array.from(places, (place) => rows[place] ?? ''), ''].join('\n');
}

describe('a study whose registers come in another order', () => {
  let folder = '';
  let first: Left;
  let texts: Readonly<Record<string, string>> = {};
  beforeAll(async () => {
    expect(treatmentCsv().startsWith(TREATMENT_HEADER)).toBe(true);
    folder = tinyStudy({
      treatment: `${treatmentCsv().trimEnd()}\n${CONTESTED.join('\n')}\n`,
      offences: `${offencesCsv().trimEnd()}\np01,2006-07-01,theft\np01,2006-07-01,fraud\np01,2006-07-01,theft\n`,
      custody: `${custodyCsv().trimEnd()}\np01,2006-07-15,2006-10-01\np04,2006-05-01,9999-12-31\n`,
      study: STUDY_CHANGES,
    });
    texts = Object.fromEntries(FILES.map((file) => [file, readFileSync(join(folder, 'data', file), 'utf8')]));
    first = await run(folder);
  });
  afterAll(() => removeFolder(folder));

  const random = seededGenerator(20060401);
  it.each([
    [
      'backwards',
      (rows: Int32Array): void => {
        rows.reverse();
      },
    ],
    [
      'shuffled',
      (rows: Int32Array): void => {
        shuffle(random, rows);
      },
    ],
  ] as const)('has the same results.csv, and the same tables from journeys on, %s', async (_, order) => {
    for (const [file, text] of Object.entries(texts)) {
      const other = rearranged(text, order);
      expect(other).not.toBe(text);
      expect([...other].sort().join('')).toBe([...text].sort().join(''));
      writeFileSync(join(folder, 'data', file), other);
    }
    const again = await run(folder);
    expect(again.ingested).not.toBe(first.ingested);
    expect(again.artefacts).toEqual(first.artefacts);
    expect(again.results).toBe(first.results);
  });

  it('is a study with results: both clocks, several levels, a curve', () => {
    for (const word of ['at-liberty', 'inconsistent', 'survival', 'offence_days', 'age_band'])
      expect(first.results).toContain(word);
    expect(first.results.split('\n').length).toBeGreaterThan(100);
  });
});
