/** The words a person may have meant. */

/** Case, spaces and the choice between - and _ are the commonest slips: they cost nothing. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[\s_-]+/g, '_');
}

/** Edits between two words: insert, delete, replace, or swap two neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (before[j - 2] ?? 0) + 1);
      }
      row.push(edits);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}

/** The one of `allowed` that `word` is probably a slip of: within a third of its letters, or a long common start. */
export function suggestion(word: string, allowed: readonly string[]): string | undefined {
  const given = plain(word).slice(0, 80);
  if (given === '') return undefined;
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of allowed) {
    const other = plain(candidate);
    const isStart = given.length >= 3 && (other.startsWith(given) || given.startsWith(other));
    const edits = Math.min(editDistance(given, other.slice(0, 80)), isStart ? 1 : Number.POSITIVE_INFINITY);
    if (edits <= Math.max(1, Math.floor(Math.max(given.length, other.length) / 3)) && edits < fewest) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

/** ` Did you mean X?`, or nothing. */
export function didYouMean(word: string, allowed: readonly string[]): string {
  const meant = suggestion(word, allowed);
  return meant === undefined ? '' : ` Did you mean \`${meant}\`?`;
}

/** `a, b or c`, shortened where the list is long. */
export function oneOfThese(allowed: readonly string[], limit = 14): string {
  if (allowed.length > limit) {
    return `${allowed.slice(0, limit).join(', ')} and ${allowed.length - limit} more`;
  }
  return allowed.length < 2 ? allowed.join('') : `${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)}`;
}

/** a, b and c. */
export function and(words: readonly string[], joint = 'and'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`;
}
