/**
 * Which numbers of the vendored reference results were compared. `referenceResults` hands out results that note every number read
 * from them; a number counts as compared when it was read and then given to `parityCase` as the reference. The account of a test
 * file is by quantity: the path inside the results with positions in lists taken out, `rossi_efron.estimate[]`.
 */

/** Paths by the value last read there; several places may hold one value. */
const read = new Map<number, Set<string>>();
const compared = new Set<string>();

/** The same results; numbers read from them are noted. */
export function traceReads(name: string, results: object): object {
  return traced(results, name, '');
}

function traced(value: object, path: string, separator: string): object {
  return new Proxy(value, {
    get(target, key, receiver) {
      const inner: unknown = Reflect.get(target, key, receiver);
      if (typeof key !== 'string') return inner;
      const own = Object.hasOwn(target, key) && key !== 'length';
      if (!own) return inner;
      const at = Array.isArray(target) ? `${path}[${key}]` : `${path}${separator === '' ? ':' : '.'}${key}`;
      if (typeof inner === 'object' && inner !== null) return traced(inner, at, '.');
      if (typeof inner === 'number' || inner === null) note(inner ?? Number.NaN, at);
      return inner;
    },
  });
}

function note(value: number, path: string): void {
  const places = read.get(value) ?? new Set();
  places.add(path);
  read.set(value, places);
}

/** Called by `parityCase` with its reference. */
export function noteCompared(theirs: number): void {
  for (const path of read.get(theirs) ?? []) compared.add(path);
}

/** Numbers compared so far, by quantity. */
export function comparedQuantities(): Record<string, number> {
  const counts = new Map<string, number>();
  for (const path of compared) {
    const quantity = path.replaceAll(/\[\d+\]/g, '[]');
    counts.set(quantity, (counts.get(quantity) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Numbers of a set of results, by quantity; null stands for R's NA, NaN and infinities, text and flags are no numbers. */
export function quantitiesOf(name: string, results: object): Record<string, number> {
  const counts: Record<string, number> = {};
  const walk = (value: unknown, path: string, separator: string): void => {
    if (Array.isArray(value)) for (const item of value) walk(item, `${path}[]`, '.');
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value))
        walk(item, `${path}${separator === '' ? ':' : '.'}${key}`, '.');
    else if (typeof value === 'number') counts[path] = (counts[path] ?? 0) + 1;
  };
  walk(results, name, '');
  return counts;
}
