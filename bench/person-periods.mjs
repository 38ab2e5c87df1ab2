// SYNTHETIC person-periods for bench/models.mjs: four rows a person (before, during, gap, after), one person's gamma effect in
// all of them. A seeded generator, so that every machine fits the same rows. CSV without a header, which both sides name.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

export const PERIOD_COLUMNS = [
  'id',
  'period',
  'sex',
  'age',
  'prior',
  'region',
  'year',
  'start',
  'stop',
  'days',
  'y',
  'ev',
];
export const PERSON_COLUMNS = ['id', 'sex', 'birth', 'entry', 'exit', 'died'];

const PERIOD_EFFECT = [0, -0.7, -0.2, -0.3];
const REGION_EFFECT = [0, 0.1, -0.1, 0.2, -0.2];

function generator(seed) {
  let state = seed >>> 0;
  const u = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u());
  const gamma = (shape) => {
    if (shape < 1) return gamma(shape + 1) * (1 - u()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - u()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  const poisson = (mean) => {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const limit = Math.exp(-mean);
    let k = 0;
    for (let p = u(); p > limit; p *= u()) k++;
    return k;
  };
  return { u, normal, gamma, poisson };
}

class Lines {
  constructor(file) {
    this.stream = createWriteStream(file);
    this.held = [];
  }
  async add(line) {
    this.held.push(line);
    if (this.held.length === 20_000) await this.flush();
  }
  async flush() {
    if (this.held.length > 0 && !this.stream.write(`${this.held.join('\n')}\n`))
      await once(this.stream, 'drain');
    this.held = [];
  }
  async end() {
    await this.flush();
    this.stream.end();
    await once(this.stream, 'finish');
  }
}

/** Writes `rows` person-periods and the rows / 4 persons behind them. */
export async function writePersonPeriods(rows, periodFile, personFile) {
  const { u, normal, gamma, poisson } = generator(20240611);
  const periods = new Lines(periodFile);
  const persons = new Lines(personFile);
  for (let id = 1; id <= rows / 4; id++) {
    const sex = u() < 0.3 ? 1 : 0;
    const age = Math.min(69, Math.max(18, Math.round(33 + 8 * normal())));
    const prior = Math.min(20, Math.floor((gamma(0.8) / 0.8) * 3));
    const region = Math.floor(u() * 5);
    const year = Math.floor(u() * 10);
    const effect = gamma(0.9) / 0.9;
    const base = -1.1 - 0.5 * sex - 0.025 * (age - 33) + 0.07 * prior + REGION_EFFECT[region] - 0.02 * year;
    const entry = 3650 + year * 365 + Math.floor(u() * 365);
    const lengths = [
      1095,
      30 + Math.floor(-400 * Math.log(1 - u())),
      1 + Math.floor(200 * u()),
      1 + Math.floor(1095 * u()),
    ];
    const birth = entry - age * 365 - Math.floor(u() * 365);
    const exit = entry + lengths[1] + lengths[2] + lengths[3];
    await persons.add(`${id},${sex},${birth},${entry - 1095},${exit},${u() < 0.05 ? 1 : 0}`);
    let start = 0;
    for (let period = 0; period < 4; period++) {
      const days = lengths[period];
      const y = poisson((Math.exp(base + PERIOD_EFFECT[period]) * effect * days) / 365.25);
      const stop = start + days;
      await periods.add(
        `${id},${period},${sex},${age},${prior},${region},${year},${start},${stop},${days},${y},${y > 0 ? 1 : 0}`,
      );
      start = stop;
    }
  }
  await periods.end();
  await persons.end();
}
