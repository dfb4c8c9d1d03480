/** Boards without frames: commands of the operator (`exec`), and the control lines DTR and RTS. */

import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { Wire } from '../../src/power/transport/wire.js';
import { boardRef, closeAll, openOne, rail, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

/** Node takes seconds to start on a busy machine. */
const timeoutMs = 60_000;

/** Commands for a power distribution unit whose outlets are files. */
function fileOutlets(): { options: Record<string, unknown>; outlet: (channel: number) => string } {
  const dir = fs.mkdtempSync(path.join(runtimeDir, 'outlets-'));
  const write = (word: string): string[] => [
    process.execPath,
    '-e',
    'require("fs").writeFileSync(process.argv[1], process.argv[2])',
    path.join(dir, '{channel}'),
    word,
  ];
  return {
    options: {
      on: write('on'),
      off: write('off'),
      state: ['cat', path.join(dir, '{channel}')],
      stateWithinMs: 100,
      timeoutMs,
    },
    outlet: (channel) => fs.readFileSync(path.join(dir, String(channel)), 'utf8'),
  };
}

it('exec: the command switches the requested channel and reads its state', async () => {
  const { options, outlet } = fileOutlets();
  const power = await openOne(boardRef('exec', '', 2, options), { runtimeDir });
  expect(await power.switchRail('r2', 'off')).toMatchObject({ state: 'off', evidence: 'read-back' });
  expect(outlet(2)).toBe('off');
  expect(await power.switchRail('r2', 'on')).toMatchObject({ state: 'on' });
});

it('exec: no shell interprets an argument', async () => {
  const trap = path.join(runtimeDir, 'trap');
  const power = await openOne(
    boardRef('exec', '', 1, { on: ['echo', `; touch ${trap}`], off: ['echo', `$(touch ${trap})`] }),
    {
      runtimeDir,
    },
  );
  expect(await power.switchRail('r1', 'off')).toMatchObject({ state: 'unknown', evidence: 'none' });
  expect(fs.existsSync(trap)).toBe(false);
});

it('exec: a command that fails or does not exist is COMMAND_FAILED, with its output', async () => {
  const off = [process.execPath, '-e', 'console.error("no such outlet"); process.exit(3)'];
  const power = await openOne(boardRef('exec', '', 1, { on: ['plugpull-no-such-command'], off, timeoutMs }), {
    runtimeDir,
  });
  await expect(power.switchRail('r1', 'off')).rejects.toMatchObject({
    cause: { code: 'COMMAND_FAILED', message: expect.stringContaining('no such outlet') as string },
    context: { notRestored: ['r1'] },
  });
});

it.each([
  { line: 'dtr', invert: false, off: { dtr: false, rts: true } },
  { line: 'dtr', invert: true, off: { dtr: true, rts: true } },
  { line: 'rts', invert: false, off: { dtr: true, rts: false } },
])('$line, invert $invert: off sets this line only, and the state is unknown', async ({ line, invert, off }) => {
  const set: { dtr: boolean; rts: boolean }[] = [];
  const wire: Wire = {
    write: () => Promise.reject(new Error('a control line needs no bytes')),
    onData: () => undefined,
    onLost: () => undefined,
    setLines: (lines) => {
      set.push(lines);
      return Promise.resolve(1);
    },
    close: () => Promise.resolve(),
  };
  const opened: boolean[] = [];
  const openWire = (settings: { hangUpOnClose: boolean }): Promise<Wire> => {
    opened.push(settings.hangUpOnClose);
    return Promise.resolve(wire);
  };
  const power = await openOne(boardRef(line, '/dev/null', 1), { runtimeDir, openWire }, [rail('a', [1], { invert })]);
  expect(await power.switchRail('a', 'off')).toMatchObject({ state: 'unknown', evidence: 'none' });
  expect(set).toEqual([off]);
  // If the kernel dropped DTR on close, it would switch the rail again.
  expect(opened).toEqual([false]);
});

it('exec: no message contains an argument of a command, even if the command prints it', async () => {
  const off = [
    process.execPath,
    '-e',
    'console.error("denied for", process.argv[1]); process.exit(3)',
    'hunter2-secret',
  ];
  const power = await openOne(
    boardRef('exec', '', 1, { on: ['plugpull-no-such-command', 'hunter2-secret'], off, timeoutMs }),
    { runtimeDir },
  );
  const error: unknown = await power.switchRail('r1', 'off').catch((e: unknown) => e);
  const { inspect } = await import('node:util');
  expect(inspect(error, { depth: 10 })).toMatch(/denied for …/);
  expect(inspect(error, { depth: 10 })).not.toContain('hunter2');
});
