/**
 * Promise: a cycle ends at once on a failure of the hardware or the program and on an interrupt; its outcome says
 * which.
 */
import { describe, expect, it } from 'vitest';
import { runFake } from './runFake.js';

describe('a cycle ends', () => {
  it('as a failure of the hardware when a device does not return after the cut', async () => {
    const { state } = await runFake({}, { dead: ['primary'] });
    expect(state.outcome).toMatchObject({
      kind: 'problem',
      phase: 'restore',
      problem: { kind: 'hardware', code: 'DEVICE_NOT_BACK' },
    });
  });

  it.each([
    [
      'before it restores power when devices that fail without power',
      {},
      'dark',
      /neither succeeded nor failed within 1000 ms; see campaign\.deadlines\.cut/,
    ],
    [
      'after it restores power when devices that are unresponsive without power',
      { silent: ['primary' as const] },
      'restore',
      /before the cut did not end within 2000 ms; see campaign\.deadlines\.return/,
    ],
  ])('as a failure of the hardware, %s never complete the I/O of the engine', async (_, options, phase, text) => {
    const { state } = await runFake({}, { ...options, keepsIo: true });
    expect(state.outcome).toMatchObject({
      kind: 'problem',
      phase,
      problem: { kind: 'hardware', code: 'DEADLINE_MISSED', text: expect.stringMatching(text) as string },
    });
  });

  it.each(['on', 'off'] as const)(
    'as a failure of the hardware when the board fails to switch %s',
    async (boardFails) => {
      const { state } = await runFake({}, { boardFails });
      expect(state.outcome).toMatchObject({ kind: 'problem', problem: { kind: 'hardware', code: 'BOARD_MUTE' } });
    },
  );

  it('before it opens a device when the device node belongs to another disk', async () => {
    const mismatch = { kind: 'hardware' as const, code: 'IDENTITY_CHANGED', text: 'loop3 is another disk' };
    const { state, bench } = await runFake({}, { mismatch });
    expect(state.outcome).toMatchObject({ kind: 'problem', problem: mismatch, phase: 'identify' });
    expect(bench.calls).not.toContain('open');
  });

  it('as a failure of the program when the engine crashes', async () => {
    const died = Object.assign(new Error('the worker ended'), { name: 'ReplicationError', code: 'ENGINE_CRASHED' });
    const { state } = await runFake({}, { rejectIn: { call: 'judge', error: died } });
    expect(state.outcome).toMatchObject({
      kind: 'problem',
      problem: { kind: 'internal', code: 'ENGINE_CRASHED' },
      phase: 'judge',
    });
  });

  it.each(['load', 'cut', 'dark', 'restore', 'recover', 'judge', 'resync', 'verify'] as const)(
    'as interrupted when an interrupt comes in %s',
    async (where) => {
      const { state } = await runFake({}, {}, (_bench, phase, runner) => {
        if (phase === where) queueMicrotask(() => runner.interrupt());
      });
      expect(state.outcome).toEqual({ kind: 'interrupted', phase: where });
    },
  );
});
