/**
 * Promise: a cycle that is worth nothing only because the bench stood still is run again; what the disks say of
 * themselves counts at once.
 */
import * as reports from './reports.js';
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

const state = ownStateDir();
const out = mkdtempSync(join(tmpdir(), 'standstill-'));
afterAll(async () => {
  await state.clean();
  rmSync(out, { recursive: true, force: true });
});

const STOOD_MS = 5200;

interface Ran extends CampaignResult {
  /** Attempts at a load. */
  loads: number;
  repeated: Record<string, unknown>[];
}

/**
 * `change` knows which attempt it is, and how often its disks have been judged; the bench stands still in the first
 * `still` of them.
 */
async function run(
  name: string,
  still: number,
  change: (attempt: number, judged: number) => Partial<ReplicationEngine>,
  limits: { resyncMs?: number } = {},
): Promise<Ran> {
  const plain = labRig(name, { cuts: ['{ rails: [P], during: load, after: 50ms }'] });
  const rig = { ...plain, campaign: { ...plain.campaign, limits: { ...plain.campaign.limits, ...limits } } };
  const dir = RunDirectory.create(join(out, name));
  const recorder = createRecorder(dir, systemClock);
  let tellStill: (standstill: HostPause) => void = () => undefined;
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
        if (loads <= still) tellStill({ atMs: systemClock.nowMs() + loads * 10 * STOOD_MS, ms: STOOD_MS });
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
        // The host's own standstills are left out: the test says when there is one.
        clock: {
          ...systemClock,
          onPause: (listener) => {
            tellStill = listener;
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

describe.skipIf(!canRunLab).concurrent('a cycle in which the bench stood still', () => {
  it('and which was left incomplete is repeated, and the attempt is on the record', async () => {
    const result = await run('still-slow', 1, (attempt) => (attempt === 1 ? { resync: incomplete } : {}));
    expect(result).toMatchObject({ problem: null, loads: 2, cycles: [{ index: 0, verdict: 'PASS', repeats: 1 }] });
    expect(result.cycles).toHaveLength(1);
    expect(result.repeated).toMatchObject([
      {
        cycle: 0,
        record: { verdict: 'INVALID', standstills: [{ ms: STOOD_MS }], reasons: [{ code: 'RESYNC_INCOMPLETE' }] },
      },
    ]);
  });

  const unequal = async (): ReturnType<ReplicationEngine['verify']> => ({
    ...reports.verify(),
    equal: false,
    differingRegions: 3,
    firstDifferenceBytes: 0,
  });

  it('and which left copies that differ where they are dirty is repeated, once that was judged and copied', async () => {
    const result = await run('still-differs', 1, (attempt, judged) =>
      attempt === 1 && judged === 1 ? { resync: incomplete, verify: unequal } : {},
    );
    expect(result).toMatchObject({ problem: null, loads: 2, cycles: [{ verdict: 'PASS', repeats: 1 }] });
  });

  it('and which left copies that differ where they are not dirty is a FAIL', async () => {
    const more = async (): ReturnType<ReplicationEngine['verify']> => ({ ...(await unequal()), differingRegions: 4 });
    const result = await run('still-differs-more', 1, (attempt) =>
      attempt === 1 ? { resync: incomplete, verify: more } : {},
    );
    expect(result).toMatchObject({ loads: 1, cycles: [{ verdict: 'FAIL' }] });
  });

  it('and which ended half way is repeated on a fresh engine, once what it left was judged', async () => {
    const result = await run('still-problem', 1, (attempt) =>
      attempt === 1 ? { load: async () => ({ ...reports.load(), updatesGivenUp: 3 }) } : {},
    );
    expect(result).toMatchObject({ problem: null, loads: 2, cycles: [{ verdict: 'PASS', repeats: 1 }] });
    expect(result.repeated).toMatchObject([{ outcome: { kind: 'problem', problem: { code: 'LOAD_ENDED' } } }]);
  });

  it('and which ended half way over lost data is a FAIL', async () => {
    const result = await run('still-lost', 1, (attempt) => ({
      judge: async () => ({ ...reports.judge(), lostIndicators: 1, lostIndicatorRegions: [3] }),
      ...(attempt === 1 ? { load: async () => ({ ...reports.load(), updatesGivenUp: 3 }) } : {}),
    }));
    expect(result).toMatchObject({ loads: 1, cycles: [{ verdict: 'FAIL' }] });
    expect(result.cycles[0].reasons[0].code).toBe('LOST_INDICATOR');
  });

  it('is a FAIL at once when an indicator was lost', async () => {
    const result = await run('still-fail', 1, () => ({
      judge: async () => ({ ...reports.judge(), lostIndicators: 1, lostIndicatorRegions: [3] }),
    }));
    expect(result).toMatchObject({ loads: 1, repeated: [], cycles: [{ verdict: 'FAIL' }] });
  });

  it('gets its verdict when it does so every time', async () => {
    const result = await run('still-always', Infinity, () => ({ resync: incomplete }));
    expect(result).toMatchObject({ loads: REPEATS_MAX + 1, cycles: [{ verdict: 'INVALID', repeats: REPEATS_MAX }] });
  });
});

describe.skipIf(!canRunLab).concurrent('a limit of time', () => {
  const tookMs = (durationMs: number) => async (): ReturnType<ReplicationEngine['resync']> => ({
    ...reports.resync(),
    durationMs,
  });
  const slow = tookMs(STOOD_MS + 500);
  const limits = { resyncMs: 1000 };

  it('that is broken whenever the bench stands still is no FAIL', async () => {
    const result = await run('still-slow-always', Infinity, () => ({ resync: slow }), limits);
    expect(result).toMatchObject({ loads: REPEATS_MAX + 1, cycles: [{ verdict: 'INVALID', repeats: REPEATS_MAX }] });
    expect(result.cycles[0].reasons.map(({ code }) => code)).toEqual(['STOOD_STILL', 'RESYNC_SLOW']);
  });

  it('that is broken by more than the standstill is a FAIL at once', async () => {
    const result = await run('still-slower', 1, () => ({ resync: tookMs(60_000) }), limits);
    expect(result).toMatchObject({ loads: 1, repeated: [], cycles: [{ verdict: 'FAIL' }] });
  });

  it('that is broken while the bench looks is one', async () => {
    const result = await run('awake-slow', 0, () => ({ resync: slow }), limits);
    expect(result).toMatchObject({ loads: 1, cycles: [{ verdict: 'FAIL' }] });
  });
});

describe.skipIf(!canRunLab).concurrent('a cycle in which it did not', () => {
  it('is not repeated, whatever it is worth', async () => {
    const result = await run('awake', 0, () => ({ resync: incomplete }));
    expect(result).toMatchObject({ loads: 1, repeated: [], cycles: [{ verdict: 'INVALID' }] });
    expect(result.cycles[0].standstills).toBeUndefined();
  });
});
