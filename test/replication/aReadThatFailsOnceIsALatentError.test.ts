/**
 * Promise: a read that fails and then succeeds is judged by its data, and counts as a latent error of the area. An
 * error of the host itself (no memory, no descriptors) is no fault of the device.
 */
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { IndicatorMap } from '../../src/tracker/core/indicatorMap.js';
import { sectorTools } from '../../src/blockdev/sectorTools.js';
import { judgeAreas, verifyAreas } from '../../src/replication/scan/judgeRun.js';
import { WriteHistory } from '../../src/judge/history/history.js';
import { HistoryRecorder } from '../../src/judge/history/recorder.js';
import { MemoryIo, RUN } from './memoryIo.js';

const AREA = 2 * 1024 * 1024;
const { EIO, ENOMEM } = constants.errno;
const tools = sectorTools('koffi');

function parts(errno: number, device: number) {
  let refused = false;
  const once = (d: number, offset: number, length: number): number => {
    if (refused || d !== device || offset !== 1024 * 1024 || length <= 4096) return 0;
    refused = true;
    return errno;
  };
  return {
    bulk: { io: new MemoryIo(AREA, once), stopRequested: () => false },
    tools,
    geometry: { regionBytes: 65536, usableBytes: AREA, logBytes: 0 },
    dirty: new IndicatorMap(AREA / 65536),
    history: new HistoryRecorder(new WriteHistory({ usableBytes: AREA, runId: RUN }), () => undefined),
    progress: () => true,
  };
}

it.each(['primary', 'secondary'] as const)('a read of the %s that fails once is a latent error', (area) => {
  const device = area === 'primary' ? 0 : 1;
  const expected = { primary: {}, secondary: {}, [area]: { 'latent-error': 1 } };
  const judged = judgeAreas(parts(EIO, device))!;
  expect({ primary: judged.areas.primary.faults, secondary: judged.areas.secondary.faults }).toEqual(expected);
  expect(judged.lostIndicators).toBe(0);
  expect(verifyAreas(parts(EIO, device))!.faults).toEqual(expected);
});

it('a read that fails because the host has no memory is no fault', () => {
  expect(judgeAreas(parts(ENOMEM, 0))!.areas.primary.faults).toEqual({});
  expect(verifyAreas(parts(ENOMEM, 1))!.faults).toEqual({ primary: {}, secondary: {} });
});
