import { describe, expect, it } from 'vitest';
import { seededGenerator, standardNormal, uniform, uniformInteger } from '../random.ts';
import { matchPairs } from './matching.ts';

describe('Matching in pairs', () => {
  it('by hand: the highest score chooses first, and nobody is used twice', () => {
    // Comparison scores 1.0, 1.4, 3.0; treated 1.3, 1.2, 9.
    const pairs = matchPairs({
      treated: Float64Array.from([0, 0, 0, 1, 1, 1]),
      score: Float64Array.from([1.0, 1.4, 3.0, 1.3, 1.2, 9]),
    });
    expect([...pairs.treated]).toEqual([5, 3, 4]);
    expect([...pairs.comparison]).toEqual([2, 1, 0]);
  });

  it('a caliper leaves out whoever has no neighbour, and strata are never crossed', () => {
    const pairs = matchPairs({
      treated: Float64Array.from([0, 0, 0, 1, 1, 1]),
      score: Float64Array.from([1.0, 1.4, 3.0, 1.3, 1.2, 9]),
      stratum: Int32Array.from([0, 1, 0, 0, 0, 0]),
      caliper: 0.5,
    });
    expect([...pairs.treated]).toEqual([3]);
    expect([...pairs.comparison]).toEqual([0]);
  });

  it('an arm that is empty makes no pair', () => {
    const score = Float64Array.from([1, 2]);
    expect(matchPairs({ treated: Float64Array.from([1, 1]), score }).treated.length).toBe(0);
    expect(matchPairs({ treated: Float64Array.from([0, 0]), score }).treated.length).toBe(0);
    expect(matchPairs({ treated: new Float64Array(0), score: new Float64Array(0) }).treated.length).toBe(0);
  });

  it('equals a search that looks at everybody each time', () => {
    const random = seededGenerator(77);
    for (let run = 0; run < 200; run++) {
      const n = 2 + uniformInteger(random, 40);
      const treated = Float64Array.from({ length: n }, () => (uniform(random) < 0.4 ? 1 : 0));
      // Rounded, so that scores and distances tie.
      const score = Float64Array.from({ length: n }, () => Math.round(4 * standardNormal(random)) / 4);
      const stratum = Int32Array.from({ length: n }, () => uniformInteger(random, 3));
      const caliper = run % 3 === 0 ? Number.POSITIVE_INFINITY : 0.5;
      const unused = new Set([...score.keys()].filter((i) => treated[i] === 0));
      const slow: [number, number][] = [];
      const order = [...score.keys()]
        .filter((i) => treated[i] === 1)
        .sort((a, b) => (score[b] as number) - (score[a] as number) || a - b);
      for (const i of order) {
        const [best] = [...unused]
          .filter((j) => stratum[j] === stratum[i])
          .map((j) => ({ j, gap: (score[j] as number) - (score[i] as number) }))
          .filter(({ gap }) => Math.abs(gap) <= caliper)
          // Nearest; then the higher score; above the earlier row, below (met from above) the later one.
          .sort(
            (a, b) =>
              Math.abs(a.gap) - Math.abs(b.gap) || b.gap - a.gap || (a.gap >= 0 ? a.j - b.j : b.j - a.j),
          );
        if (best === undefined) continue;
        unused.delete(best.j);
        slow.push([i, best.j]);
      }
      const fast = matchPairs({ treated, score, stratum, caliper });
      expect([...fast.treated].map((i, k) => [i, fast.comparison[k]])).toEqual(slow);
    }
  });
});
