import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openDuckDB, type RowOf, sql } from '../../src/engine/index.ts';
import { countArms } from '../../src/estimate/partnership/counts.ts';
import { populations } from '../../src/estimate/population.ts';
import { contact, offence } from '../../src/link/tables.ts';
import { cohort, cohortStratum, interval } from '../../src/persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../src/protocol/tables.ts';
import { type Generator, seededGenerator, uniform, uniformInteger } from '../../src/stats/random.ts';
import { day, iso } from '../reference/day-walker.ts';
import { protocolOf } from '../reference/day-walker-study.ts';

/** The persons of two arms, against a reference that looks at one person, one day and one event at a time. */

const LANDMARK = 30;

const ESTIMATE: EstimateOf<'partnership'> = {
  id: 'arms',
  design: 'partnership',
  outcome: 'any',
  arms: 'arm',
  treated: 'intensive',
  comparison: 'usual',
  cluster: 'area',
  adjust: ['sex'],
  match: { exact: ['area', 'sex'], caliper: 0.2 },
  dose: { kinds: ['medical', 'key-worker'], within: { days: LANDMARK }, groups: [1, 6] },
};

const PROTOCOL: Protocol = {
  ...protocolOf({
    spells: { from: 'episodes' },
    gap: { days: 21 } as Protocol['gap'],
    population: {
      entry: 'first-journey-in-window',
      entry_window: { from: '2006-01-01', to: '2006-04-01' },
      subsets: { known: { prior_events: { outcome: 'any', at_least: 2 } } },
    },
    time_at_risk: { before: { months: 3 }, after: { months: 6 } },
    strata: { arm: { allocation: 'programme' }, sex: 'sex', area: 'area' },
  }),
  estimates: [ESTIMATE],
};

interface Given {
  readonly cohort: RowOf<typeof cohort>[];
  readonly strata: RowOf<typeof cohortStratum>[];
  readonly interval: RowOf<typeof interval>[];
  readonly offence: RowOf<typeof offence>[];
  readonly contact: RowOf<typeof contact>[];
}

function pick<T>(random: Generator, options: readonly T[]): T {
  return options[uniformInteger(random, options.length)] as T;
}

function study(random: Generator, persons: number): Given {
  const given: Given = { cohort: [], strata: [], interval: [], offence: [], contact: [] };
  for (let n = 0; n < persons; n++) {
    const person_id = `p${String(n).padStart(3, '0')}`;
    const entry = day('2006-01-01') + uniformInteger(random, 80);
    const spans: [string, number, number][] = [
      ['before', entry - uniformInteger(random, 60), entry],
      ['after', entry, entry + uniformInteger(random, 90)],
    ];
    const edges = [entry, entry + LANDMARK];
    for (const [time_window, from, to] of spans) {
      for (let at = from; at < to; ) {
        const end = Math.min(to, at + 1 + uniformInteger(random, 25));
        edges.push(at, end);
        given.interval.push({
          person_id,
          time_window,
          phase: 'in',
          treatment_phase: 'in',
          start_date: iso(at),
          end_date: iso(end),
          calendar_year: null,
          age_band: null,
          removed: uniform(random) < 0.25,
          days: end - at,
        });
        at = end;
      }
    }
    const [, [, , afterEnd]] = spans as [[string, number, number], [string, number, number]];
    given.cohort.push({
      person_id,
      entry_date: iso(entry),
      journey: 1,
      age_at_entry: 30,
      sex: 'male',
      area: null,
      link_class: 'matched',
      before_start: iso((spans[0] as [string, number, number])[1]),
      before_end: iso(entry),
      after_start: iso(entry),
      after_end: iso(afterEnd),
      end_reason: 'window',
      journey_end: iso(afterEnd),
      left_treatment: false,
      exit_group: 'open',
      retained_days: afterEnd - entry,
      re_entry_date: null,
    });
    const levels = {
      arm: pick(random, ['intensive', 'usual', 'usual', 'not recorded']),
      sex: pick(random, ['female', 'male']),
      area: pick(random, ['north', 'south', 'east']),
    };
    for (const [stratum, level] of Object.entries(levels)) given.strata.push({ person_id, stratum, level });
    for (let k = uniformInteger(random, 9); k > 0; k--) {
      const at = uniform(random) < 0.5 ? pick(random, edges) : entry - 70 + uniformInteger(random, 170);
      given.offence.push({
        person_id,
        event_id: `${person_id}-${k}`,
        occasion_id: null,
        offence_date: iso(at),
        offence_date_to: null,
        disposal_date: null,
        kind: 'arrest',
        code: 'theft',
        offence_group: null,
        severity: null,
      });
    }
    for (let k = uniformInteger(random, 12); k > 0; k--) {
      const at =
        uniform(random) < 0.3
          ? pick(random, [entry - 1, entry, entry + LANDMARK - 1, entry + LANDMARK])
          : entry + uniformInteger(random, 60);
      given.contact.push({
        person_id,
        contact_id: `${person_id}-${k}`,
        contact_date: iso(at),
        kind: pick(random, ['medical', 'key-worker', 'missed']),
      });
    }
  }
  return given;
}

/** One person: every day of every interval, and on each day every offence. */
function walk(person_id: string, given: Given) {
  const own = given.cohort.find((row) => row.person_id === person_id);
  const entry = day(own?.entry_date ?? '');
  const landmark = entry + LANDMARK;
  const isFollowed = day(own?.after_end ?? '') > landmark;
  const total = { b: 0, a: 0, tb: 0, ta: 0, fb: 0, fa: 0, ftb: 0, fta: 0, l: 0, tl: 0, fl: 0, ftl: 0 };
  for (const piece of given.interval.filter((one) => one.person_id === person_id)) {
    for (let at = day(piece.start_date ?? ''); at < day(piece.end_date ?? ''); at++) {
      const events = given.offence.filter(
        (one) => one.person_id === person_id && one.offence_date === iso(at),
      ).length;
      const isBefore = piece.time_window === 'before';
      const isLater = !isBefore && at >= landmark;
      total[isBefore ? 'tb' : 'ta'] += 1;
      total[isBefore ? 'b' : 'a'] += events;
      if (isLater) {
        total.tl += 1;
        total.l += events;
      }
      if (piece.removed === true) continue;
      total[isBefore ? 'ftb' : 'fta'] += 1;
      total[isBefore ? 'fb' : 'fa'] += events;
      if (isLater) {
        total.ftl += 1;
        total.fl += events;
      }
    }
  }
  const contacts = given.contact.filter(
    (one) =>
      one.person_id === person_id &&
      one.kind !== 'missed' &&
      day(one.contact_date ?? '') >= entry &&
      day(one.contact_date ?? '') < landmark,
  ).length;
  return { ...total, contacts, isFollowed };
}

let engine: Engine;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'desist-arms-'));
  engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 1 });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the persons of two arms, on generated persons', () => {
  it.each([1, 2, 3, 4])('are those of a walk day by day (seed %i)', async (seed) => {
    const given = study(seededGenerator(seed), 60);
    await engine.reset();
    await engine.load(cohort, given.cohort);
    await engine.load(cohortStratum, given.strata);
    await engine.load(interval, given.interval);
    await engine.load(offence, given.offence);
    await engine.load(contact, given.contact);
    for (const [population, members] of populations(PROTOCOL)) {
      const counts = countArms(PROTOCOL, ESTIMATE, members);
      await engine.materialise([counts.table]);
      const columns = {
        ...counts.columns,
        exact_1: 'VARCHAR',
        exact_2: 'VARCHAR',
        adjust_1: 'VARCHAR',
      } as const;
      const rows = await engine.rows(columns, sql`SELECT * FROM ${counts.table} ORDER BY person_id`);
      const levelOf = (person_id: string | null, stratum: string): string =>
        given.strata.find((one) => one.person_id === person_id && one.stratum === stratum)?.level ?? '';
      const expected = given.cohort.filter(({ person_id }) => {
        const { b, ta, tb } = walk(person_id ?? '', given);
        const isMember = population === 'all' || b >= 2;
        return isMember && levelOf(person_id, 'arm') !== 'not recorded' && ta + tb > 0;
      });
      expect(expected.length).toBeGreaterThan(population === 'all' ? 30 : 5);
      expect(rows.map(({ person_id }) => person_id)).toEqual(expected.map(({ person_id }) => person_id));
      for (const row of rows) {
        const { isFollowed, contacts, l, tl, fl, ftl, ...windows } = walk(row.person_id ?? '', given);
        expect(row).toMatchObject(windows);
        expect(row).toMatchObject(
          isFollowed && tl > 0
            ? { contacts, l, tl, fl, ftl }
            : { contacts: null, l: null, tl: null, fl: null, ftl: null },
        );
        expect(row.arm).toBe(levelOf(row.person_id, 'arm') === 'intensive' ? 1 : 0);
        expect(row.cluster).toBe(levelOf(row.person_id, 'area'));
        expect([row.exact_1, row.exact_2, row.adjust_1]).toEqual([
          levelOf(row.person_id, 'area'),
          levelOf(row.person_id, 'sex'),
          levelOf(row.person_id, 'sex'),
        ]);
      }
      expect(rows.some(({ tl }) => (tl ?? 0) > 0)).toBe(true);
    }
  });
});
