import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './run-study.ts';

/** A study of a dozen SYNTHETIC people written by hand, for tests that change one thing of it. */

export interface TinyFiles {
  readonly treatment?: string | Uint8Array;
  readonly offences?: string | Uint8Array;
  readonly custody?: string;
  /** Replaces text of study.yaml. */
  readonly study?: (text: string) => string;
  /** Replaces text of sources/treatment.yaml. */
  readonly source?: (text: string) => string;
  readonly treatmentFile?: string;
}

const STUDY = `schema_version: 1
title: A tiny study (SYNTHETIC)
question: What happens to offending when people enter treatment?
sources: [sources/treatment.yaml, sources/offences.yaml, sources/custody.yaml]
linkage: { method: given, spine: treatment }
definitions:
  spells: { from: episodes }
  gap: ndtms-21d
  exit_groups: { done: successful, left: unplanned }
  retention_bands: nta-2012
  outcomes: { any: all-recordable }
population:
  entry: first-journey-in-window
  entry_window: { from: 2006-01-01, to: 2007-01-01 }
  require_full_windows: false
  subsets: { offenders: { prior_events: { outcome: any, at_least: 1 } } }
time_at_risk: { before: { months: 12 }, after: { months: 12 }, remove: [custody] }
strata: { sex: sex }
estimates:
  - { id: change, design: change, outcome: any, restricted: offenders, strata: [sex], bootstrap: { replicates: 200, seed: 1 } }
  - { id: rates, design: rates, outcome: any }
  - { id: retention, design: survival }
disclosure: { profile: none }
`;

const TREATMENT_SOURCE = `register: treatment
origin: synthetic
files: [data/treatment.csv]
columns:
  id: { type: text, required: true }
  sex: { type: text, values: { M: male, F: female } }
  born: { type: date, format: DD.MM.YYYY }
  start: { type: date, format: DD.MM.YYYY, required: true }
  end: { type: date, format: DD.MM.YYYY, open_end: ['31.12.9999'] }
  reason: { type: text }
tables:
  - table: person_record
    columns: { record_id: id, sex: sex, date_of_birth: born }
  - table: episode
    columns: { record_id: id, start_date: start, end_date: end, exit_reason: reason }
coverage: [{ from: 2004-01-01, to: 2009-01-01 }]
quarantine_limit: 0.5
`;

const OFFENCES_SOURCE = `register: offences
origin: synthetic
files: [data/offences.csv]
columns:
  id: { type: text, required: true }
  day: { type: date, required: true }
  code: { type: text }
tables:
  - table: offence
    columns: { record_id: id, offence_date: day, code: code, kind: { value: conviction } }
coverage: [{ from: 2004-01-01, to: 2009-01-01 }]
`;

const CUSTODY_SOURCE = `register: custody
origin: synthetic
files: [data/custody.csv]
columns:
  id: { type: text, required: true }
  in: { type: date, required: true }
  out: { type: date, open_end: ['9999-12-31'] }
tables:
  - table: custody
    columns: { record_id: id, start_date: in, end_date: out }
coverage: [{ from: 2004-01-01, to: 2009-01-01 }]
`;

export const TREATMENT_HEADER = 'id;sex;born;start;end;reason';

/** Twelve people, one episode each. */
export function treatmentCsv(): string {
  const rows = Array.from({ length: 12 }, (_, i) => {
    const n = String(i + 1).padStart(2, '0');
    return `p${n};${i % 2 === 0 ? 'M' : 'F'};${n}.03.19${70 + i};01.${n}.2006;${i === 3 ? '31.12.9999' : `${n}.09.2007`};${i % 3 === 0 ? 'done' : 'left'}`;
  });
  return [TREATMENT_HEADER, ...rows, ''].join('\n');
}

export function offencesCsv(): string {
  const rows = Array.from({ length: 40 }, (_, i) => {
    const month = String((i % 12) + 1).padStart(2, '0');
    return `p${String((i % 11) + 1).padStart(2, '0')},${2005 + Math.floor(i / 14)}-${month}-15,theft`;
  });
  return ['id,day,code', ...rows, ''].join('\n');
}

export function custodyCsv(): string {
  return 'id,in,out\np01,2006-06-01,2006-08-01\np02,2005-06-01,2005-07-01\n';
}

export function tinyStudy(files: TinyFiles = {}): string {
  const folder = temporaryFolder();
  for (const place of ['data', 'sources']) mkdirSync(join(folder, place), { recursive: true });
  const put = (file: string, content: string | Uint8Array): void =>
    writeFileSync(join(folder, file), content);
  put('study.yaml', files.study?.(STUDY) ?? STUDY);
  put('sources/treatment.yaml', files.source?.(TREATMENT_SOURCE) ?? TREATMENT_SOURCE);
  put('sources/offences.yaml', OFFENCES_SOURCE);
  put('sources/custody.yaml', CUSTODY_SOURCE);
  put(`data/${files.treatmentFile ?? 'treatment.csv'}`, files.treatment ?? treatmentCsv());
  put('data/offences.csv', files.offences ?? offencesCsv());
  put('data/custody.csv', files.custody ?? custodyCsv());
  return folder;
}
