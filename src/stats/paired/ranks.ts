/** Mid-ranks: tied values share the mean of their ranks. */
export interface Ranks {
  /** Ranks 1..n in the order of the input. */
  ranks: Float64Array;
  /** sum over groups of tied values of t^3 - t, which every tie correction uses; 0 without ties. */
  tie_sum: number;
}

/** Ranks of n finite numbers. */
export function midRanks(values: ArrayLike<number>): Ranks {
  const n = values.length;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => (values[a] as number) - (values[b] as number),
  );
  const ranks = new Float64Array(n);
  let tieSum = 0;
  for (let start = 0; start < n; ) {
    const value = values[order[start] as number] as number;
    let end = start + 1;
    while (end < n && (values[order[end] as number] as number) === value) end++;
    for (let k = start; k < end; k++) ranks[order[k] as number] = (start + end + 1) / 2;
    const size = end - start;
    tieSum += size ** 3 - size;
    start = end;
  }
  return { ranks, tie_sum: tieSum };
}
