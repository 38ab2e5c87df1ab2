import { type AgeBand, ageBands } from '../../persontime/tables.ts';
import type { EstimateOf, Protocol } from '../../protocol/tables.ts';

/** The standard population of a directly standardised rate: a weight for each class of age and sex. */

export type Standardise = NonNullable<EstimateOf<'rates'>['standardise']>;

/** The level of a class in which something is not known: it has no place in a standard population. */
const UNKNOWN = 'not recorded';

/** European standard population 2013 (Eurostat), per 100,000: [first age, persons] of each band; the last is open. */
const ESP_2013: readonly (readonly [from: number, persons: number])[] = [
  [0, 1000],
  [1, 4000],
  [5, 5500],
  [10, 5500],
  [15, 5500],
  [20, 6000],
  [25, 6000],
  [30, 6500],
  [35, 7000],
  [40, 7000],
  [45, 7000],
  [50, 7000],
  [55, 6500],
  [60, 6000],
  [65, 5500],
  [70, 5000],
  [75, 4000],
  [80, 2500],
  [85, 1500],
  [90, 800],
  [95, 200],
];

/** Persons of the European standard population in an age band; a band that cuts one of the standard's takes its part by years. */
export function europeanPersons(band: AgeBand): number {
  const [from, to] = [band.from ?? 0, band.to ?? Number.POSITIVE_INFINITY];
  return ESP_2013.reduce((sum, [start, persons], i) => {
    const end = ESP_2013[i + 1]?.[0] ?? Number.POSITIVE_INFINITY;
    const shared = Math.min(to, end) - Math.max(from, start);
    if (!(shared > 0)) return sum;
    // The last band is open: nobody can say how its persons are spread, and whoever is in it counts whole.
    return sum + (end === Number.POSITIVE_INFINITY ? persons : (persons * shared) / (end - start));
  }, 0);
}

/** `18-24 x female`: a class is named by its parts in the order of `by`. */
export function classParts(name: string): readonly string[] {
  return name.split(' x ');
}

export type Weights =
  | {
      readonly status: 'known';
      readonly weight: ReadonlyMap<string, number>;
      readonly note: string | undefined;
    }
  | { readonly status: 'unknown-class'; readonly classes: readonly string[] };

/**
 * Weights of the classes that anybody in the population has time in; `time` is the person-time of the whole population by
 * class. Classes with a part that is not recorded have no weight; nor have classes of the standard that nobody is in, so
 * that a standard of all ages stands for the ages studied. Both sexes have the ages of the European standard alike.
 */
export function standardWeights(
  protocol: Protocol,
  standardise: Standardise,
  time: ReadonlyMap<string, number>,
): Weights {
  const known = [...time].filter(([name, years]) => years > 0 && !classParts(name).includes(UNKNOWN));
  const note =
    known.length < [...time].filter(([, years]) => years > 0).length
      ? 'time in classes that are not recorded is left out'
      : undefined;
  const { weights = 'study' } = standardise;
  if (weights === 'study') return { status: 'known', weight: new Map(known), note };
  if (weights === 'esp-2013') {
    const place = standardise.by.indexOf('age_band');
    const bands = new Map(ageBands(protocol).map((band) => [band.label, band]));
    return {
      status: 'known',
      weight: new Map(
        known.map(([name]) => {
          const band = bands.get(classParts(name)[place] ?? '');
          return [name, band === undefined ? 0 : europeanPersons(band)];
        }),
      ),
      note,
    };
  }
  const own = new Map(Object.entries(weights));
  const missing = known.map(([name]) => name).filter((name) => !own.has(name));
  if (missing.length > 0) return { status: 'unknown-class', classes: missing.sort() };
  return { status: 'known', weight: new Map(known.map(([name]) => [name, own.get(name) ?? 0])), note };
}
