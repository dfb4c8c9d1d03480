/** Promise: every contender measures once per round, each round starts with another, and ratios are of one round. */
import { describe, expect, it } from 'vitest';
import type { Interruption } from '../../src/bench/figures.js';
import { compare, Contender, runRounds, type Stage } from '../../src/bench/rounds.js';

function interruption(onYield: () => void = () => undefined): Interruption {
  return {
    signal: new AbortController().signal,
    say: () => undefined,
    yieldToSignals: () => Promise.resolve().then(onYield),
  };
}

describe('rounds', () => {
  it('start with another contender each, between entering and leaving the stage', async () => {
    const seen: string[] = [];
    const contender = (name: string) =>
      new Contender<'speed'>(name, (round) => {
        seen.push(`${name}${round}`);
        return { speed: 1 };
      });
    const stage: Stage = {
      contenders: ['a', 'b', 'c'].map(contender),
      enter: (round) => void seen.push(`enter${round}`),
      leave: () => void seen.push('leave'),
    };
    await runRounds([stage, { contenders: [contender('z')] }], 2, interruption());
    expect(seen.join(' ')).toBe('enter0 a0 b0 c0 leave z0 enter1 b1 c1 a1 leave z1');
  });

  it('leave the stage after a contender that fails, and measure nothing more', async () => {
    let left = 0;
    let measured = 0;
    const fails = new Contender<'speed'>('fails', () => Promise.reject(new Error('no answer')));
    const next = new Contender<'speed'>('next', () => ({ speed: ++measured }));
    const run = runRounds([{ contenders: [fails, next], leave: () => void left++ }], 3, interruption());
    await expect(run).rejects.toThrow('no answer');
    expect({ left, measured }).toEqual({ left: 1, measured: 0 });
  });

  it('end between two samples after a signal', async () => {
    let measured = 0;
    const contenders = ['a', 'b'].map((name) => new Contender<'speed'>(name, () => ({ speed: ++measured })));
    const run = runRounds(
      [{ contenders }],
      5,
      interruption(() => {
        if (measured === 3) throw new Error('interrupted');
      }),
    );
    await expect(run).rejects.toThrow('interrupted');
    expect(measured).toBe(3);
  });

  it('are compared round by round with the contender that is named', async () => {
    // In the second round the host runs at half speed.
    const slowed = [1, 0.5, 1];
    const contenders = [
      ['ours', 300],
      ['fio', 200],
    ].map(([name, speed]) => {
      const full = Number(speed);
      return new Contender<'speed' | 'cost'>(String(name), (round) => ({
        speed: full * slowed[round],
        cost: full / slowed[round],
      }));
    });
    await runRounds([{ contenders }], 3, interruption());
    const [ours, fio] = compare(contenders, 'fio');
    const even = (value: number) => ({ median: value, min: value, max: value, spread: 0 });
    expect(ours.over).toEqual({ speed: even(1.5), cost: even(1.5) });
    expect(ours.figures.speed).toEqual({ median: 300, min: 150, max: 300, spread: 0.5 });
    expect(fio.over).toBeNull();
    expect(compare(contenders, 'dd').map((c) => c.over)).toEqual([null, null]);
    expect(contenders[0].over(contenders[1], 'speed', 'cost')?.min).toBe(0.375);
  });
});
