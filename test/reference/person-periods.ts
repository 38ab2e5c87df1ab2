/**
 * The synthetic person-periods of the compression reference: before, during, gap, after; the generator is the reference's own and
 * its arithmetic is part of the reference (mulberry32, Box-Muller, Marsaglia-Tsang, Knuth), so it stays apart from src/stats/random.ts.
 */
export interface PersonPeriod {
  person: number;
  period: number;
  sex: number;
  age: number;
  prior: number;
  days: number;
  events: number;
}

export function personPeriods(persons: number): PersonPeriod[] {
  let state = 20240611;
  const u = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u());
  const gamma = (shape: number): number => {
    if (shape < 1) {
      const larger = gamma(shape + 1);
      return larger * (1 - u()) ** (1 / shape);
    }
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      const w = 1 - u();
      if (Math.log(w) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  const poisson = (mean: number): number => {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const limit = Math.exp(-mean);
    let k = 0;
    let p = 1;
    do {
      k++;
      p *= u();
    } while (p > limit);
    return k - 1;
  };
  const effect = [0, -0.7, -0.2, -0.3];
  const region = [0, 0.1, -0.1, 0.2, -0.2];
  const rows: PersonPeriod[] = [];
  for (let person = 1; person <= persons; person++) {
    const sex = u() < 0.3 ? 1 : 0;
    const age = Math.min(69, Math.max(18, Math.round(33 + 8 * normal())));
    const prior = Math.min(20, Math.floor((gamma(0.8) / 0.8) * 3));
    const where = Math.floor(u() * 5);
    const year = Math.floor(u() * 10);
    const frailty = gamma(0.9) / 0.9;
    const base =
      -1.1 - 0.5 * sex - 0.025 * (age - 33) + 0.07 * prior + (region[where] as number) - 0.02 * year;
    const length = [
      1095,
      30 + Math.floor(-400 * Math.log(1 - u())),
      1 + Math.floor(200 * u()),
      1 + Math.floor(1095 * u()),
    ] as const;
    // Draws of the reference that its other tables use: entry, birth, death, then spells until the end of treatment.
    u();
    u();
    u();
    let at = 0;
    for (let spell = 0; at < length[1] && spell < 4; spell++) {
      const end = Math.min(length[1], at + 10 + Math.floor(u() * 300));
      at = end + 5 + Math.floor(u() * 60);
    }
    for (let period = 0; period < 4; period++) {
      const days = length[period] as number;
      const events = poisson((Math.exp(base + (effect[period] as number)) * frailty * days) / 365.25);
      rows.push({ person, period, sex, age, prior, days, events });
      for (let j = 0; j < 2 * events; j++) u();
    }
  }
  return rows;
}
