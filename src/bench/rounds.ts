/**
 * Interleaved rounds: in each round every contender measures once, so that other load on the host affects all of them.
 * Each round starts with another contender, so that none always has the devices after the same one. Ratios are taken
 * round by round.
 */
import { figureOf, ratioOf, type Figure, type Interruption } from './figures.js';

/** One number per figure. */
export type Sample<K extends string> = Readonly<Record<K, number>>;

/** Takes part in every round under its name, and keeps its samples in the order of the rounds. */
export class Contender<K extends string> {
  readonly name: string;
  readonly samples: Sample<K>[] = [];
  private readonly measure: (round: number) => Promise<Sample<K>> | Sample<K>;

  /** `measure`: `round` counts from 0. */
  constructor(name: string, measure: (round: number) => Promise<Sample<K>> | Sample<K>) {
    this.name = name;
    this.measure = measure;
  }

  async take(round: number): Promise<void> {
    this.samples.push(await this.measure(round));
  }

  /** @throws RangeError before the first round */
  get figures(): Record<K, Figure> {
    return figuresOf(this.samples);
  }

  values(key: K): number[] {
    return this.samples.map((sample) => sample[key]);
  }

  /** Of each round: a figure of this contender over one of the reference. null: there is no reference. */
  over<R extends string>(reference: Contender<R> | null, key: K, referenceKey: R): Figure | null {
    return reference === null ? null : ratioOf(this.values(key), reference.values(referenceKey));
  }
}

/** Contenders that need the same devices in the same state. */
export interface Stage {
  contenders: readonly Contender<string>[];
  /** Before the contenders of a round. */
  enter?(round: number): Promise<void> | void;
  /** After them, also after an error of one of them. */
  leave?(): Promise<void> | void;
}

/** Runs the stages one after the other in each round. @throws what a contender throws; INTERRUPTED after a signal */
export async function runRounds(stages: readonly Stage[], rounds: number, interruption: Interruption): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    interruption.say(`round ${round + 1} of ${rounds}`);
    for (const stage of stages) await runStage(stage, round, interruption);
  }
}

async function runStage(stage: Stage, round: number, { yieldToSignals }: Interruption): Promise<void> {
  try {
    await stage.enter?.(round);
    for (const contender of rotated(stage.contenders, round)) {
      await yieldToSignals();
      await contender.take(round);
    }
  } finally {
    await stage.leave?.();
  }
}

/** The list, starting with another element in each round. */
function rotated<T>(list: readonly T[], round: number): T[] {
  const at = list.length === 0 ? 0 : round % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** A contender as a result has it: figures over the rounds, and their ratios to the reference. */
export interface ContenderResult<K extends string> {
  name: string;
  figures: Record<K, Figure>;
  /** null: the contender is the reference, or the reference did not take part. */
  over: Record<K, Figure> | null;
}

/** Results of contenders that measure the same figures; ratios to the contender with the name `reference`. */
export function compare<K extends string>(
  contenders: readonly Contender<K>[],
  reference: string | null,
): ContenderResult<K>[] {
  const base = contenders.find((c) => c.name === reference) ?? null;
  return contenders.map((contender) => ({
    name: contender.name,
    figures: contender.figures,
    over: base === null || base === contender ? null : ratios(contender, base),
  }));
}

function ratios<K extends string>(contender: Contender<K>, base: Contender<K>): Record<K, Figure> {
  const keys = Object.keys(contender.samples[0]) as K[];
  return Object.fromEntries(keys.map((key) => [key, contender.over(base, key, key)])) as Record<K, Figure>;
}

/** Each figure over the samples. @throws RangeError without a sample */
export function figuresOf<K extends string>(samples: readonly Sample<K>[]): Record<K, Figure> {
  if (samples.length === 0) throw new RangeError('no round was measured; at least one is needed');
  const keys = Object.keys(samples[0]) as K[];
  return Object.fromEntries(keys.map((key) => [key, figureOf(samples.map((s) => s[key]))])) as Record<K, Figure>;
}
