/**
 * 150 board descriptions with random mistakes. The loader either refuses one with file, line, field and rule, or loads
 * it. Then the bench switches a board by it that answers random bytes. Neither may crash.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { conrad, devantech, firmata, icse, kmtronic, lcus } from '../../src/power/catalogue/byteBoards.js';
import { modbusRtu } from '../../src/power/catalogue/modbus.js';
import { scpi, denkovi16, numato, sainsmart16 } from '../../src/power/catalogue/textBoards.js';
import type { RawClock } from '../../src/base/clock.js';
import { isPowerError } from '../../src/power/errors.js';
import { openPower } from '../../src/power/openPower.js';
import type { OpenWire } from '../../src/power/transport/wire.js';
import { RigError } from '../../src/rig/errors.js';
import { parseRig } from '../../src/rig/load.js';
import type { ResolvedRig } from '../../src/rig/resolved.js';
import { MINIMAL } from './minimal.js';

const BOARDS = { conrad, devantech, firmata, icse, kmtronic, lcus, modbusRtu, scpi, denkovi16, numato, sainsmart16 };
const WORDS = [
  '{channel}',
  '{channel-1:u16}',
  '{mask}',
  '{mask:coils}',
  '{state}',
  '{states}',
  '{any}',
  '{crc16}',
  '{sum8}',
  '{lrc}',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '"',
  "'",
  'FF',
  '0',
  'G',
  '"A"',
  '{address}',
  '{channel+999999}',
  '{x:y:z}',
  ' ',
  '',
];
const VALUES = [
  null,
  0,
  -1,
  1e300,
  'echo',
  '',
  'FF',
  [],
  {},
  ['FF', 'echo'],
  true,
  { send: 'FF' },
  { min: 4, max: 1 },
  { min: 1, max: 4 },
];

/** A clock that advances to the next timer when the event loop is idle. */
function idleClock(): RawClock {
  let nowNs = 1e9;
  const timers = new Set<{ atNs: number; then: () => void }>();
  return {
    nowNs: () => nowNs,
    timer(delayMs, then) {
      const timer = { atNs: nowNs + delayMs * 1e6, then };
      timers.add(timer);
      setImmediate(() =>
        setImmediate(() => {
          const first = [...timers].sort((a, b) => a.atNs - b.atNs)[0];
          if (first === undefined) return;
          timers.delete(first);
          nowNs = Math.max(nowNs, first.atNs);
          first.then();
        }),
      );
      return () => timers.delete(timer);
    },
  };
}

/** A board that answers each frame with the next of `answers`. Instead of an empty answer it echoes the frame. */
function nonsense(answers: readonly Uint8Array[], clock: RawClock): OpenWire {
  return () => {
    let listener: (chunk: Uint8Array) => void = () => undefined;
    let turn = 0;
    return Promise.resolve({
      write(bytes) {
        const answer = answers[turn++ % answers.length];
        setImmediate(() => listener(answer.length === 0 ? bytes : answer));
        return Promise.resolve(clock.nowNs());
      },
      onData: (wanted) => (listener = wanted),
      onLost: () => undefined,
      setLines: () => Promise.resolve(clock.nowNs()),
      close: () => Promise.resolve(),
    });
  };
}

/** The loaded profile, or null if the loader refuses it with complete problems. */
function loaded(text: string): ResolvedRig | null {
  try {
    return parseRig(text, 'frames.yaml');
  } catch (error) {
    if (!(error instanceof RigError)) throw error;
    for (const p of error.problems) {
      expect(p.file).toBe('frames.yaml');
      expect(p.line).toBeGreaterThan(0);
      expect(p.field + p.rule, JSON.stringify(p)).toMatch(/\S/);
      expect(p.rule).not.toBe('');
    }
    return null;
  }
}

async function speak(rig: ResolvedRig, answers: readonly Uint8Array[]): Promise<void> {
  const clock = idleClock();
  const memory = { initialized: false, mask: null, save: () => undefined };
  try {
    const power = await openPower(
      { boards: rig.boards, boardTypes: rig.boardTypes, rails: rig.rails },
      { clock, openWire: nonsense(answers, clock), openMemory: () => memory },
    );
    await power.switchRails(['P', 'S'], 'off').catch(refused);
    await power.pulseRail('J', 500).catch(refused);
    await power.readRail('P').catch(refused);
    await power.allOn();
    await power.close();
  } catch (error) {
    refused(error);
  }
}

function refused(error: unknown): void {
  if (!isPowerError(error)) throw error;
  expect(error.message).toMatch(/board|rail/);
}

/** The path of every leaf of a description. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    places(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

it('a wrong description is refused with its place, or the bench switches a board by it without a crash', async () => {
  let spoken = 0;
  let reported = 0;
  const change = fc.record({
    place: fc.nat(),
    splice: fc.option(fc.record({ at: fc.nat(20), remove: fc.nat(6), word: fc.constantFrom(...WORDS) })),
    value: fc.constantFrom<unknown>(...VALUES),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(BOARDS)),
      fc.array(change, { minLength: 1, maxLength: 2 }),
      fc.array(fc.uint8Array({ maxLength: 12 }), { minLength: 1, maxLength: 6 }),
      async (name, changes, answers) => {
        const board = structuredClone(BOARDS[name as keyof typeof BOARDS]) as object;
        for (const { place, splice, value } of changes) {
          const all = places(board);
          const path = all[place % all.length];
          let at = board as Record<string | number, unknown>;
          for (const part of path.slice(0, -1)) at = at[part] as Record<string | number, unknown>;
          const key = path[path.length - 1];
          const was = at[key];
          at[key] =
            splice !== null && typeof was === 'string'
              ? was.slice(0, splice.at) + splice.word + was.slice(splice.at + splice.remove)
              : value;
        }
        const channels = Math.max(4, (board as { channels?: { min?: number } }).channels?.min ?? 4);
        const text =
          MINIMAL.replace('type: lcus', 'type: mine')
            .replace('channels: 4', `channels: ${channels}`)
            .replace(
              'relay0: {}',
              'relay0: { protocol: sainsmart16, channels: 16 }'.replace(
                'sainsmart16, channels: 16',
                channels === 16 ? 'sainsmart16' : 'lcus',
              ),
            ) + stringify({ boardTypes: { mine: { ...board, sure: 'user' } } });
        const rig = loaded(text);
        if (rig === null) reported++;
        else {
          spoken++;
          await speak(rig, answers);
        }
      },
    ),
    { seed: 4, numRuns: 150 },
  );
  // The random mistakes reach both cases.
  expect(spoken).toBeGreaterThan(10);
  expect(reported).toBeGreaterThan(10);
});
