/**
 * The contents of the journal device that a crash may leave: for each write that no flush has covered, some of its
 * blocks.
 *
 * Tearing:
 *   'unit'     a write to one copy is there or not;
 *   'sector'   one write after another is torn in the patterns that distinguish protocols (none, all, one copy,
 *              prefixes, only the last block, all but the first, the two copies complement each other), while the other
 *              writes are there or not; and all writes copy by copy;
 *   'every'    every subset of blocks (2^16 for a commit), to prove on small cases that 'sector' misses no outcome.
 */
import { type JournalDevice, type JournalImage, type JournalWrite, withWrite } from './journalDevice.js';

export type Tearing = 'unit' | 'sector' | 'every';

/** The blocks of a write that are there: bit i is block i; the second copy's blocks follow the first's. */
type Pattern = number;

/** Images per combination of patterns; if there are more, every n-th is taken. */
const IMAGES_MAX = 256;

const patternsByShape = new Map<string, readonly Pattern[]>();

function patternsOf(write: JournalWrite, tearing: Tearing): readonly Pattern[] {
  const n = write.blocksPerCopy;
  const copies = write.places.length / n;
  const key = `${tearing} ${n} ${copies}`;
  let patterns = patternsByShape.get(key);
  if (patterns === undefined) patternsByShape.set(key, (patterns = [...new Set(makePatterns(n, copies, tearing))]));
  return patterns;
}

function makePatterns(n: number, copies: number, tearing: Tearing): Pattern[] {
  if (copies === 0) return [0];
  const all = 2 ** n - 1;
  const single: Pattern[] = [0, all];
  if (tearing === 'every') return Array.from({ length: 2 ** (n * copies) }, (_, i) => i);
  if (tearing === 'sector') {
    for (const k of [1, n >> 1, n - 1]) single.push(2 ** k - 1);
    single.push(2 ** (n - 1), all - 1);
  }
  if (copies === 1) return single;
  const pair = (a: number, b: number): Pattern => a + b * 2 ** n;
  const both = [...single.map((a) => pair(a, 0)), pair(0, all), pair(all, all)];
  if (tearing === 'sector') {
    const odd = 0x55555555 & all;
    both.push(pair(odd, all - odd), pair(1, all - 1), pair(all - 1, 1), pair(all, 1), pair(1, 2 ** (n - 1)));
  }
  return both;
}

/** An image, and the patterns that made it (one per pending write, oldest first). */
export interface CrashImage {
  image: JournalImage;
  patterns: number[];
}

export function crashImages(device: JournalDevice, tearing: Tearing): CrashImage[] {
  const pending = device.pending;
  const found = new Map<number, CrashImage>();
  const add = (choices: readonly (readonly Pattern[])[]): void => {
    const total = choices.reduce((n, c) => n * c.length, 1);
    const step = tearing === 'every' ? 1 : Math.max(1, total / IMAGES_MAX);
    for (let i = 0; i < total; i += step) {
      const patterns = choicesAt(Math.floor(i), choices);
      const image = applyPatterns(device.durable, pending, patterns);
      if (!found.has(image.hash)) found.set(image.hash, { image, patterns });
    }
  };
  const complete = pending.map((w) => 2 ** w.places.length - 1);
  // The images without any and with all pending writes are always among them.
  add(complete.map(() => [0]));
  add(complete.map((p) => [p]));
  if (tearing !== 'sector') {
    add(pending.map((w) => patternsOf(w, tearing)));
    return [...found.values()];
  }
  pending.forEach((w, k) => add(pending.map((_, i) => (i === k ? patternsOf(w, tearing) : [0, complete[i]]))));
  add(pending.map((w) => patternsOf(w, 'unit')));
  return [...found.values()];
}

function choicesAt(index: number, choices: readonly (readonly Pattern[])[]): Pattern[] {
  let rest = index;
  return choices.map((c) => {
    const p = c[rest % c.length];
    rest = Math.floor(rest / c.length);
    return p;
  });
}

export function applyPatterns(
  durable: JournalImage,
  pending: readonly JournalWrite[],
  patterns: readonly number[],
): JournalImage {
  let image = durable;
  pending.forEach((w, k) => {
    const pattern = patterns[k] ?? 0;
    if (pattern !== 0) image = withWrite(image, w, (i) => ((pattern >>> i) & 1) === 1);
  });
  return image;
}
