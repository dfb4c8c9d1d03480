/**
 * Promise: a campaign does not begin on copies that are equal but hold foreign data. An I/O that fails outside the
 * cycles ends the campaign, as an I/O within a cycle does.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { runCampaign } from '../../src/campaign/campaign.js';
import type { CampaignResult } from '../../src/campaign/campaignTypes.js';
import { systemClock } from '../../src/base/systemClock.js';
import { realHost } from '../../src/campaign/session/host.js';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import type { ReplicationEvents, ReplicationEngine } from '../../src/replication/replicationEngine.js';
import { canRunLab } from './boardRig.js';
import { idleEngine } from './idleEngine.js';
import { inTurn, labRig, ownStateDir } from './labRig.js';
import * as reports from './reports.js';

const state = ownStateDir();
afterAll(() => state.clean());

/** `change` returns the functions that replace those of the idle engine. */
function run(name: string, change: (events: ReplicationEvents) => Partial<ReplicationEngine>): Promise<CampaignResult> {
  const rig = labRig(name, { cuts: ['{ rails: [P], during: load, after: 50ms }'] });
  return inTurn(() =>
    runCampaign(
      { rig, ffi: 'koffi', keepLab: false, runId: 1, historyDir: '/nonexistent', lock: lockRig(rig.name, 'test') },
      {
        host: {
          ...realHost,
          createReplicationEngine: async (events) => ({ ...idleEngine(events), ...change(events) }),
        },
        clock: systemClock,
        interrupts: { requested: false, onFirst: () => undefined, release: () => undefined },
        observers: [],
      },
    ),
  );
}

describe.skipIf(!canRunLab).concurrent('a campaign', () => {
  it('passes when no I/O fails and no data is wrong', async () => {
    const result = await run('outside-nothing', () => ({}));
    expect(result).toMatchObject({ problem: null, cycles: [{ verdict: 'PASS' }] });
  });

  it('does not begin on copies that are equal but hold foreign data', async () => {
    const result = await run('outside-wrong', () => ({
      verify: async () => ({ ...reports.verify(), faults: { primary: { foreign: 3 }, secondary: {} } }),
    }));
    expect(result).toMatchObject({
      cycles: [],
      problem: { kind: 'hardware', code: 'AREAS_DIFFER', text: expect.stringContaining('3 sectors foreign') as string },
    });
  });

  it('ends when an I/O fails outside its cycles', async () => {
    const result = await run('outside-failed', (events) => ({
      prepare: async () => {
        events.onFailure({ area: 'secondary', errno: 5, atNs: systemClock.nowNs() });
        return { bytes: 0, durationMs: 0 };
      },
    }));
    expect(result.problem).toMatchObject({
      kind: 'hardware',
      code: 'IO_FAILED',
      text: expect.stringContaining('secondary failed an I/O (errno 5)') as string,
    });
  });
});
