/**
 * A small population of persons, drawn at random, and nothing else: the tables that the attacker is let loose on are
 * counted from it, so that they are consistent with each other as those of a study are.
 */

export interface Piece {
  readonly window: 'before' | 'after';
  readonly phase: 'before' | 'waiting' | 'in' | 'between' | 'after';
  readonly removed: boolean;
  readonly days: number;
  readonly year: string;
  readonly events: number;
}

export interface Person {
  readonly strata: Readonly<Record<string, string>>;
  readonly pieces: readonly Piece[];
  readonly retained_days: number;
  readonly left: boolean;
  readonly back: boolean;
  readonly exit_group: string;
  readonly events_after_leaving: number;
  /** In a declared variant of the study only. */
  readonly only_in_variant: boolean;
}

export type Random = () => number;

/** mulberry32 */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function below(random: Random, n: number): number {
  return Math.floor(random() * n);
}

export function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean);
  let k = 0;
  for (let product = random(); product > limit; product *= random()) k += 1;
  return k;
}

/** Of unequal sizes, so that small levels occur. */
function pick(random: Random, levels: readonly string[]): string {
  const skew = random() ** 1.7;
  return levels[Math.floor(skew * levels.length)] ?? 'not recorded';
}

export interface PopulationShape {
  readonly persons: number;
  readonly areas: number;
  readonly yearly_rate: number;
  readonly variant_only: number;
}

const EXITS = ['successful', 'unplanned', 'transferred', 'custody'] as const;

export function drawPopulation(random: Random, shape: PopulationShape): Person[] {
  const areas = Array.from({ length: shape.areas }, (_, i) => `area ${i + 1}`);
  return Array.from({ length: shape.persons + shape.variant_only }, (_, i) => {
    const area = pick(random, areas);
    const base = {
      sex: pick(random, ['men', 'women']),
      area,
      // Two services an area: a finer stratum within a coarser one.
      service: `${area}, service ${below(random, 2) + 1}`,
    };
    return drawPerson(random, base, shape.yearly_rate, i >= shape.persons);
  });
}

function drawPerson(
  random: Random,
  base: Readonly<Record<string, string>>,
  yearlyRate: number,
  only_in_variant: boolean,
): Person {
  const own = yearlyRate * -Math.log(1 - random()) * (random() < 0.4 ? 0.2 : 1.3);
  const pieces: Piece[] = [];
  const add = (window: Piece['window'], phase: Piece['phase'], days: number, custody: number): void => {
    const jailed = Math.min(days, custody);
    for (const [length, removed] of [
      [days - jailed, false],
      [jailed, true],
    ] as const) {
      if (length <= 0) continue;
      const split = random() < 0.5 ? length : below(random, length + 1);
      const first = window === 'before' ? '2004' : '2006';
      const second = window === 'before' ? '2005' : '2007';
      for (const [part, year] of [
        [split, first],
        [length - split, second],
      ] as const) {
        if (part <= 0) continue;
        const events = poisson(random, (own * part * (removed ? 0.15 : 1)) / 365);
        pieces.push({ window, phase, removed, days: part, year, events });
      }
    }
  };
  const jail = (): number => (random() < 0.12 ? 20 + below(random, 300) : 0);
  const before = random() < 0.5 ? 730 : 731;
  const waiting = random() < 0.25 ? 1 + below(random, 60) : 0;
  add('before', 'before', before - waiting, jail());
  add('before', 'waiting', waiting, jail());

  const full = random() < 0.5 ? 730 : 731;
  const after = random() < 0.04 ? 1 + below(random, 700) : full;
  const stays = random() < 0.3 ? after : Math.min(after, 1 + Math.floor(-220 * Math.log(1 - random())));
  const left = stays < after;
  const exit_group = left ? pick(random, EXITS) : 'open';
  add('after', 'in', stays, jail());
  let rest = after - stays;
  const back = left && rest > 40 && random() < 0.25;
  const marker = pieces.length;
  if (back) {
    const gap = 1 + below(random, rest - 1);
    add('after', 'between', gap, jail());
    rest -= gap;
    const again = 1 + below(random, rest);
    add('after', 'in', again, 0);
    rest -= again;
  }
  add('after', 'after', rest, jail());
  const events_after_leaving = left ? pieces.slice(marker).reduce((sum, { events }) => sum + events, 0) : 0;
  const success = left ? `${exit_group}, ${back ? 'back' : 'not back'}` : 'open';
  return {
    strata: { ...base, exit_group, success_and_return: success },
    pieces,
    retained_days: stays,
    left,
    back,
    exit_group,
    events_after_leaving,
    only_in_variant,
  };
}

export function eventsBefore(person: Person): number {
  return person.pieces.reduce((sum, { window, events }) => sum + (window === 'before' ? events : 0), 0);
}
