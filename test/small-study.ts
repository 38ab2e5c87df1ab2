import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { StudyError } from '../src/errors.ts';
import { loadProtocol } from '../src/protocol/index.ts';

/** A complete small study as text files: three registers, linked by identifiers, every kind of estimate. */

export const STUDY = `# A small study
schema_version: 1
title: A small study
question: Do people who start treatment offend less afterwards?
sources:
  - sources/treatment.yaml
  - sources/police.yaml
  - sources/prison.yaml
linkage:
  method: deterministic
  spine: treatment
  keys: [initials, date_of_birth, sex]
  same_ids:
    prison: police
definitions:
  spells:
    from: episodes
  gap: ndtms-21d
  outcomes:
    trigger: trigger-2007
    listed:
      codelist: codelists/theft.csv
      kinds: [conviction]
population:
  entry: first-journey-in-window
  entry_window: {from: 2006-04-01, to: 2007-04-01}
  age: {at_least: 18}
  subsets:
    known-offenders:
      prior_events: {outcome: trigger, at_least: 1}
      description: convicted in the two years before
time_at_risk:
  before: {months: 24}
  after: {months: 24}
strata:
  sex: sex
  retention: retention_band
  homeless: {covariate: homeless}
estimates:
  - id: rates
    design: rates
    outcome: trigger
  - id: change
    design: change
    outcome: trigger
    population: all
    restricted: known-offenders
    strata: [sex, retention]
  - id: stay
    design: survival
headline: change
variants:
  short-gap:
    why: The gap rule is a convention.
    set:
      definitions.gap: omt-7d
disclosure:
  profile: ndtms
`;

export const TREATMENT = `register: treatment
origin: real
files: [$DESIST_DATA/episodes.csv]
dictionary: dictionary/treatment.yaml
tables:
  - table: person_record
    columns:
      record_id: CLIENTID
      initials: INITIALS
      date_of_birth: DOB
      sex: SEX
  - table: episode
    columns:
      record_id: CLIENTID
      episode_id: EPISODID
      triage_date: TRIAGED
      start_date: START
      end_date: {column: DISD, add_days: 1}
      exit_reason: DISRSN
  - table: covariate
    columns:
      record_id: CLIENTID
    covariates:
      homeless: NFA
coverage:
  - {from: 2004-01-01, to: 2010-01-01}
`;

export const TREATMENT_DICTIONARY = `register: treatment
columns:
  CLIENTID: {type: text}
  INITIALS: {type: text}
  DOB: {type: date, format: DD/MM/YYYY}
  SEX:
    type: text
    values: {01: male, 02: female}
  EPISODID: {type: text}
  TRIAGED: {type: date}
  START: {type: date}
  DISD: {type: date, open_end: ['9999-12-31']}
  DISRSN: {type: text, missing: ['99']}
  NFA: {type: boolean}
`;

export const POLICE = `register: police
origin: real
files: [data/convictions.csv]
columns:
  ID: {type: text}
  INITIALS: {type: text}
  BORN: {type: date}
  SEX: {type: text}
  OFFENCE_DATE: {type: date}
  CODE: {type: text}
tables:
  - table: person_record
    columns: {record_id: ID, initials: INITIALS, date_of_birth: BORN, sex: SEX}
  - table: offence
    columns:
      record_id: ID
      offence_date: OFFENCE_DATE
      code: CODE
      kind: {value: conviction}
coverage:
  - {from: 2000-01-01, to: 2010-01-01, complete_to: 2009-07-01}
`;

export const PRISON = `register: prison
origin: real
files: [data/prison.csv]
columns:
  ID: {type: text}
  IN: {type: date}
  OUT: {type: date}
tables:
  - table: custody
    columns: {record_id: ID, start_date: IN, end_date: OUT}
coverage:
  - {from: 2000-01-01, to: 2010-01-01}
`;

export const THEFT = `code,from_date,to_date
theft,,
fraud,2007-01-15,
`;

export const SMALL_STUDY: Readonly<Record<string, string>> = {
  'study.yaml': STUDY,
  'sources/treatment.yaml': TREATMENT,
  'sources/police.yaml': POLICE,
  'sources/prison.yaml': PRISON,
  'dictionary/treatment.yaml': TREATMENT_DICTIONARY,
  'codelists/theft.csv': THEFT,
};

/** Writes files into a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** The small study in a new folder that goes when the test is over, with some files written differently. */
export function smallStudy(changes: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'desist-study-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFiles(folder, { ...SMALL_STUDY, ...changes });
  return folder;
}

/** A text with one passage changed; the passage must be there exactly once. */
export function changed(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`the passage stands ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}

/** The mistakes of the small study with some files written differently, each as `CODE file:line:column message`. */
export function mistakesOf(changes: Readonly<Record<string, string | Uint8Array>>): readonly string[] {
  try {
    loadProtocol(smallStudy(changes), { env: { DESIST_DATA: '/registers' } });
  } catch (error) {
    if (!(error instanceof StudyError)) throw error;
    return [error, ...(error.detail.also ?? [])].map((one) => {
      const { place } = one.detail;
      return `${one.code} ${place?.file}:${place?.line}:${place?.column} ${one.message}`;
    });
  }
  return [];
}
