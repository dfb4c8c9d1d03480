/**
 * Promise: the campaign repeats a cycle that did not pass when a pause of the bench may explain every reason. What the
 * bench reads from the disks counts at once: lost data is a FAIL without a repeat.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { HostPause } from '../../src/base/attendedTime.js';
import { runCampaign } from '../../src/campaign/campaign.js';
import type { CampaignResult } from '../../src/campaign/campaignTypes.js';
import { systemClock } from '../../src/base/systemClock.js';
import { realHost } from '../../src/campaign/session/host.js';
import { createRecorder } from '../../src/campaign/record/recorder.js';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { RunDirectory } from '../../src/campaign/record/runDirectory.js';
import { REPEATS_MAX } from '../../src/campaign/cycle/hostPause.js';
import type { ReplicationEvents, ReplicationEngine } from '../../src/replication/replicationEngine.js';
import { eventsOf } from '../cli/stoppedBench.js';
import { canRunLab } from './boardRig.js';
import { idleEngine } from './idleEngine.js';
import { labRig, ownStateDir, inTurn } from './labRig.js';
import * as reports from './reports.js';

const state = ownStateDir();
const out = mkdtempSync(join(tmpdir(), 'pauses-'));
afterAll(async () => {
  await state.clean();
  rmSync(out, { recursive: true, force: true });
});

const PAUSE_MS = 5200;

interface Ran extends CampaignResult {
  /** Attempts at a load. */
  loads: number;
  repeated: Record<string, unknown>[];
}

/**
 * Runs one cycle; the bench reports a pause in each of the first `pausedAttempts` attempts. `change` replaces functions
 * of the idle engine. It gets the number of the attempt and how often this attempt has judged the disks.
 */
async function run(
  name: string,
  pausedAttempts: number,
  change: (attempt: number, judged: number) => Partial<ReplicationEngine>,
  limits: { resyncMs?: number } = {},
): Promise<Ran> {
  const plain = labRig(name, { cuts: ['{ rails: [P], during: load, after: 50ms }'] });
  const rig = { ...plain, campaign: { ...plain.campaign, limits: { ...plain.campaign.limits, ...limits } } };
  const dir = RunDirectory.create(join(out, name));
  const recorder = createRecorder(dir, systemClock);
  let reportPause: (pause: HostPause) => void = () => undefined;
  let loads = 0;
  let judged = 0;
  const engine = (events: ReplicationEvents): ReplicationEngine => {
    const idle = idleEngine(events);
    const now = (): ReplicationEngine => ({ ...idle, ...change(loads, judged) });
    return {
      ...idle,
      load: (...args) => {
        loads++;
        judged = 0;
        if (loads <= pausedAttempts) reportPause({ atMs: systemClock.nowMs() + loads * 10 * PAUSE_MS, ms: PAUSE_MS });
        return now().load(...args);
      },
      recover: (...args) => now().recover(...args),
      judge: () => {
        judged++;
        return now().judge();
      },
      resync: (...args) => now().resync(...args),
      verify: () => now().verify(),
    };
  };
  const result = await inTurn(() =>
    runCampaign(
      { rig, ffi: 'koffi', keepLab: false, runId: 1, historyDir: '/nonexistent', lock: lockRig(rig.name, 'test') },
      {
        host: { ...realHost, createReplicationEngine: async (events) => engine(events) },
        // Only the test reports pauses; a real pause of this host would change the number of attempts.
        clock: {
          ...systemClock,
          onPause: (listener) => {
            reportPause = listener;
            return () => undefined;
          },
        },
        interrupts: { requested: false, onFirst: () => undefined, release: () => undefined },
        observers: [recorder],
      },
    ),
  );
  recorder.close();
  return { ...result, loads, repeated: eventsOf(dir.path, 'cycle-repeated') };
}

const incomplete = async (): ReturnType<ReplicationEngine['resync']> => ({
  ...reports.resync(),
  complete: false,
  remainingRegions: 3,
});

describe.skipIf(!canRunLab).concurrent('a cycle in which the bench paused', () => {
  it('and whose resync is incomplete is repeated, and an event records the first attempt', async () => {
    const result = await run('paused-incomplete', 1, (attempt) => (attempt === 1 ? { resync: incomplete } : {}));
    expect(result).toMatchObject({ problem: null, loads: 2, cycles: [{ index: 0, verdict: 'PASS', repeats: 1 }] });
    expect(result.cycles).toHaveLength(1);
    expect(result.repeated).toMatchObject([
      {
        cycle: 0,
        record: { verdict: 'INVALID', standstills: [{ ms: PAUSE_MS }], reasons: [{ code: 'RESYNC_INCOMPLETE' }] },
      },
    ]);
  });

  const unequal = async (): ReturnType<ReplicationEngine['verify']> => ({
    ...reports.verify(),
    equal: false,
    differingRegions: 3,
    firstDifferenceBytes: 0,
  });

  it('and whose copies differ only in dirty regions is repeated after a judge and a resync', async () => {
    const result = await run('paused-differs', 1, (attempt, judged) =>
      attempt === 1 && judged === 1 ? { resync: incomplete, verify: unequal } : {},
    );
    expect(result).toMatchObject({ problem: null, loads: 2, cycles: [{ verdict: 'PASS', repeats: 1 }] });
  });

  it('and whose copies differ in regions that are not dirty is a FAIL', async () => {
    const more = async (): ReturnType<ReplicationEngine['verify']> => ({ ...(await unequal()), differingRegions: 4 });
    const result = await run('paused-differs-more', 1, (attempt) =>
      attempt === 1 ? { resync: incomplete, verify: more } : {},
    );
    expect(result).toMatchObject({ loads: 1, cycles: [{ verdict: 'FAIL' }] });
  });

  it('and whose load ended early is repeated on a new engine after the bench has judged the disks', async () => {
    const result = await run('paused-problem', 1, (attempt) =>
      attempt === 1 ? { load: async () => ({ ...reports.load(), updatesGivenUp: 3 }) } : {},
    );
    expect(result).toMatchObject({ problem: null, loads: 2, cycles: [{ verdict: 'PASS', repeats: 1 }] });
    expect(result.repeated).toMatchObject([{ outcome: { kind: 'problem', problem: { code: 'LOAD_ENDED' } } }]);
  });

  it('and whose load ended early is a FAIL when an indicator is lost', async () => {
    const result = await run('paused-lost', 1, (attempt) => ({
      judge: async () => ({ ...reports.judge(), lostIndicators: 1, lostIndicatorRegions: [3] }),
      ...(attempt === 1 ? { load: async () => ({ ...reports.load(), updatesGivenUp: 3 }) } : {}),
    }));
    expect(result).toMatchObject({ loads: 1, cycles: [{ verdict: 'FAIL' }] });
    expect(result.cycles[0].reasons[0].code).toBe('LOST_INDICATOR');
  });

  it('is a FAIL without a repeat when an indicator is lost', async () => {
    const result = await run('paused-fail', 1, () => ({
      judge: async () => ({ ...reports.judge(), lostIndicators: 1, lostIndicatorRegions: [3] }),
    }));
    expect(result).toMatchObject({ loads: 1, repeated: [], cycles: [{ verdict: 'FAIL' }] });
  });

  it('keeps its verdict when the bench pauses in every repeat', async () => {
    const result = await run('paused-always', Infinity, () => ({ resync: incomplete }));
    expect(result).toMatchObject({ loads: REPEATS_MAX + 1, cycles: [{ verdict: 'INVALID', repeats: REPEATS_MAX }] });
  });
});

describe.skipIf(!canRunLab).concurrent('a time limit of the profile', () => {
  const tookMs = (durationMs: number) => async (): ReturnType<ReplicationEngine['resync']> => ({
    ...reports.resync(),
    durationMs,
  });
  const slow = tookMs(PAUSE_MS + 500);
  const limits = { resyncMs: 1000 };

  it('that a cycle exceeds only because of pauses makes the cycle INVALID, not FAIL', async () => {
    const result = await run('paused-slow-always', Infinity, () => ({ resync: slow }), limits);
    expect(result).toMatchObject({ loads: REPEATS_MAX + 1, cycles: [{ verdict: 'INVALID', repeats: REPEATS_MAX }] });
    expect(result.cycles[0].reasons.map(({ code }) => code)).toEqual(['STOOD_STILL', 'RESYNC_SLOW']);
  });

  it('that a cycle exceeds by more than the pause makes a FAIL without a repeat', async () => {
    const result = await run('paused-slower', 1, () => ({ resync: tookMs(60_000) }), limits);
    expect(result).toMatchObject({ loads: 1, repeated: [], cycles: [{ verdict: 'FAIL' }] });
  });

  it('that a cycle exceeds without a pause makes a FAIL', async () => {
    const result = await run('unpaused-slow', 0, () => ({ resync: slow }), limits);
    expect(result).toMatchObject({ loads: 1, cycles: [{ verdict: 'FAIL' }] });
  });
});

describe.skipIf(!canRunLab).concurrent('a cycle in which the bench did not pause', () => {
  it('is not repeated, even when it is INVALID', async () => {
    const result = await run('unpaused', 0, () => ({ resync: incomplete }));
    expect(result).toMatchObject({ loads: 1, repeated: [], cycles: [{ verdict: 'INVALID' }] });
    expect(result.cycles[0].standstills).toBeUndefined();
  });
});
