import { keyOf, type Place, type Reading } from './attack-numbers.ts';

/**
 * What the attacker knows of any study without seeing a number: which figures add up to which and which lie within which.
 * Written down from the definitions of the estimates (docs/methods), not from src/disclose.
 */

/** lo <= sum of coefficient times number <= hi. */
export interface Bound {
  readonly why: string;
  readonly terms: readonly (readonly [string, number])[];
  readonly lo: number;
  readonly hi: number;
}

export interface Known {
  /** The protocol's prior events that make a person one of the subset `known`. */
  readonly at_least: number;
  /** Days of 24 months before and after an entry. */
  readonly window_days: readonly [number, number];
}

const MANY = Number.POSITIVE_INFINITY;
const PARTS: readonly (readonly [string, readonly string[]])[] = [
  ['', ['before entry', 'after entry']],
  ['', ['before', 'waiting', 'in', 'between', 'after']],
  ['', ['2004', '2005', '2006', '2007']],
  ['before entry', ['before', 'waiting']],
  ['after entry', ['in', 'between', 'after']],
  ['before entry', ['2004', '2005']],
  ['after entry', ['2006', '2007']],
];

export function equationsOf(readings: readonly Reading[], known: Known): Bound[] {
  const places = new Map(readings.map(({ key, place }) => [key, place]));
  const bounds: Bound[] = [];
  const has = (place: Place): string[] => (places.has(keyOf(place)) ? [keyOf(place)] : []);
  const sum = (why: string, whole: readonly string[], parts: readonly string[]): void => {
    if (whole.length === 0 || parts.length === 0) return;
    bounds.push({
      why,
      terms: [...whole.map((k) => [k, 1] as const), ...parts.map((k) => [k, -1] as const)],
      lo: 0,
      hi: 0,
    });
  };
  /** times * whole >= others * parts */
  const atLeast = (
    why: string,
    whole: readonly string[],
    parts: readonly string[],
    times = 1,
    others = 1,
  ): void => {
    if (whole.length === 0 || parts.length === 0) return;
    bounds.push({
      why,
      terms: [...whole.map((k) => [k, times] as const), ...parts.map((k) => [k, -others] as const)],
      lo: 0,
      hi: MANY,
    });
  };
  const all = [...places.values()];
  const [least, most] = known.window_days;

  const byStratum = new Map<string, string[]>();
  const inArea = new Map<string, string[]>();
  for (const place of all) {
    if (place.stratum === 'all') continue;
    const whole = keyOf({ ...place, stratum: 'all', level: 'all' });
    // The levels of a stratum are everybody; `whole` has to be printed to add to it.
    const group = `${place.stratum}\n${whole}`;
    byStratum.set(group, [...(byStratum.get(group) ?? []), keyOf(place)]);
    if (place.stratum === 'service') {
      const area = keyOf({ ...place, stratum: 'area', level: place.level.split(',')[0] ?? '' });
      inArea.set(area, [...(inArea.get(area) ?? []), keyOf(place)]);
    }
    if (place.stratum === 'success_and_return') {
      const exit = { ...place, stratum: 'exit_group', level: place.level.split(',')[0] ?? '' };
      const parts = has({ ...place, level: `${exit.level}, back` }).concat(
        has({ ...place, level: exit.level === 'open' ? 'open' : `${exit.level}, not back` }),
      );
      if (parts[0] === keyOf(place)) sum('back or not', has(exit), parts);
      if (place.level.endsWith(', back') && place.kind === 'persons' && place.phase === '')
        sum('re-entry', has({ ...exit, phase: 'back' }), [keyOf(place)]);
    }
  }
  for (const [group, parts] of byStratum) {
    const whole = group.split('\n')[1] ?? '';
    // Days of a curve, and shares after leaving, are shown for some levels only: the others are at least nobody.
    const isCurve = / risk | by |after leaving/.test(whole);
    if (!places.has(whole)) continue;
    if (isCurve) atLeast('levels of a curve', [whole], parts);
    else sum('levels', [whole], parts);
  }
  for (const [area, parts] of inArea) {
    if (!places.has(area)) continue;
    if (/ risk | by |after leaving/.test(area)) atLeast('services of a curve', [area], parts);
    else sum('services of an area', [area], parts);
  }

  for (const place of all) {
    const key = keyOf(place);
    const at = (phase: string): string[] => has({ ...place, phase });
    if (place.population === 'all' || place.population === 'known') {
      const own = has({ ...place, kind: 'persons', clock: '', phase: '' });
      const inPhase = has({ ...place, kind: 'persons' });
      if (place.kind !== 'persons') {
        for (const [whole, parts] of PARTS)
          if (whole === place.phase) sum('phases', [key], parts.flatMap(at));
      } else if (place.phase !== '') {
        atLeast('part of the persons', own, [key]);
        if (place.clock === 'calendar' && /^(before|after) entry$/.test(place.phase))
          sum('everybody has a window', own, [key]);
        for (const [whole, parts] of PARTS)
          if (whole === place.phase && whole !== '' && place.clock === 'calendar')
            atLeast('covered', parts.flatMap(at), [key]);
      }
      if (place.phase === 'after entry')
        for (const phase of ['in', 'between', 'after']) atLeast('within', [key], at(phase));
      if (place.phase === 'before entry')
        for (const phase of ['before', 'waiting']) atLeast('within', [key], at(phase));
      if (place.clock === 'calendar') atLeast('at liberty', [key], has({ ...place, clock: 'at-liberty' }));
      if (place.population === 'all') atLeast('known of all', [key], has({ ...place, population: 'known' }));
      if (place.variant === 'wider' && place.population === 'all')
        atLeast('wider variant', [key], has({ ...place, variant: 'protocol' }));
      if (place.kind === 'days') {
        atLeast('a day each', [key], inPhase);
        if (place.clock === 'calendar' && place.phase === 'before entry') {
          atLeast('longest window', own, [key], most);
          atLeast('shortest window', [key], own, 1, least);
        }
        if (place.phase === 'after entry') atLeast('longest window', own, [key], most);
        if (place.phase !== '' && !/entry|retained/.test(place.phase))
          atLeast('longest window', inPhase, [key], most);
        if (place.phase === 'retained') atLeast('longest window', own, [key], most);
      }
      if (place.phase === 'ever') {
        const inWindows = (population: string): string[] =>
          ['before entry', 'after entry'].flatMap((phase) =>
            has({ ...place, population, phase, clock: 'calendar' }),
          );
        const all = has({ ...place, population: 'all' });
        atLeast('ever', [key], has({ ...place, phase: '', clock: 'calendar' }));
        atLeast('ever', [key], inWindows(place.population));
        if (place.population === 'known' && all.length === 1 && inWindows('known').length === 2)
          atLeast(
            'ever of the rest',
            [...all, ...inWindows('known')],
            inWindows('all').length === 2 ? [key, ...inWindows('all')] : [],
          );
      }
      if (place.phase === 'left') {
        atLeast('back of left', [key], at('back'));
        if (place.stratum === 'exit_group') {
          if (place.level === 'open') bounds.push({ why: 'nobody left', terms: [[key, 1]], lo: 0, hi: 0 });
          else sum('all left', own, [key]);
        }
        if (place.stratum === 'all') {
          sum(
            'open or left',
            own,
            has({ ...place, stratum: 'exit_group', level: 'open', phase: '' }).flatMap((open) => [key, open]),
          );
          sum(
            'open or left',
            own,
            has({ ...place, stratum: 'success_and_return', level: 'open', phase: '' }).flatMap((open) => [
              key,
              open,
            ]),
          );
        }
      }
      if (place.phase === 'of leavers') {
        const after = has({ ...place, phase: 'after entry' });
        if (place.stratum === 'exit_group') sum('events of leavers', after, [key]);
        else atLeast('events of leavers', after, [key]);
        if (place.stratum === 'all')
          for (const stratum of ['exit_group', 'success_and_return'])
            for (const open of has({ ...place, stratum, level: 'open', phase: 'after entry' }))
              sum('events of the open', after, [key, open]);
        atLeast('later of leavers', [key], at('after leaving'));
      }
      if (
        place.kind === 'events' &&
        place.population === 'known' &&
        place.phase === 'before entry' &&
        place.clock === 'calendar'
      ) {
        const everybody = { ...place, population: 'all' };
        atLeast('known by events', [key], own, 1, known.at_least);
        const people = has({ ...everybody, kind: 'persons', clock: '', phase: '' });
        const events = has(everybody);
        if (own.length === 1 && people.length === 1 && events.length === 1)
          bounds.push({
            why: 'the rest by events',
            terms: [
              [people[0] ?? '', known.at_least - 1],
              [own[0] ?? '', 1 - known.at_least],
              [events[0] ?? '', -1],
              [key, 1],
            ],
            lo: 0,
            hi: MANY,
          });
      }
    }
  }

  const curves = new Map<string, Place[]>();
  for (const place of all) {
    if (!/ risk | by /.test(place.phase)) continue;
    const people = keyOf({ ...place, phase: '' });
    curves.set(people, [...(curves.get(people) ?? []), place]);
  }
  for (const [people, days] of curves) {
    const risk = days
      .filter(({ phase }) => phase.startsWith('at risk'))
      .sort((a, b) => (a.phase < b.phase ? -1 : 1));
    const gone = days
      .filter(({ phase }) => phase.startsWith('left by'))
      .sort((a, b) => (a.phase < b.phase ? -1 : 1));
    risk.forEach((day, i) => {
      atLeast('fewer at risk', [i === 0 ? people : keyOf(risk[i - 1] ?? day)], [keyOf(day)]);
    });
    gone.forEach((day, i) => {
      if (i > 0) atLeast('more have left', [keyOf(day)], [keyOf(gone[i - 1] ?? day)]);
    });
    const last = gone.at(-1);
    if (last !== undefined) atLeast('left in all', has({ ...last, phase: 'left' }), [keyOf(last)]);
    for (const left of gone)
      for (const at of risk)
        if (left.phase.slice(-6) < at.phase.slice(-6))
          atLeast('left or at risk', [people], [keyOf(left), keyOf(at)]);
  }

  const of = (population: string, kind: Place['kind'], phase = ''): string[] =>
    all
      .filter(
        (place) =>
          place.population === population &&
          place.kind === kind &&
          place.phase === phase &&
          place.stratum === 'all',
      )
      .filter(
        (place) =>
          place.variant === 'protocol' && (place.population !== 'all' || place.clock !== 'at-liberty'),
      )
      .map(keyOf)
      .sort();
  for (const kind of ['persons', 'events'] as const) {
    const steps = of('attrition', kind);
    steps.forEach((step, i) => {
      if (i > 0) atLeast('attrition', [steps[i - 1] ?? step], [step]);
    });
    sum('cohort', steps.slice(-1), of('all', kind, kind === 'events' ? 'ever' : '').slice(0, 1));
  }
  const people = of('attrition', 'persons');
  const links = of('link', 'persons');
  sum('linkage', people.slice(0, 1), links);
  sum(
    'link-class step',
    people.slice(1, 2),
    links.filter((key) => /\|(matched|absent)\|/.test(key)),
  );
  const records = of('link', 'persons', 'records');
  links.forEach((key, i) => {
    atLeast('a record each', records.slice(i, i + 1), [key]);
  });
  sum('accepted', of('account', 'persons', 'accepted'), records);
  sum('read', of('account', 'persons', 'read'), [
    ...of('account', 'persons', 'accepted'),
    ...of('account', 'persons', 'quarantined'),
  ]);
  return bounds;
}
