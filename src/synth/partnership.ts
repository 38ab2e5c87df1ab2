/**
 * A small SYNTHETIC police-treatment partnership, written as plain CSV: people who tested positive often enough, put into
 * one of two arms by how often they had been arrested; and others who were referred and perhaps never started. The truth
 * of it is in PARTNERSHIP: what the arm does, that contacts do nothing, and that steady people come to more of them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exponential, type Generator, gamma, poisson, seededGenerator, uniform } from '../stats/random.ts';

export const PARTNERSHIP = {
  /** Arrests a year at liberty of the average person of the area who uses drugs, and the gamma shape of personal rates. */
  arrests_per_year: 2.2,
  shape: 1.2,
  /** Arrests in the year before that made people eligible. */
  eligible_from: 3,
  /** Log odds of the intensive arm for each arrest above five. */
  selection: 0.35,
  /** True ratio of the arrest rate in the intensive arm to that in the usual arm, from entry on. */
  intensive: 0.7,
  /** True ratio of the arrest rate in either arm to what it was before: nothing of it is the arm's. */
  everyone: 0.9,
  /** Steady people: the later log rate falls by this over the range of steadiness, and contacts rise with it. */
  steadiness: 0.8,
  contact_ratio: 1,
  /** Contacts in the first 13 weeks of the steadiest: by arm. */
  contacts: { intensive: 26, usual: 10 },
  /** Arrests that end in custody, and its mean days. */
  custody: { chance: 0.08, mean_days: 40 },
  deaths_per_year: 0.01,
  /** Chance of another journey after leaving, and mean days until it. */
  returns: { chance: 0.25, mean_days: 160 },
} as const;

export interface PartnershipAccount {
  readonly SYNTHETIC: true;
  readonly clients: number;
  readonly seed: number;
  readonly parameters: typeof PARTNERSHIP;
  readonly persons: Readonly<Record<string, number>>;
}

const DAY = 86_400_000;
const FROM = Date.UTC(2006, 3, 1) / DAY;
const ENTRY = Date.UTC(2008, 3, 1) / DAY;
const ENTRY_DAYS = 365;
const END = Date.UTC(2011, 3, 1) / DAY;
const YEAR = 365.25;

function iso(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

interface Life {
  readonly arrests: readonly number[];
  readonly custody: readonly (readonly [number, number])[];
}

/** Arrests at liberty in [from, until) at a rate a year, and the custody that some of them bring, free again by `free_by`. */
function live(random: Generator, rate: number, from: number, until: number, free_by: number): Life {
  const arrests: number[] = [];
  const custody: [number, number][] = [];
  for (let day = from; ; ) {
    day += exponential(random, rate / YEAR);
    if (day >= until) return { arrests, custody };
    const arrest = Math.floor(day);
    arrests.push(arrest);
    if (uniform(random) >= PARTNERSHIP.custody.chance) continue;
    const out = arrest + 8 + Math.floor(exponential(random, 1 / PARTNERSHIP.custody.mean_days));
    const free = Math.min(out, free_by);
    if (free <= arrest + 1) continue;
    custody.push([arrest + 1, free]);
    day = free;
  }
}

/** Writes folder/data and folder/truth: `clients` people in the arms, and half as many referred besides. Same seed, same bytes. */
export function generatePartnership(folder: string, clients: number, seed: number): PartnershipAccount {
  const random = seededGenerator(seed);
  const lines = {
    'treatment-SYNTHETIC.csv': ['id,sex,born,area,service,route,drugs,referred,triaged,started,ended,reason'],
    'arrests-SYNTHETIC.csv': ['id,day,code'],
    'custody-SYNTHETIC.csv': ['id,in,out,kind'],
    'allocation-SYNTHETIC.csv': ['id,arm,day'],
    'contacts-SYNTHETIC.csv': ['id,day,kind'],
    'deaths-SYNTHETIC.csv': ['id,day'],
  };
  const truth = ['id,arm,yearly_rate_before,steadiness'];
  const persons = { intensive: 0, usual: 0, referred: 0 };
  const pick = <T>(options: readonly T[]): T => options[Math.floor(uniform(random) * options.length)] as T;
  const { shape, arrests_per_year } = PARTNERSHIP;
  const write = (id: string, life: Life): void => {
    for (const day of life.arrests)
      lines['arrests-SYNTHETIC.csv'].push(
        `${id},${iso(day)},${pick(['theft', 'theft', 'burglary', 'drug-possession-class-a', 'assault'])}`,
      );
    for (const [from, to] of life.custody)
      lines['custody-SYNTHETIC.csv'].push(
        `${id},${iso(from)},${to >= END ? '' : iso(to)},${uniform(random) < 0.6 ? 'sentence' : 'remand'}`,
      );
  };
  const identity = (): string => {
    const born = iso(ENTRY - Math.floor((20 + 25 * uniform(random)) * YEAR));
    return `${uniform(random) < 0.75 ? 'male' : 'female'},${born},${pick(['north', 'south', 'east'])}`;
  };
  for (let n = 0; persons.intensive + persons.usual < clients; n++) {
    const rate = gamma(random, shape, arrests_per_year / shape);
    const steadiness = uniform(random);
    const entry = ENTRY + Math.floor(uniform(random) * ENTRY_DAYS);
    const died = entry + 1 + Math.floor(exponential(random, PARTNERSHIP.deaths_per_year / YEAR));
    const until = Math.min(END, died);
    // Who comes into which arm is decided on the arrests of the year before, which are drawn once and kept.
    // Nobody enters the programme from custody.
    const early = live(random, rate, FROM, entry, entry - 1);
    const recent = early.arrests.filter((day) => day >= entry - 365).length;
    if (recent < PARTNERSHIP.eligible_from) continue;
    const isIntensive = uniform(random) < 1 / (1 + Math.exp(-PARTNERSHIP.selection * (recent - 5)));
    const arm = isIntensive ? 'intensive' : 'usual';
    const later =
      rate *
      PARTNERSHIP.everyone *
      (isIntensive ? PARTNERSHIP.intensive : 1) *
      Math.exp(-PARTNERSHIP.steadiness * (steadiness - 0.5));
    const after = live(random, later, entry, until, until);
    const id = `S${String(n).padStart(6, '0')}`;
    persons[arm] += 1;
    truth.push(`${id},${arm},${rate.toFixed(4)},${steadiness.toFixed(4)}`);
    write(id, {
      arrests: [...early.arrests, ...after.arrests],
      custody: [...early.custody, ...after.custody],
    });
    const stay = 30 + Math.floor(exponential(random, 1 / (200 + 500 * steadiness)));
    const left = entry + stay < until ? iso(entry + stay) : '';
    const reason = left === '' ? '' : uniform(random) < 0.25 + 0.3 * steadiness ? 'done' : 'left';
    const referred = entry - Math.floor(exponential(random, 1 / 16));
    const known = identity();
    lines['treatment-SYNTHETIC.csv'].push(
      `${id},${known},${isIntensive ? 'partnership team' : pick(['town service', 'county service'])},arrest referral,${pick(['opiate', 'opiate and crack'])},${iso(referred)},${iso(entry)},${iso(entry)},${died < END && left === '' ? iso(died) : left},${died < END && left === '' ? 'died' : reason}`,
    );
    const back = entry + stay + 22 + Math.floor(exponential(random, 1 / PARTNERSHIP.returns.mean_days));
    if (left !== '' && uniform(random) < PARTNERSHIP.returns.chance && back < until)
      lines['treatment-SYNTHETIC.csv'].push(
        `${id},${known},town service,self,opiate,${iso(back - 5)},${iso(back)},${iso(back)},${back + 90 < until ? iso(back + 90) : ''},${back + 90 < until ? 'left' : ''}`,
      );
    lines['allocation-SYNTHETIC.csv'].push(`${id},${arm},${iso(entry)}`);
    if (died < END) lines['deaths-SYNTHETIC.csv'].push(`${id},${iso(died)}`);
    const contacts = poisson(random, PARTNERSHIP.contacts[arm] * steadiness * (Math.min(stay, 91) / 91));
    for (let k = 0; k < contacts; k++)
      lines['contacts-SYNTHETIC.csv'].push(
        `${id},${iso(entry + Math.floor(uniform(random) * Math.min(stay, 91)))},${uniform(random) < 0.4 ? 'medical' : 'key-worker'}`,
      );
  }
  for (let n = 0; n < Math.round(clients / 2); n++) {
    const id = `R${String(n).padStart(6, '0')}`;
    const referred = ENTRY + Math.floor(uniform(random) * ENTRY_DAYS);
    const isAssessed = uniform(random) < 0.7;
    const isStarted = isAssessed && uniform(random) < 0.6;
    const entry = referred + 2 + Math.floor(exponential(random, 1 / 16));
    const stay = 5 + Math.floor(exponential(random, 1 / 250));
    const triaged = Math.min(entry, referred + 1 + Math.floor(uniform(random) * 14));
    // Who is assessed and does not start is discharged on the day.
    const left = isStarted ? (entry + stay < END ? iso(entry + stay) : '') : isAssessed ? iso(triaged) : '';
    const reason = left === '' ? '' : isStarted && uniform(random) < 0.35 ? 'done' : 'left';
    persons.referred += 1;
    write(id, live(random, gamma(random, shape, 0.8 / shape), FROM, END, END));
    lines['treatment-SYNTHETIC.csv'].push(
      `${id},${identity()},${pick(['town service', 'county service'])},${pick(['self', 'doctor', 'arrest referral'])},${pick(['opiate', 'opiate and crack'])},${iso(referred)},${isAssessed ? iso(triaged) : ''},${isStarted ? iso(entry) : ''},${left},${reason}`,
    );
  }
  const account: PartnershipAccount = { SYNTHETIC: true, clients, seed, parameters: PARTNERSHIP, persons };
  for (const place of ['data', 'truth']) mkdirSync(join(folder, place), { recursive: true });
  for (const [file, content] of Object.entries(lines))
    writeFileSync(join(folder, 'data', file), `${content.join('\n')}\n`);
  writeFileSync(
    join(folder, 'data', 'README-SYNTHETIC.txt'),
    'SYNTHETIC. These registers were made by a program. No row is about a person who exists.\n',
  );
  writeFileSync(join(folder, 'truth', 'persons.csv'), `${truth.join('\n')}\n`);
  writeFileSync(join(folder, 'truth', 'truth.json'), `${JSON.stringify(account, null, 2)}\n`);
  return account;
}
