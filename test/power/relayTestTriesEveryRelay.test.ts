import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { type BoardTestStep, testBoard } from '../../src/power/index.js';
import { closeAll, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

async function collect(steps: AsyncGenerator<BoardTestStep>): Promise<BoardTestStep[]> {
  const all: BoardTestStep[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

it('each relay goes there and back, and is left as it was', async () => {
  const board = startVirtualBoard('numato', 2, {}, false);
  const steps = await collect(testBoard('numato', board.tty, { channels: 2 }, { runtimeDir }));
  expect(steps.map(({ step, channel, ok }) => `${step} ${channel ?? ''} ${ok}`)).toEqual([
    'open  true',
    'identify  true',
    'read 1 true',
    'switch 1 true',
    'switch 1 true',
    'read 2 true',
    'switch 2 true',
    'switch 2 true',
  ]);
  expect(board.switched.map(({ channel, on }) => `${channel}${on}`)).toEqual(['1true', '1false', '2true', '2false']);
});

it('a dead board fails at the first step, with its error', async () => {
  const board = startVirtualBoard('numato', 2, { dead: true });
  const setup = { channels: 2, options: { replyTimeoutMs: 30 } };
  const steps = await collect(testBoard('numato', board.tty, setup, { runtimeDir }));
  expect(steps).toHaveLength(1);
  expect(steps[0]).toMatchObject({ step: 'open', ok: false, error: { code: 'BOARD_MUTE' } });
});

it('a caller who stops looking gets his tty back', async () => {
  const board = startVirtualBoard('numato', 2);
  for await (const step of testBoard('numato', board.tty, { channels: 2 }, { runtimeDir })) if (step.step === 'open') break;
  const steps = await collect(testBoard('numato', board.tty, { channels: 2 }, { runtimeDir }));
  expect(steps.every((step) => step.ok)).toBe(true);
});
