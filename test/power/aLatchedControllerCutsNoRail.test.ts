/**
 * The latch: after a failed switch the controller restores power on every rail that it can, and refuses all further
 * cuts.
 */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { openPower } from '../../src/power/openPower.js';
import { closeAll, rail, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

/** The timeout for a board that never answers is short; that for a board that answers allows for a busy machine. */
const MUTE_MS = 40;
const ANSWER_MS = 1000;

async function goodAndBad(
  bad: { mute?: true; wrongReply?: 'opposite' },
  slowMs = 200,
): Promise<{
  good: ReturnType<typeof startVirtualBoard>;
  power: Awaited<ReturnType<typeof openPower>>;
}> {
  const good = startVirtualBoard('modbus-rtu', 8);
  const broken = startVirtualBoard('modbus-rtu', 8, { ...bad });
  const answering = { replyTimeoutMs: ANSWER_MS, attempts: 1 };
  const boards = [
    { name: 'good', type: 'modbus-rtu', tty: good.tty, channels: 8, options: { ...answering, readBack: 'none' } },
    {
      name: 'bad',
      type: 'modbus-rtu',
      tty: broken.tty,
      channels: 8,
      options: bad.mute ? { ...answering, replyTimeoutMs: MUTE_MS } : answering,
    },
  ];
  const rails = [
    rail('p', [1], { board: 'good' }),
    rail('j', [2], { board: 'good' }),
    rail('slow', [3], { board: 'good', settleMs: slowMs }),
    rail('s', [1], { board: 'bad' }),
    rail('t', [2], { board: 'bad' }),
  ];
  return { good, power: await openPower({ boards, boardTypes: {}, rails }, { runtimeDir }) };
}

it('after a failed cut every rail is switched on, the error lists the restored ones, and the next cut is refused', async () => {
  const { good, power } = await goodAndBad({ mute: true });
  await power.switchRail('p', 'off');
  expect(good.contacts.get(1)).toBe(false);
  await expect(power.switchRail('s', 'off')).rejects.toMatchObject({
    code: 'RIG_BROKEN',
    context: { causeCode: 'BOARD_MUTE', restored: ['p', 'j', 'slow'], notRestored: ['s', 't'] },
  });
  expect(good.contacts.get(1)).toBe(true);
  await expect(power.switchRail('p', 'off')).rejects.toMatchObject({ code: 'RIG_BROKEN' });
  await expect(power.pulseRail('p', 100)).rejects.toMatchObject({ code: 'RIG_BROKEN' });
  expect(good.contacts.get(1)).toBe(true);
  expect(power.broken).toMatchObject({ code: 'RIG_BROKEN' });
  await power.close();
});

it('a read-back that contradicts the switch also latches; a rail may still be switched on', async () => {
  const { good, power } = await goodAndBad({ wrongReply: 'opposite' });
  await expect(power.switchRails(['p', 's'], 'off')).rejects.toMatchObject({
    context: { causeCode: 'BOARD_CONTRADICTS' },
  });
  expect(good.contacts.get(1)).toBe(true);
  expect(await power.switchRail('p', 'on')).toMatchObject({ evidence: 'echo' });
  await power.close();
});

it('a cut that is in progress when another one fails is undone and rejects', async () => {
  // The first cut takes longer than the timeout of the other board, on a busy machine too.
  const { good, power } = await goodAndBad({ mute: true }, 800);
  const [p, s] = await Promise.allSettled([power.switchRail('slow', 'off'), power.switchRail('s', 'off')]);
  expect(s).toMatchObject({ reason: { code: 'RIG_BROKEN' } });
  expect(p).toMatchObject({ reason: { code: 'RIG_BROKEN' } });
  expect(good.contacts.get(3)).toBe(true);
  await power.close();
});

it('an unknown rail or an invalid duration is an error of the caller and does not latch', async () => {
  const { power } = await goodAndBad({});
  await expect(power.switchRail('x', 'off')).rejects.toMatchObject({ code: 'UNKNOWN_RAIL' });
  await expect(power.pulseRail('p', 0)).rejects.toThrow(RangeError);
  expect(power.broken).toBeNull();
  expect(await power.switchRail('p', 'off')).toMatchObject({ evidence: 'echo' });
  await power.close();
  await expect(power.switchRail('p', 'on')).rejects.toMatchObject({ code: 'CLOSED' });
});
