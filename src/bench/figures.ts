/** What is said of a figure that was measured in several rounds. No absolute limit is ever tested against these. */
export interface Figure {
  median: number;
  min: number;
  max: number;
  /** (max - min) / median: how far the rounds were apart; 0 for one round. */
  spread: number;
}

/** Throws RangeError without a round: a figure that was not measured is no figure. */
export function figureOf(rounds: readonly number[]): Figure {
  if (rounds.length === 0) throw new RangeError('no round was measured; at least one is needed');
  const sorted = [...rounds].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const [min, max] = [sorted[0], sorted[sorted.length - 1]];
  return { median, min, max, spread: median === 0 ? 0 : (max - min) / median };
}

/** Round by round: what shook the machine in one round shook both sides of its ratio. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Figure {
  if (ours.length !== theirs.length)
    throw new RangeError(`${ours.length} rounds against ${theirs.length}; ratios are taken round by round`);
  return figureOf(ours.map((value, round) => value / theirs[round]));
}

/** `q` 0 … 1 of sorted values, interpolated; NaN of none. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}
