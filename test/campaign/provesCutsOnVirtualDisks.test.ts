/**
 * Promise: the bench proves a cut by its own reads. Board drivers, block devices and gate are those of the product; the
 * replication engine does no I/O, so it can not help.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { runCampaign } from '../../src/campaign/campaign.js';
import type { CampaignResult } from '../../src/campaign/campaignTypes.js';
import { systemClock } from '../../src/base/systemClock.js';
import { realHost } from '../../src/campaign/session/host.js';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { labStatus } from '../../src/lab/lab.js';
import type { ResolvedRig } from '../../src/rig/resolved.js';
import { idleEngine } from './idleEngine.js';
import { inTurn, labRig, ownStateDir } from './labRig.js';

const state = ownStateDir();
const HOLD_UP_MS = 600;
const NAMES = ['cuts-plain', 'cuts-vanish', 'cuts-welded', 'cuts-dead'];
afterAll(() => state.clean(...NAMES));

function run(rig: ResolvedRig): Promise<CampaignResult> {
  return inTurn(() =>
    runCampaign(
      { rig, ffi: 'koffi', keepLab: false, runId: 1, historyDir: '/nonexistent', lock: lockRig(rig.name, 'test') },
      {
        host: { ...realHost, createReplicationEngine: async (events) => idleEngine(events) },
        clock: systemClock,
        interrupts: { requested: false, onFirst: () => undefined, release: () => undefined },
        observers: [],
      },
    ),
  );
}

describe.concurrent('a cut of virtual disks', () => {
  it('is proven for each rail by failing reads, and the lab ends afterwards', async () => {
    const cuts = [
      '{ rails: [P], during: load, after: 50ms }',
      '{ rails: [S], during: load, after: 50ms }',
      '{ rails: [P, S, J], during: load, after: 50ms }',
    ];
    const result = await run(labRig('cuts-plain', { cuts, cycles: 3, diskOptions: `holdUp: ${HOLD_UP_MS}ms` }));
    expect(result).toMatchObject({ problem: null, interrupted: null, troubles: [] });
    expect(result.cycles.map((c) => [c.verdict, c.proofOfCut.kind])).toEqual([
      ['PASS', 'device'],
      ['PASS', 'device'],
      ['PASS', 'device'],
    ]);
    // The latency counts from when this process learns that the command is sent; on a busy host it learns this late.
    for (const latency of Object.values(result.cycles[2].cutLatencyMs)) expect(latency).toBeGreaterThan(HOLD_UP_MS / 2);
    expect(await labStatus('cuts-plain')).toBeNull();
  });

  it('is proven when the device nodes vanish, and the bench finds the same disks again', async () => {
    const result = await run(
      labRig('cuts-vanish', {
        cuts: ['{ rails: [P, J], during: load, after: 50ms }'],
        cycles: 2,
        vanish: true,
        board: 'modbus-rtu',
      }),
    );
    expect(result).toMatchObject({ problem: null, troubles: [] });
    expect(result.cycles.map((c) => c.proofOfCut.kind)).toEqual(['device', 'device']);
  });

  it('is INVALID when the contact is welded', async () => {
    const result = await run(
      labRig('cuts-welded', {
        cuts: ['{ rails: [S], during: load, after: 50ms }'],
        boardOptions: '{ welded: [2] }',
        deadlines: '{ cut: 500ms }',
      }),
    );
    expect(result.cycles.map((c) => c.verdict)).toEqual(['INVALID']);
    expect(result.cycles[0].reasons.map((r) => r.code)).toContain('CUT_UNPROVEN');
  });

  it('ends the campaign when a disk does not return', async () => {
    const rig = labRig('cuts-dead', {
      cuts: ['{ rails: [P], during: load, after: 50ms }'],
      cycles: 3,
      diskOptions: 'faults: [{ class: dead-device }]',
      deadlines: '{ return: 1s }',
    });
    const result = await run(rig);
    expect(result.problem).toMatchObject({ kind: 'hardware', code: 'DEVICE_NOT_BACK' });
    expect(result.cycles.map((c) => c.verdict)).toEqual(['INVALID']);
    expect(await labStatus('cuts-dead')).toBeNull();
  });
});
