import type { RowOf } from '../../src/engine/index.ts';
import type { registerCoverage } from '../../src/ingest/tables.ts';
import type { custodySpell, journey, phase } from '../../src/journeys/tables.ts';
import type {
  aggregate,
  allocation,
  contact,
  covariate,
  custody,
  departure,
  episode,
  intervention,
  offence,
  person,
} from '../../src/link/tables.ts';
import type { cohort, interval } from '../../src/persontime/tables.ts';
import type { Length, Protocol } from '../../src/protocol/tables.ts';

/**
 * The slow, obvious reference for the stages journeys and persontime: it walks every day of every person with plain
 * loops and asks of each day what is true on it. It shares no code with the queries it judges.
 * Days are whole numbers since 1970-01-01.
 */

export interface Registers {
  readonly person: readonly RowOf<typeof person>[];
  readonly episode: readonly RowOf<typeof episode>[];
  readonly intervention: readonly RowOf<typeof intervention>[];
  readonly contact: readonly RowOf<typeof contact>[];
  readonly custody: readonly RowOf<typeof custody>[];
  readonly departure: readonly RowOf<typeof departure>[];
  readonly offence: readonly RowOf<typeof offence>[];
  readonly covariate: readonly RowOf<typeof covariate>[];
  readonly allocation: readonly RowOf<typeof allocation>[];
  readonly aggregate: readonly RowOf<typeof aggregate>[];
  readonly coverage: readonly RowOf<typeof registerCoverage>[];
}

export interface Walked {
  readonly journeys: RowOf<typeof journey>[];
  readonly custody: RowOf<typeof custodySpell>[];
  readonly phases: RowOf<typeof phase>[];
  readonly cohort: RowOf<typeof cohort>[];
  readonly strata: { person_id: string; stratum: string; level: string }[];
  readonly intervals: RowOf<typeof interval>[];
  readonly aggregates: { person_id: string; period: number; events: number; exposure: number | null }[];
  readonly attrition: { step: number; code: string; persons: number; events: number }[];
}

interface WalkedSpell {
  readonly id: string;
  readonly start: number;
  /** First day after; undefined while open. */
  readonly end: number | undefined;
  readonly exit_reason: string | null;
  readonly referral: number | undefined;
  readonly referral_route: string | null;
  readonly substance_group: string | null;
  readonly area: string | null;
  readonly service: string | null;
}

interface WalkedJourney {
  readonly number: number;
  readonly start: number;
  readonly end: number | undefined;
  readonly spells: readonly WalkedSpell[];
  readonly first: WalkedSpell;
  readonly exit_reason: string | null;
  readonly exit_group: string;
}

/** No generated date lies beyond these days. */
const FIRST_DAY = day('1995-01-01');
const LAST_DAY = day('2015-01-01');

export function day(iso: string): number {
  return Math.round(Date.parse(`${iso}T00:00:00Z`) / 86_400_000);
}

export function iso(number: number): string {
  return new Date(number * 86_400_000).toISOString().slice(0, 10);
}

function dayOrNothing(text: string | null): number | undefined {
  return text === null ? undefined : day(text);
}

/** The same day of another month, or that month's last day where it has no such day. */
function monthsLater(from: number, months: number): number {
  const date = new Date(from * 86_400_000);
  const target = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  while (target.getUTCDate() < date.getUTCDate()) {
    const next = new Date(target.getTime() + 86_400_000);
    if (next.getUTCMonth() !== target.getUTCMonth()) break;
    target.setTime(next.getTime());
  }
  return Math.round(target.getTime() / 86_400_000);
}

function moved(from: number, length: Length, sign: 1 | -1): number {
  return 'days' in length ? from + sign * length.days : monthsLater(from, sign * length.months);
}

function yearOf(number: number): number {
  return new Date(number * 86_400_000).getUTCFullYear();
}

/** Birthdays counted one by one. */
function ageOn(birth: number, on: number): number {
  let age = 0;
  if (on < birth) {
    while (monthsLater(birth, 12 * age) > on) age -= 1;
    return age;
  }
  while (monthsLater(birth, 12 * (age + 1)) <= on) age += 1;
  return age;
}

function compareText(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

function compareContent(a: WalkedSpell, b: WalkedSpell): number {
  return (
    compareText(a.service, b.service) ||
    compareText(a.substance_group, b.substance_group) ||
    compareText(a.referral_route, b.referral_route) ||
    (a.referral ?? LAST_DAY) - (b.referral ?? LAST_DAY) ||
    compareText(a.area, b.area) ||
    compareText(a.exit_reason, b.exit_reason) ||
    compareText(a.id, b.id)
  );
}

function covers(spell: WalkedSpell, on: number): boolean {
  return spell.start <= on && (spell.end === undefined || on < spell.end);
}

// ---------------------------------------------------------------------------------------------------------- spells

function spellsOf(personId: string, registers: Registers, protocol: Protocol): WalkedSpell[] {
  const definition = protocol.study.definitions.spells;
  const episodes = registers.episode.filter((row) => row.person_id === personId);
  if (definition.from === 'episodes') {
    const spells: WalkedSpell[] = [];
    for (const row of episodes) {
      const dates = [row.start_date, row.triage_date];
      if (definition.start === 'triage') dates.reverse();
      const from = dates.find((date) => date !== null);
      if (from === undefined || from === null) continue;
      const start = day(from);
      let end = dayOrNothing(row.end_date);
      if (end !== undefined && end < start) continue;
      if (end === start) end = start + 1;
      spells.push({
        id: row.episode_id ?? '',
        start,
        end,
        exit_reason: row.exit_reason,
        referral: dayOrNothing(row.referral_date),
        referral_route: row.referral_route,
        substance_group: row.substance_group,
        area: row.area,
        service: row.service,
      });
    }
    return spells;
  }
  const length = definition.days_per_dose ?? 1;
  const wanted = (kind: string | null): boolean =>
    definition.kinds === undefined || definition.kinds.some((one) => one === kind);
  const daysByRun = new Map<string | null, Set<number>>();
  const mark = (run: string | null, from: string | null, to: string | null): void => {
    if (from === null) return;
    const start = day(from);
    let end = to === null ? start + length : day(to);
    if (end < start) return;
    if (end === start) end = start + 1;
    const days = daysByRun.get(run) ?? new Set<number>();
    for (let d = start; d < end; d += 1) days.add(d);
    daysByRun.set(run, days);
  };
  if (definition.from === 'doses') {
    for (const row of registers.intervention) {
      if (row.person_id === personId && wanted(row.kind)) mark(row.episode_id, row.start_date, row.end_date);
    }
  } else {
    for (const row of registers.contact) {
      if (row.person_id === personId && wanted(row.kind)) mark(null, row.contact_date, null);
    }
  }
  const spells: WalkedSpell[] = [];
  for (const [run, days] of daysByRun) {
    const about = run === null ? undefined : episodes.find((row) => row.episode_id === run);
    const sorted = [...days].sort((a, b) => a - b);
    let start: number | undefined;
    for (const d of sorted) {
      start ??= d;
      if (days.has(d + 1)) continue;
      spells.push({
        id: run ?? '',
        start,
        end: d + 1,
        exit_reason: d === sorted.at(-1) ? (about?.exit_reason ?? null) : null,
        referral: dayOrNothing(about?.referral_date ?? null),
        referral_route: about?.referral_route ?? null,
        substance_group: about?.substance_group ?? null,
        area: about?.area ?? null,
        service: about?.service ?? null,
      });
      start = undefined;
    }
  }
  return spells;
}

// -------------------------------------------------------------------------------------------------------- journeys

/** Does a journey that was last in treatment the day before `free` go on when `next` starts? */
function goesOn(
  free: number,
  next: WalkedSpell,
  earlier: readonly WalkedSpell[],
  protocol: Protocol,
): boolean {
  const { gap } = protocol;
  const lastEnding = earlier
    .filter((spell) => spell.end === free)
    .sort((a, b) => a.start - b.start || compareContent(a, b))
    .at(-1);
  const untreated = next.start - free;
  const byReason = lastEnding?.exit_reason == null ? undefined : gap.by_exit_reason?.[lastEnding.exit_reason];
  if (byReason !== undefined) return untreated <= byReason;
  const transferred =
    lastEnding?.service != null && next.service !== null && lastEnding.service !== next.service;
  if (gap.transfer_days !== undefined && transferred) return untreated <= gap.transfer_days;
  if (gap.months !== undefined) return next.start <= monthsLater(free, gap.months);
  return untreated <= (gap.days ?? 0);
}

function exitOf(
  spells: readonly WalkedSpell[],
  end: number,
  protocol: Protocol,
): { reason: string | null; group: string } {
  const groupOf = (reason: string): string => protocol.exit_groups[reason] ?? 'unknown';
  const reasons = new Set<string>();
  const standsFor: Record<string, string> = { '90': '80', '91': '82', '92': '81' };
  for (const spell of spells) {
    if (spell.end !== end || spell.exit_reason === null) continue;
    const meant = standsFor[spell.exit_reason];
    const same = meant !== undefined && groupOf(meant) === groupOf(spell.exit_reason);
    reasons.add(same ? meant : spell.exit_reason);
  }
  const all = [...reasons].sort();
  const last = all.at(-1);
  if (last === undefined) return { reason: null, group: 'unknown' };
  if (all.length === 1) return { reason: last, group: groupOf(last) };
  for (const codes of [
    ['80', '81', '82'],
    ['71', '88'],
  ]) {
    const oneGroup = new Set(codes.map(groupOf)).size === 1;
    if (oneGroup && all.every((reason) => codes.includes(reason)))
      return { reason: last, group: groupOf(last) };
  }
  return { reason: 'inconsistent', group: 'inconsistent' };
}

function journeysOf(spells: readonly WalkedSpell[], protocol: Protocol): WalkedJourney[] {
  const groups: WalkedSpell[][] = [];
  let current: WalkedSpell[] = [];
  let free: number | undefined;
  for (let d = FIRST_DAY; d < LAST_DAY; d += 1) {
    const starting = spells
      .filter((spell) => spell.start === d)
      .sort((a, b) => (a.end ?? LAST_DAY) - (b.end ?? LAST_DAY) || compareContent(a, b));
    const first = starting[0];
    if (first !== undefined) {
      if (current.length > 0 && (free === undefined || goesOn(free, first, current, protocol))) {
        current.push(...starting);
      } else {
        if (current.length > 0) groups.push(current);
        current = [...starting];
      }
    }
    if (spells.some((spell) => covers(spell, d))) free = undefined;
    else free ??= d;
  }
  if (current.length > 0) groups.push(current);
  return groups.map((group, i) => {
    const first = group[0];
    if (first === undefined) throw new Error('a journey without a spell');
    const open = group.some((spell) => spell.end === undefined);
    const end = open ? undefined : Math.max(...group.map((spell) => spell.end ?? 0));
    const exit = end === undefined ? { reason: null, group: 'open' } : exitOf(group, end, protocol);
    return {
      number: i + 1,
      start: first.start,
      end,
      spells: group,
      first,
      exit_reason: exit.reason,
      exit_group: exit.group,
    };
  });
}

// -------------------------------------------------------------------------------------------------------- coverage

function rowsFor(
  register: string,
  area: string | null,
  registers: Registers,
): RowOf<typeof registerCoverage>[] {
  const rows = registers.coverage.filter((row) => row.register === register);
  const named = rows.filter((row) => row.area !== null && row.area === area);
  return named.length > 0 ? named : rows.filter((row) => row.area === null);
}

function seenOn(register: string, area: string | null, on: number, registers: Registers): boolean {
  return rowsFor(register, area, registers).some((row) => {
    const to = Math.min(day(row.to_date ?? ''), day(row.complete_to ?? row.to_date ?? ''));
    return day(row.from_date ?? '') <= on && on < to;
  });
}

/** A register of departures is only asked until when it has seen: any day before the end of one of its rows will do. */
function seenUntil(register: string, area: string | null, on: number, registers: Registers): boolean {
  return rowsFor(register, area, registers).some((row) => {
    const to = Math.min(day(row.to_date ?? ''), day(row.complete_to ?? row.to_date ?? ''));
    return day(row.from_date ?? '') < to && on < to;
  });
}

// ------------------------------------------------------------------------------------------------------ everything

export function walk(registers: Registers, protocol: Protocol): Walked {
  const walked: Walked = {
    journeys: [],
    custody: [],
    phases: [],
    cohort: [],
    strata: [],
    intervals: [],
    aggregates: [],
    attrition: [],
  };
  const { study } = protocol;
  const { population, time_at_risk } = study;
  const spine = study.linkage.spine;
  const mapping = (table: string): string[] =>
    protocol.sources
      .filter((source) => source.tables.some((one) => one.table === table))
      .map((source) => source.register);
  const endsAt = time_at_risk.end_at ?? ['death', 'emigration', 'end-of-data'];
  const removesCustody = (time_at_risk.remove ?? ['custody']).includes('custody');
  const needed = new Set([spine, ...mapping('offence'), ...(removesCustody ? mapping('custody') : [])]);
  const neededToEnd =
    endsAt.includes('death') || endsAt.includes('emigration')
      ? mapping('departure').filter((register) => !needed.has(register))
      : [];
  const after = time_at_risk.after;
  const until = after !== undefined && 'until' in after ? after.until : undefined;
  const afterLength = after === undefined ? undefined : 'until' in after ? after.at_most : after;
  const splitYears =
    time_at_risk.split?.calendar_year === true ||
    protocol.estimates.some((one) => one.design === 'rates' && one.by?.includes('calendar_year'));
  const splitAges =
    time_at_risk.split?.age_bands !== undefined ||
    protocol.estimates.some((one) => one.design === 'rates' && one.by?.includes('age_band'));
  const bandStarts = [...new Set(time_at_risk.split?.age_bands ?? [18, 25, 35])].sort((a, b) => a - b);
  const bandOf = (age: number | null): string => {
    if (age === null) return 'not recorded';
    let label = `under ${bandStarts[0]}`;
    bandStarts.forEach((from, i) => {
      const next = bandStarts[i + 1];
      const text = next === undefined ? `${from}+` : next === from + 1 ? `${from}` : `${from}-${next - 1}`;
      if (age >= from) label = text;
    });
    return label;
  };

  // What excludes a person, in order; a person is counted out at the first.
  const codes: string[] = ['all', 'link-class', 'journey', 'entry-window'];
  if (population.age?.at_least !== undefined || population.age?.below !== undefined) codes.push('age');
  codes.push('present');
  if (population.washout !== undefined) codes.push('washout');
  codes.push('coverage');
  if (population.require_full_windows !== false) codes.push('full-windows');
  if (population.require_exposure === true) codes.push('exposure');
  const excluded = new Map<string, { persons: number; events: number }>();
  let everyone = 0;
  let everyEvent = 0;

  for (const who of registers.person) {
    const id = who.person_id ?? '';
    const spells = spellsOf(id, registers, protocol);
    const journeys = journeysOf(spells, protocol);
    const coverageRows = rowsFor(spine, who.area, registers);
    const from =
      coverageRows.length === 0
        ? undefined
        : Math.min(...coverageRows.map((row) => day(row.from_date ?? '')));
    const to =
      coverageRows.length === 0 ? undefined : Math.max(...coverageRows.map((row) => day(row.to_date ?? '')));

    for (const one of journeys) {
      let treated = 0;
      for (let d = one.start; d < Math.min(one.end ?? LAST_DAY, to ?? FIRST_DAY); d += 1) {
        if (one.spells.some((spell) => covers(spell, d))) treated += 1;
      }
      walked.journeys.push({
        person_id: id,
        journey: one.number,
        start_date: iso(one.start),
        end_date: one.end === undefined ? null : iso(one.end),
        exit_reason: one.exit_reason,
        exit_group: one.exit_group,
        spells: one.spells.length,
        referral_date: one.first.referral === undefined ? null : iso(one.first.referral),
        referral_route: one.first.referral_route,
        substance_group: one.first.substance_group,
        area: one.first.area,
        service: one.first.service,
        treatment_days: to === undefined ? null : treated,
      });
    }

    // Custody, day by day.
    const custodyRows = registers.custody.filter((row) => row.person_id === id && row.start_date !== null);
    const isInCustody = (d: number): boolean =>
      custodyRows.some(
        (row) => day(row.start_date ?? '') <= d && (row.end_date === null || d < day(row.end_date)),
      );
    let custodyFrom: number | undefined;
    for (let d = FIRST_DAY; d <= LAST_DAY; d += 1) {
      const now = d < LAST_DAY && isInCustody(d);
      if (now) custodyFrom ??= d;
      if ((!now || d === LAST_DAY) && custodyFrom !== undefined) {
        const stillOpen = custodyRows.some((row) => row.end_date === null);
        walked.custody.push({
          person_id: id,
          start_date: iso(custodyFrom),
          end_date: d === LAST_DAY && stillOpen ? null : iso(d),
        });
        custodyFrom = undefined;
      }
    }

    // Phases, day by day.
    const treatmentPhase = (d: number): { phase: string; journey: number | null } => {
      for (const one of journeys) {
        if (one.start <= d && (one.end === undefined || d < one.end))
          return { phase: 'in', journey: one.number };
      }
      const earlier = journeys.filter((one) => one.start <= d).at(-1);
      const later = journeys.find((one) => one.start > d);
      if (later?.first.referral !== undefined && later.first.referral <= d) {
        return { phase: 'waiting', journey: later.number };
      }
      if (earlier === undefined) return { phase: 'before', journey: null };
      return { phase: later === undefined ? 'after' : 'between', journey: earlier.number };
    };
    const phaseOn = (d: number): { phase: string; treatment_phase: string; journey: number | null } => {
      const treatment = treatmentPhase(d);
      return {
        phase: isInCustody(d) ? 'custody' : treatment.phase,
        treatment_phase: treatment.phase,
        journey: treatment.journey,
      };
    };
    for (const run of runsOf(from ?? 0, to ?? 0, phaseOn)) {
      walked.phases.push({ person_id: id, start_date: iso(run.start), end_date: iso(run.end), ...run.value });
    }

    // Eligibility.
    const events = eventsOf(id, registers, protocol);
    everyone += 1;
    everyEvent += events;
    const inWindow = (one: WalkedJourney): boolean =>
      one.start >= day(population.entry_window.from) && one.start < day(population.entry_window.to);
    const entry =
      population.entry === 'first-journey' ? journeys.slice(0, 1).find(inWindow) : journeys.find(inWindow);
    const start = entry?.start ?? FIRST_DAY;
    const age = who.birth_month === null || entry === undefined ? null : ageOn(day(who.birth_month), start);
    const leaving = registers.departure.filter((row) => row.person_id === id && row.departure_date !== null);
    const datesOf = (kind: string): number[] =>
      leaving.filter((row) => row.kind === kind).map((row) => day(row.departure_date ?? ''));
    const death = endsAt.includes('death') ? Math.min(LAST_DAY, ...datesOf('death')) : LAST_DAY;
    const dataEnd = endsAt.includes('end-of-data') ? Math.min(LAST_DAY, ...datesOf('end-of-data')) : LAST_DAY;
    const away = endsAt.includes('emigration') ? datesOf('emigration') : [];
    const back = endsAt.includes('emigration') ? datesOf('immigration') : [];
    const emigration = Math.min(LAST_DAY, ...away.filter((d) => d > start));
    const lastAway = Math.max(FIRST_DAY, ...away.filter((d) => d <= start));
    const lastBack = Math.max(FIRST_DAY, ...back.filter((d) => d <= start));
    const seen = (d: number): boolean =>
      [...needed].every((register) => seenOn(register, who.area, d, registers)) &&
      neededToEnd.every((register) => seenUntil(register, who.area, d, registers));
    const windowStart = time_at_risk.before === undefined ? start : moved(start, time_at_risk.before, -1);
    const cap = afterLength === undefined ? LAST_DAY * 2 : moved(start, afterLength, 1);
    const everyDay = (a: number, b: number, holds: (d: number) => boolean): boolean => {
      for (let d = a; d < b; d += 1) if (!holds(d)) return false;
      return true;
    };
    const keeps: Record<string, () => boolean> = {
      all: () => true,
      'link-class': () =>
        (population.link_classes ?? ['matched', 'absent']).some((one) => one === who.link_class),
      journey: () => journeys.length > 0,
      'entry-window': () => entry !== undefined,
      age: () =>
        age !== null &&
        age >= (population.age?.at_least ?? 0) &&
        (population.age?.below === undefined || age < population.age.below),
      present: () => death > start && dataEnd > start && lastAway <= lastBack,
      washout: () =>
        population.washout === undefined ||
        (seenOn(spine, who.area, start, registers) &&
          everyDay(
            moved(start, population.washout, -1),
            start,
            (d) =>
              seenOn(spine, who.area, d, registers) &&
              !journeys.some((one) => one.start <= d && (one.end === undefined || d < one.end)),
          )),
      coverage: () => seen(start),
      'full-windows': () =>
        everyDay(windowStart, start, seen) &&
        (until !== undefined || after === undefined || (everyDay(start, cap, seen) && dataEnd >= cap)),
      exposure: () => registers.aggregate.some((row) => row.person_id === id && (row.exposure ?? 0) > 0),
    };
    const failed = codes.find((code) => keeps[code]?.() !== true);
    if (failed !== undefined || entry === undefined) {
      const count = excluded.get(failed ?? '') ?? { persons: 0, events: 0 };
      excluded.set(failed ?? '', { persons: count.persons + 1, events: count.events + events });
      continue;
    }

    for (let number = 0; number < 100; number += 1) {
      const rows = registers.aggregate.filter((row) => row.person_id === id && row.period === number);
      if (rows.length === 0) continue;
      const known = rows.filter((row) => row.exposure !== null);
      const exposure = known.length === 0 ? null : known.reduce((sum, row) => sum + (row.exposure ?? 0), 0);
      if (population.require_exposure === true && (exposure === null || exposure <= 0)) continue;
      walked.aggregates.push({
        person_id: id,
        period: number,
        events: rows.reduce((sum, row) => sum + (row.events ?? 0), 0),
        exposure,
      });
    }

    // Time at risk, one day at a time away from the entry.
    let beforeStart = start;
    while (beforeStart - 1 >= Math.max(windowStart, lastBack) && seen(beforeStart - 1)) beforeStart -= 1;
    const stops = (d: number): string | undefined => {
      if (d >= cap) return 'window';
      if (d >= death) return 'death';
      if (d >= emigration) return 'emigration';
      if (until === 'journey-end' && entry.end !== undefined && d >= entry.end) return 'journey-end';
      if (d >= dataEnd || !seen(d)) return 'end-of-data';
      return undefined;
    };
    let afterEnd = start;
    while (stops(afterEnd) === undefined) afterEnd += 1;
    const endReason = stops(afterEnd) ?? '';
    let followedTo = start;
    while (
      followedTo < cap &&
      followedTo < death &&
      followedTo < emigration &&
      followedTo < dataEnd &&
      seen(followedTo)
    ) {
      followedTo += 1;
    }
    const left = entry.end !== undefined && entry.end < followedTo;
    const journeyEnd = left && entry.end !== undefined ? entry.end : followedTo;
    const next = journeys.find((one) => one.number === entry.number + 1);
    const reEntry = next !== undefined && next.start < afterEnd ? next.start : undefined;
    const area = who.area ?? entry.first.area;
    const exitGroup = left ? entry.exit_group : 'open';
    const hasBefore = time_at_risk.before !== undefined;
    const hasAfter = after !== undefined;
    walked.cohort.push({
      person_id: id,
      entry_date: iso(start),
      journey: entry.number,
      age_at_entry: age,
      sex: who.sex,
      area,
      link_class: who.link_class,
      before_start: hasBefore ? iso(beforeStart) : null,
      before_end: hasBefore ? iso(start) : null,
      after_start: hasAfter ? iso(start) : null,
      after_end: hasAfter ? iso(afterEnd) : null,
      end_reason: hasAfter ? endReason : null,
      journey_end: iso(journeyEnd),
      left_treatment: left,
      exit_group: exitGroup,
      retained_days: journeyEnd - start,
      re_entry_date: reEntry === undefined ? null : iso(reEntry),
    });

    for (const [stratum, definition] of Object.entries(protocol.strata)) {
      let level: string | null = null;
      if (typeof definition === 'object' && 'covariate' in definition) {
        const known = registers.covariate
          .filter((row) => row.person_id === id && row.name === definition.covariate && row.value !== null)
          .filter((row) => row.covariate_date === null || day(row.covariate_date) <= start)
          .sort(
            (a, b) =>
              compareText(b.covariate_date ?? '', a.covariate_date ?? '') || compareText(a.value, b.value),
          );
        level = known[0]?.value ?? null;
      } else if (typeof definition === 'object') {
        const arms = registers.allocation
          .filter(
            (row) => row.person_id === id && row.programme === definition.allocation && row.arm !== null,
          )
          .sort((a, b) => compareText(a.allocation_date, b.allocation_date) || compareText(a.arm, b.arm));
        level = arms[0]?.arm ?? null;
      } else {
        const back = reEntry === undefined ? 'not back' : 'back';
        const values: Record<typeof definition, string | null> = {
          sex: who.sex,
          area,
          link_class: who.link_class,
          age_band: bandOf(age),
          substance_group: entry.first.substance_group,
          referral_route: entry.first.referral_route,
          service: entry.first.service,
          retention_band:
            protocol.retention_bands.find(
              (band) =>
                journeyEnd - start >= band.from_days &&
                (band.to_days === undefined || journeyEnd - start < band.to_days),
            )?.label ?? null,
          exit_group: exitGroup,
          success_and_return: left ? `${exitGroup}, ${back}` : 'open',
        };
        level = values[definition];
      }
      walked.strata.push({ person_id: id, stratum, level: level ?? 'not recorded' });
    }

    const windows = [
      ...(hasBefore ? [{ name: 'before', start: beforeStart, end: start }] : []),
      ...(hasAfter ? [{ name: 'after', start, end: afterEnd }] : []),
    ];
    for (const window of windows) {
      const facts = (d: number) => {
        const now = phaseOn(d);
        const ageNow = who.birth_month === null ? null : ageOn(day(who.birth_month), d);
        return {
          phase: now.phase,
          treatment_phase: now.treatment_phase,
          calendar_year: splitYears ? yearOf(d) : null,
          age_band: splitAges ? bandOf(ageNow) : null,
          removed: removesCustody && now.phase === 'custody',
        };
      };
      for (const run of runsOf(window.start, window.end, facts)) {
        walked.intervals.push({
          person_id: id,
          time_window: window.name,
          start_date: iso(run.start),
          end_date: iso(run.end),
          days: run.end - run.start,
          ...run.value,
        });
      }
    }
  }

  let persons = everyone;
  let events = everyEvent;
  codes.forEach((code, i) => {
    const out = excluded.get(code) ?? { persons: 0, events: 0 };
    persons -= out.persons;
    events -= out.events;
    walked.attrition.push({ step: i + 1, code, persons, events });
  });
  return walked;
}

/** Walks the days of [from, to) and joins neighbours on which the same is true. */
function runsOf<T>(
  from: number,
  to: number,
  facts: (d: number) => T,
): { start: number; end: number; value: T }[] {
  const runs: { start: number; end: number; value: T; key: string }[] = [];
  for (let d = from; d < to; d += 1) {
    const value = facts(d);
    const key = JSON.stringify(value);
    const last = runs.at(-1);
    if (last?.key === key) last.end = d + 1;
    else runs.push({ start: d, end: d + 1, value, key });
  }
  return runs;
}

/** Events of the primary outcome, offence by offence. */
function eventsOf(personId: string, registers: Registers, protocol: Protocol): number {
  const outcome = protocol.outcomes[0];
  if (outcome === undefined) return 0;
  const onDisposal = protocol.study.definitions.outcome_date === 'disposal';
  const days = new Set<string>();
  let count = 0;
  for (const row of registers.offence) {
    if (row.person_id !== personId) continue;
    const counted = onDisposal ? row.disposal_date : row.offence_date;
    if (counted === null) continue;
    const law = row.offence_date ?? row.disposal_date ?? '';
    if (outcome.groups !== undefined && !outcome.groups.some((group) => group === row.offence_group))
      continue;
    if (row.offence_group !== null && outcome.exclude_groups?.includes(row.offence_group) === true) continue;
    if (outcome.kinds !== undefined && !outcome.kinds.some((kind) => kind === row.kind)) continue;
    const listed = outcome.codes?.some(
      (code) =>
        code.code === row.code &&
        (code.from_date === null || law >= code.from_date) &&
        (code.to_date === null || law < code.to_date),
    );
    if (listed === false) continue;
    count += 1;
    days.add(counted);
  }
  return outcome.offence_days ? days.size : count;
}
