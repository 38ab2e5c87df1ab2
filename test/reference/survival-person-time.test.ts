import { it } from 'vitest';
import { splitTime, tabulatePersonTime } from '../../src/stats/survival/split-time.ts';
import {
  externalColumns,
  numbers,
  parityCase,
  parityExact,
  parityVector,
  referenceResults,
  strings,
} from './parity.ts';
import { codes, realColumns } from './survival-data.ts';

interface Reference {
  lexis: {
    n: number;
    nSplit: number;
    sumPY: number;
    events: number;
    table: { ab: number; sex: string; py: number; ev: number }[];
  };
  pyears: { py: number[][]; events: number[][]; n: number[][] };
  survSplit: { rows: number; table: { ep: number; d: number; e: number }[] };
}

const reference = referenceResults<Reference>('person_time');
const tolerance = 1e-12;

const diabetes = externalColumns('dmlate500');
it.skipIf(!diabetes)(
  'Diabetes in Denmark on a Lexis diagram of age and calendar time, as Epi::splitLexis',
  () => {
    const data = diabetes ?? {};
    const entry = numbers(data, 'dodm');
    const exit = numbers(data, 'dox');
    const event = numbers(data, 'dodth').map((d) => (Number.isNaN(d) ? 0 : 1));
    const birth = numbers(data, 'dobth');
    // Epi drops people who leave on the day they enter.
    const own = Array.from(entry.keys()).filter((i) => (entry[i] as number) < (exit[i] as number));
    const pick = (column: Float64Array) => Float64Array.from(own, (i) => column[i] as number);
    const rows = { start: pick(entry), stop: pick(exit), event: pick(event) };
    parityExact('Lexis split', 'people', own.length, reference.lexis.n);
    const ages = Float64Array.from({ length: 11 }, (_, k) => 10 * k);
    const byAge = splitTime(
      rows,
      ages,
      pick(birth).map((b) => -b),
    );
    const years = Float64Array.from({ length: 16 }, (_, k) => 1995 + k);
    const byYear = splitTime(byAge, years);
    parityExact('Lexis split', 'pieces', byYear.start.length, reference.lexis.nSplit);
    const deaths = byYear.event.reduce((a, b) => a + b, 0);
    parityExact('Lexis split', 'events', deaths, reference.lexis.events);
    const sex = codes(strings(data, 'sex'), ['M', 'F']);
    const age = Int32Array.from(byYear.source, (piece) => (byAge.band[piece] as number) - 1);
    const key = Int32Array.from(byYear.source, (piece, at) => {
      const person = own[byAge.source[piece] as number] as number;
      return (age[at] as number) * 2 + (sex[person] as number);
    });
    const table = tabulatePersonTime(byYear, key, 22);
    for (const { ab, sex: label, py, ev } of reference.lexis.table) {
      const k = (ab / 10) * 2 + (label === 'M' ? 0 : 1);
      const entryCase = { method: 'Lexis split', case: `age ${ab} ${label}`, tolerance };
      parityCase({ ...entryCase, ours: table.person_time[k] as number, theirs: py });
      parityExact('Lexis split', `events age ${ab} ${label}`, table.events[k] as number, ev);
    }
    parityCase({
      method: 'Lexis split',
      case: 'person-years',
      ours: table.person_time.reduce((a, b) => a + b, 0),
      theirs: reference.lexis.sumPY,
      tolerance,
    });
  },
);

const lung = realColumns('../reference/r/data/lung.csv');
it.skipIf(!lung)(
  'Lung cancer follow-up cut at 100, 200 and 400 days as survSplit, and by age and sex as pyears',
  () => {
    const data = lung ?? {};
    const stop = data.time ?? new Float64Array();
    const event = data.status?.map((s) => s - 1) ?? new Float64Array();
    const rows = { start: stop.map(() => 0), stop, event };
    const split = splitTime(rows, Float64Array.of(100, 200, 400));
    parityExact('survSplit', 'pieces', split.start.length, reference.survSplit.rows);
    const table = tabulatePersonTime(split, split.band, 4);
    const { table: theirs } = reference.survSplit;
    theirs.forEach((row, band) => {
      parityExact('survSplit', `days ${row.ep}`, table.person_time[band] as number, row.d);
      parityExact('survSplit', `events ${row.ep}`, table.events[band] as number, row.e);
    });

    const age = data.age ?? new Float64Array();
    const band = (a: number) => [50, 60, 70, 100].findIndex((upper) => a <= upper);
    const key = Int32Array.from(age, (a, i) => 2 * band(a) + (data.sex?.[i] as number) - 1);
    const byAge = tabulatePersonTime(rows, key, 8);
    const years = byAge.person_time.map((days) => days / 365.25);
    parityVector({ method: 'person-years', case: 'lung', tolerance }, years, reference.pyears.py.flat());
    const count = { method: 'person-years', tolerance: 0 };
    parityVector({ ...count, case: 'lung events' }, byAge.events, reference.pyears.events.flat());
    parityVector({ ...count, case: 'lung people' }, byAge.rows, reference.pyears.n.flat());
  },
);
