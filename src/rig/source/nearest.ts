/**
 * The known word that is nearest to a mistyped one, or null if none is near.
 */
export function nearestWord(word: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of known) {
    // At most a third of the letters may differ: a more distant suggestion misleads.
    const allowed = Math.max(1, Math.floor(Math.min(word.length, candidate.length) / 3));
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean 'x'?`, or the list of known words. */
export function suggestWord(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known);
  if (near !== null) return `did you mean '${near}'?`;
  return known.length > 0 ? `known: ${known.join(', ')}` : 'the profile defines none: add one';
}

/** Of longer words only the beginning is compared: the cost is quadratic, and the file may be hostile. */
const COMPARED_CHARS_MAX = 64;

/** Optimal string alignment distance: insert, delete, replace, swap of adjacent letters. */
function editDistance(fullA: string, fullB: string): number {
  const a = fullA.slice(0, COMPARED_CHARS_MAX);
  const b = fullB.slice(0, COMPARED_CHARS_MAX);
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
      }
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
