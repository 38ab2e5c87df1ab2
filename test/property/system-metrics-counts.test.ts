import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openDuckDB, type RowOf, sql } from '../../src/engine/index.ts';
import { countSystem, stepCount, waitCount } from '../../src/estimate/system-metrics/counts.ts';
import { custodySpell, journey, phase } from '../../src/journeys/tables.ts';
import { custody, departure, episode, person } from '../../src/link/tables.ts';
import type { EstimateOf, Protocol, SystemMetric } from '../../src/protocol/tables.ts';
import { type Generator, seededGenerator, uniform, uniformInteger } from '../../src/stats/random.ts';
import { day, iso } from '../reference/day-walker.ts';
import { protocolOf, source } from '../reference/day-walker-study.ts';

/** The shares of a treatment system, against a reference that looks at one person at a time and one day after the other. */

const FROM = day('2006-01-01');
const TO = day('2006-07-01');
const METRICS: readonly SystemMetric[] = [
  'release-21d',
  'retained-12w',
  'completed-not-back-6m',
  'waiting-3w',
  'cascade-12w',
];
const ESTIMATE: EstimateOf<'system-metrics'> = {
  id: 'system',
  design: 'system-metrics',
  metrics: [...METRICS],
  by: ['area', 'service'],
};

function protocol(variant = 'protocol'): Protocol {
  const treatment = source('treatment', ['episode']);
  return {
    ...protocolOf({
      spells: { from: 'episodes' },
      gap: { days: 21 } as Protocol['gap'],
      population: {
        entry: 'first-journey-in-window',
        entry_window: { from: iso(FROM), to: iso(TO) },
        link_classes: ['matched', 'absent'],
      },
      time_at_risk: { before: { months: 3 }, after: { months: 6 } },
      sources: [
        {
          ...treatment,
          tables: [
            { table: 'episode', columns: { record_id: 'id', start_date: 'start', referral_date: 'ref' } },
          ],
        },
      ],
    }),
    variant,
    estimates: [ESTIMATE],
  };
}

interface Spell {
  readonly journey: number;
  readonly start: number;
  readonly end: number | null;
  readonly exit: string;
  readonly referral: number | null;
  readonly begun: number | null;
  readonly area: string;
  readonly service: string;
}

interface Life {
  readonly id: string;
  readonly link: string;
  readonly born: string | null;
  readonly area: string;
  readonly covered_to: number;
  readonly away: number | null;
  readonly died: number | null;
  readonly journeys: readonly Spell[];
  /** Referrals that led nowhere: day, triage or not. */
  readonly lost: readonly { referral: number; triage: number | null; area: string; service: string }[];
  readonly custody: readonly { start: number; end: number | null; kind: string | null }[];
}

function pick<T>(random: Generator, options: readonly T[]): T {
  return options[uniformInteger(random, options.length)] as T;
}

function lives(random: Generator, persons: number): Life[] {
  return Array.from({ length: persons }, (_, n): Life => {
    const journeys: Spell[] = [];
    let at = FROM - 200 + uniformInteger(random, 300);
    for (let k = uniformInteger(random, 4); k > 0; k--) {
      const length = pick(random, [1, 20, 83, 84, 85, 150, 364, 365, 366]);
      const isOpen = k === 1 && uniform(random) < 0.25;
      const end = isOpen ? null : at + length;
      const referral =
        uniform(random) < 0.15 ? null : at - pick(random, [0, 1, 20, 21, 22, 60, 83, 84, 85, -3]);
      journeys.push({
        journey: journeys.length + 1,
        start: at,
        end,
        exit: isOpen ? 'open' : pick(random, ['successful', 'unplanned', 'custody', 'successful']),
        referral,
        begun: uniform(random) < 0.15 ? null : at + (length > 40 ? pick(random, [0, 0, 0, 5]) : 0),
        area: pick(random, ['north', 'south']),
        service: pick(random, ['a', 'b', 'b', 'c']),
      });
      at = (end ?? at) + pick(random, [30, 100, 180, 181, 182, 183, 184, 185]);
      if (isOpen) break;
    }
    const custodies: { start: number; end: number | null; kind: string | null }[] = [];
    let inside = FROM - 60 + uniformInteger(random, 200);
    for (let k = uniformInteger(random, 4); k > 0; k--) {
      const end = inside + 1 + uniformInteger(random, 40);
      custodies.push({
        start: inside,
        end: uniform(random) < 0.1 ? null : end,
        kind: pick(random, ['police', 'sentence', 'remand', null]),
      });
      if (custodies.at(-1)?.end === null) break;
      // Recalled on the day, or later.
      inside = uniform(random) < 0.3 ? end : end + 1 + uniformInteger(random, 60);
    }
    const lost = Array.from({ length: uniformInteger(random, 2) }, () => {
      const referral = FROM - 30 + uniformInteger(random, 220);
      return {
        referral,
        triage: uniform(random) < 0.5 ? null : referral + pick(random, [-2, 0, 10, 84, 85]),
        area: pick(random, ['north', 'south']),
        service: pick(random, ['a', 'b']),
      };
    });
    // Some of what happens lies right on the edges of what is counted.
    const releases = custodies.flatMap(({ end }) => (end === null ? [] : [end]));
    const released = releases[0];
    if (released !== undefined && journeys.length > 0 && uniform(random) < 0.6) {
      const [one] = journeys as [Spell];
      const shift =
        uniform(random) < 0.5 || one.end === null
          ? released + pick(random, [20, 21, 22]) - (one.begun ?? one.start)
          : released + pick(random, [0, 1]) - one.end;
      const moved = (at: number | null): number | null => (at === null ? null : at + shift);
      journeys.splice(
        0,
        journeys.length,
        ...journeys.map((spell) => ({
          ...spell,
          start: spell.start + shift,
          end: moved(spell.end),
          referral: moved(spell.referral),
          begun: moved(spell.begun),
        })),
      );
    }
    const edges = [
      ...releases.flatMap((end) => [end + 21, end + 22]),
      ...journeys.flatMap(({ start, begun }) => [start, (begun ?? start) + 83, (begun ?? start) + 84]),
      ...lost.flatMap(({ referral }) => [referral + 449, referral + 450]),
      ...journeys.flatMap(({ referral }) => (referral === null ? [] : [referral + 449, referral + 450])),
    ].filter((at) => at > FROM);
    const isEdged = edges.length > 0 && uniform(random) < 0.5;
    return {
      id: `p${String(n).padStart(3, '0')}`,
      link: pick(random, ['matched', 'matched', 'absent', 'ambiguous']),
      born: pick(random, ['1970-05-01', '1988-02-01', '1995-01-01', null]),
      area: pick(random, ['north', 'south']),
      covered_to:
        isEdged && uniform(random) < 0.5 ? pick(random, edges) : pick(random, [TO + 40, TO + 300, TO + 700]),
      away: isEdged
        ? pick(random, edges)
        : uniform(random) < 0.15
          ? FROM + uniformInteger(random, 300)
          : null,
      died: uniform(random) < 0.1 ? FROM + uniformInteger(random, 200) : null,
      journeys,
      lost,
      custody: custodies,
    };
  });
}

/** What link and journeys would have made of these lives. */
function tables(people: readonly Life[]) {
  const date = (at: number | null): string | null => (at === null ? null : iso(at));
  const episodes: RowOf<typeof episode>[] = people.flatMap((life) => [
    ...life.journeys.map((one) => ({
      person_id: life.id,
      episode_id: `${life.id}-j${one.journey}`,
      service: one.service,
      area: one.area,
      referral_route: 'self',
      referral_date: date(one.referral),
      triage_date: date(one.start),
      substances: null,
      substance_group: null,
      start_date: date(one.begun),
      end_date: date(one.end),
      exit_reason: one.exit,
    })),
    ...life.lost.map((one, k) => ({
      person_id: life.id,
      episode_id: `${life.id}-l${k}`,
      service: one.service,
      area: one.area,
      referral_route: 'self',
      referral_date: date(one.referral),
      triage_date: date(one.triage),
      substances: null,
      substance_group: null,
      start_date: null,
      end_date: null,
      exit_reason: null,
    })),
  ]);
  return {
    person: people.map(
      (life): RowOf<typeof person> => ({
        person_id: life.id,
        sex: 'male',
        birth_month: life.born,
        area: life.area,
        link_class: life.link,
      }),
    ),
    episode: episodes,
    journey: people.flatMap((life) =>
      life.journeys.map(
        (one): RowOf<typeof journey> => ({
          person_id: life.id,
          journey: one.journey,
          start_date: iso(one.start),
          end_date: date(one.end),
          exit_reason: one.exit,
          exit_group: one.exit,
          spells: 1,
          referral_date: date(one.referral),
          referral_route: 'self',
          substance_group: null,
          area: one.area,
          service: one.service,
          treatment_days: 1,
        }),
      ),
    ),
    custody: people.flatMap((life) =>
      life.custody.map(
        (one): RowOf<typeof custody> => ({
          person_id: life.id,
          start_date: iso(one.start),
          end_date: date(one.end),
          kind: one.kind,
          estimated: false,
        }),
      ),
    ),
    custodySpell: people.flatMap((life) =>
      spellsOf(life).map(
        (one): RowOf<typeof custodySpell> => ({
          person_id: life.id,
          start_date: iso(one.start),
          end_date: date(one.end),
        }),
      ),
    ),
    phase: people.flatMap((life): RowOf<typeof phase>[] => [
      {
        person_id: life.id,
        start_date: iso(FROM - 900),
        end_date: iso(FROM),
        phase: 'before',
        treatment_phase: 'before',
        journey: null,
      },
      {
        person_id: life.id,
        start_date: iso(FROM),
        end_date: iso(life.covered_to),
        phase: 'before',
        treatment_phase: 'before',
        journey: null,
      },
    ]),
    departure: people.flatMap((life): RowOf<typeof departure>[] => [
      ...(life.away === null
        ? []
        : [{ person_id: life.id, departure_date: iso(life.away), kind: 'emigration' }]),
      ...(life.died === null ? [] : [{ person_id: life.id, departure_date: iso(life.died), kind: 'death' }]),
    ]),
  };
}

function spellsOf(life: Life): { start: number; end: number | null; kinds: (string | null)[] }[] {
  const merged: { start: number; end: number | null; kinds: (string | null)[] }[] = [];
  for (const one of [...life.custody].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && last.end !== null && one.start <= last.end) {
      last.end = one.end;
      last.kinds.push(one.kind);
    } else merged.push({ start: one.start, end: one.end, kinds: [one.kind] });
  }
  return merged;
}

interface Answer {
  readonly known: boolean;
  readonly reached: readonly boolean[];
  readonly area: string;
  readonly service: string;
  readonly wait?: number;
}

function addMonths(at: number, months: number): number {
  const date = new Date(`${iso(at)}T00:00:00Z`);
  const target = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  const last = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  target.setUTCDate(Math.min(date.getUTCDate(), last));
  return day(target.toISOString().slice(0, 10));
}

function isIn(one: Spell, at: number): boolean {
  return one.begun !== null && one.begun <= at && (one.end === null || one.end > at);
}

function isRetained(one: Spell, days: number): boolean {
  if (one.exit === 'successful') return true;
  for (let at = 0; at < days; at++) if (!isIn(one, (one.begun ?? 0) + at)) return false;
  return true;
}

/** One person in one metric, or undefined where they do not count. */
function answer(life: Life, metric: SystemMetric): Answer | undefined {
  if (life.link === 'ambiguous') return undefined;
  const seen = (index: number, needed: number): boolean =>
    life.covered_to >= needed && !(life.away !== null && life.away >= index && life.away < needed);
  const begun = life.journeys.filter((one) => one.begun !== null);
  const inWindow = (at: number | null): boolean => at !== null && at >= FROM && at < TO;
  const first = begun.find((one) => inWindow(one.begun));
  switch (metric) {
    case 'release-21d': {
      const lines = [
        ...life.journeys.map((one) => ({
          ...one,
          at: Math.min(one.start, one.referral ?? Infinity, one.begun ?? Infinity),
          id: `j${one.journey}`,
        })),
        ...life.lost.map((one, k) => ({
          ...one,
          at: Math.min(one.referral, one.triage ?? Infinity),
          id: `l${k}`,
        })),
      ];
      for (const { end, kinds } of spellsOf(life)) {
        if (end === null || !inWindow(end)) continue;
        if (life.died !== null && life.died <= end) continue;
        if (kinds.every((kind) => kind === 'police')) continue;
        if (life.born !== null) {
          const year = Number(iso(end).slice(0, 4)) - Number(life.born.slice(0, 4));
          const age = iso(end).slice(5) < life.born.slice(5) ? year - 1 : year;
          if (age < 18) continue;
        }
        const before = lines
          .filter(({ at }) => at < end)
          .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
        if (before[0] === undefined) continue;
        let isTreated = false;
        for (let at = end; at <= end + 21; at++) isTreated ||= begun.some((one) => isIn(one, at));
        return {
          known: seen(end, end + 22),
          reached: [isTreated],
          area: before[0].area,
          service: before[0].service,
        };
      }
      return undefined;
    }
    case 'retained-12w':
      return first === undefined
        ? undefined
        : {
            known: seen(first.begun ?? 0, (first.begun ?? 0) + 84),
            reached: [isRetained(first, 84)],
            area: first.area,
            service: first.service,
          };
    case 'completed-not-back-6m': {
      const present = begun.filter((one) => {
        for (let at = FROM; at < TO; at++) if (isIn(one, at)) return true;
        return false;
      });
      const last = present.at(-1);
      if (last === undefined) return undefined;
      const isDone = last.exit === 'successful' && last.end !== null && last.end < TO;
      const back = begun.find((one) => one.journey > last.journey);
      const isBack = isDone && back?.begun != null && back.begun < addMonths(last.end ?? 0, 6);
      return {
        known: seen(Math.max(last.begun ?? 0, FROM), addMonths(TO, 6)),
        reached: [isDone, isDone && !isBack],
        area: last.area,
        service: last.service,
      };
    }
    case 'waiting-3w': {
      if (first === undefined) return undefined;
      const wait = first.referral === null ? -1 : (first.begun ?? 0) - first.referral;
      return {
        known: wait >= 0 && seen(first.begun ?? 0, first.begun ?? 0),
        reached: [wait >= 0 && wait <= 21],
        area: first.area,
        service: first.service,
        wait,
      };
    }
    case 'cascade-12w': {
      const referrals = [
        ...life.journeys.map((one) => ({
          at: one.referral,
          start: one.begun,
          triage: one.start as number | null,
          area: one.area,
          service: one.service,
          id: `j${one.journey}`,
        })),
        ...life.lost.map((one, k) => ({
          at: one.referral as number | null,
          start: null,
          triage: one.triage,
          area: one.area,
          service: one.service,
          id: `l${k}`,
        })),
      ]
        .filter(
          ({ at }) =>
            inWindow(at) &&
            !begun.some((one) => (one.begun ?? 0) < (at ?? 0) && (one.end === null || one.end > (at ?? 0))),
        )
        .sort(
          (a, b) =>
            (a.at ?? 0) - (b.at ?? 0) ||
            (a.start ?? Infinity) - (b.start ?? Infinity) ||
            (a.triage ?? Infinity) - (b.triage ?? Infinity) ||
            (a.id < b.id ? -1 : 1),
        );
      const [one] = referrals;
      if (one === undefined || one.at === null) return undefined;
      const at = one.at;
      const started = begun.find((spell) => (spell.begun ?? 0) >= at && (spell.begun ?? 0) <= at + 84);
      const contactDays = [
        ...life.journeys.map((spell) => spell.start),
        ...life.lost.flatMap(({ triage }) => (triage === null ? [] : [triage])),
      ];
      const isAssessed = contactDays.some((seenOn) => seenOn >= at && seenOn <= at + 84);
      const isDone =
        started !== undefined &&
        started.exit === 'successful' &&
        started.end !== null &&
        started.end - (started.begun ?? 0) <= 365;
      return {
        known: seen(at, at + 84 + 365 + 1),
        reached: [
          isAssessed || started !== undefined,
          started !== undefined,
          started !== undefined && isRetained(started, 84),
          isDone,
        ],
        area: one.area,
        service: one.service,
      };
    }
  }
}

let engine: Engine;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'desist-system-'));
  engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 1 });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function load(people: readonly Life[]): Promise<void> {
  const given = tables(people);
  await engine.reset();
  await engine.load(person, given.person);
  await engine.load(episode, given.episode);
  await engine.load(journey, given.journey);
  await engine.load(custody, given.custody);
  await engine.load(custodySpell, given.custodySpell);
  await engine.load(phase, given.phase);
  await engine.load(departure, given.departure);
}

describe('the shares of a treatment system, on generated lives', () => {
  it.each([11, 12, 13, 14, 15])('are those of a walk day by day (seed %i)', async (seed) => {
    const people = lives(seededGenerator(seed), 250);
    await load(people);
    const asked = protocol();
    const { steps, waits } = countSystem(asked, ESTIMATE);
    if (waits === undefined) throw new Error('waiting was asked for');
    await engine.materialise([steps, waits]);
    const rows = await engine.rows(stepCount, sql`SELECT * FROM ${steps}`);
    const slow = new Map<string, [number, number, number]>();
    const slowWaits = new Map<string, number>();
    const reachedIn = new Map<SystemMetric, number>();
    for (const metric of METRICS) {
      for (const life of people) {
        const own = answer(life, metric);
        if (own === undefined) continue;
        for (const [stratum, level] of [
          ['all', 'all'],
          ['area', own.area],
          ['service', own.service],
        ]) {
          own.reached.forEach((isReached, step) => {
            const key = JSON.stringify([stratum, level, metric, step]);
            const [indexed, known, reached] = slow.get(key) ?? [0, 0, 0];
            slow.set(key, [indexed + 1, known + Number(own.known), reached + Number(own.known && isReached)]);
          });
          if (metric === 'waiting-3w' && own.known) {
            const key = JSON.stringify([stratum, level, own.wait]);
            slowWaits.set(key, (slowWaits.get(key) ?? 0) + 1);
          }
        }
        if (own.known && own.reached.some((one) => one))
          reachedIn.set(metric, (reachedIn.get(metric) ?? 0) + 1);
      }
    }
    // Every metric has somebody, so that equality is not that of nothing with nothing.
    for (const metric of METRICS) expect(reachedIn.get(metric) ?? 0, metric).toBeGreaterThan(0);
    const fast = rows.map((row): [string, (number | null)[]] => [
      JSON.stringify([row.stratum, row.level, row.metric, row.step]),
      [row.indexed, row.known, row.reached],
    ]);
    expect(Object.fromEntries(fast)).toEqual(Object.fromEntries(slow));
    const fastWaits = await engine.rows(waitCount, sql`SELECT * FROM ${waits}`);
    expect(
      Object.fromEntries(
        fastWaits.map((row) => [JSON.stringify([row.stratum, row.level, row.days]), row.persons]),
      ),
    ).toEqual(Object.fromEntries(slowWaits));
  });

  it('a variant is counted for the whole only, and a rare level has no name of its own', async () => {
    const made = lives(seededGenerator(21), 80);
    const alone = made.findIndex((life) => answer(life, 'retained-12w') !== undefined);
    const people = made.map((life, i) => ({
      ...life,
      journeys: life.journeys.map((one) => ({ ...one, service: i === alone ? 'the only one' : 'a' })),
      lost: [],
    }));
    await load(people);
    const own = countSystem(protocol('other'), ESTIMATE);
    await engine.materialise([own.steps]);
    const whole = await engine.rows(stepCount, sql`SELECT * FROM ${own.steps}`);
    expect(new Set(whole.map(({ stratum }) => stratum))).toEqual(new Set(['all']));
    await load(people);
    const divided = countSystem(protocol(), ESTIMATE);
    await engine.materialise([divided.steps]);
    const levels = (await engine.rows(stepCount, sql`SELECT * FROM ${divided.steps}`)).map(
      ({ level }) => level,
    );
    expect(levels).not.toContain('the only one');
    expect(levels).toContain('a and rare levels');
  });
});
