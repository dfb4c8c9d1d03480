import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { type BoardTestStep, testBoard } from '../../src/power/testBoard.js';
import { closeAll, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

async function collect(steps: AsyncGenerator<BoardTestStep>): Promise<BoardTestStep[]> {
  const all: BoardTestStep[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

it('each relay is switched twice and left as it was', async () => {
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

it('a board that does not answer fails at the first step, with its error', async () => {
  const board = startVirtualBoard('numato', 2, { dead: true });
  const setup = { channels: 2, options: { replyTimeoutMs: 30 } };
  const steps = await collect(testBoard('numato', board.tty, setup, { runtimeDir }));
  expect(steps).toHaveLength(1);
  expect(steps[0]).toMatchObject({ step: 'open', ok: false, error: { code: 'BOARD_MUTE' } });
});

it('a caller that stops reading the steps can open the tty again', async () => {
  const board = startVirtualBoard('numato', 2);
  for await (const step of testBoard('numato', board.tty, { channels: 2 }, { runtimeDir }))
    if (step.step === 'open') break;
  const steps = await collect(testBoard('numato', board.tty, { channels: 2 }, { runtimeDir }));
  expect(steps.every((step) => step.ok)).toBe(true);
});

it('an answer in text is shown as text, an answer in bytes as hex', async () => {
  const shell = startVirtualBoard('numato', 1);
  const identified = (await collect(testBoard('numato', shell.tty, { channels: 1 }, { runtimeDir }))).find(
    ({ step }) => step === 'identify',
  )!;
  expect(identified.detail).toBe('ver\\n\\r00000008\\n\\r>');
  const bytes = startVirtualBoard('devantech', 8);
  const known = (await collect(testBoard('devantech', bytes.tty, { channels: 8 }, { runtimeDir }))).find(
    ({ step }) => step === 'identify',
  )!;
  expect(known.detail).toBe('09 0A');
});

it('the message of a failure shows text as text and bytes as hex, with the name of the board', async () => {
  const options = { replyTimeoutMs: 600, attempts: 1 };
  const shell = startVirtualBoard('scpi', 1, { mute: true });
  const [, mute] = await collect(
    testBoard(
      'scpi',
      shell.tty,
      { name: 'b0', channels: 1, options: { ...options, replyTimeoutMs: 30 } },
      { runtimeDir },
    ),
  );
  expect(mute).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/^board "b0" did not answer "\*IDN\?\\n" within 30 ms/) as string,
    error: { context: { sentHex: '2A 49 44 4E 3F 0A' } },
  });
  const wrong = startVirtualBoard('modbus-rtu', 8, { wrongReply: 'garbled' });
  const [, , garbage] = await collect(
    testBoard('modbus-rtu', wrong.tty, { name: 'b0', channels: 1, options }, { runtimeDir }),
  );
  expect(garbage).toMatchObject({
    ok: false,
    detail: expect.stringMatching(
      /^board "b0" answered "01 01 01 [0-9A-F]{2} .*" to "01 01 00 00 00 01 FD CA", expected .*line settings \(9600 8N1\)$/,
    ) as string,
  });
});
