/**
 * A stop ends each pass over entire devices, also while a device leaves its I/O unanswered until its power is back. The
 * engine closes the devices then, and works on them again.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { LabState } from '../../src/lab/lab.js';
import type { IoRing } from '../../src/blockdev/blockDevice.js';
import { createReplicationEngine } from '../../src/replication/worker/client.js';
import type { ReplicationEngine } from '../../src/replication/replicationEngine.js';
import { flushOrThrow } from '../../src/replication/scan/bulk.js';
import {
  canRunLab,
  diskSpec,
  labSpec,
  MIB,
  readJsonLines,
  restorePower,
  startLab,
  switchRelay,
  tearDown,
  waitFor,
} from '../lab/labFixture.js';
import { RIG_UUID, TRACKING } from './mirror.js';

const DISKS = { primary: 'p', secondary: 's', journal: 'j' } as const;
const JOURNAL_CHANNEL = 3;
/** Bounds a hang only. */
const HANG_MS = 60_000;

it('a wait without an answer ends when a stop is requested, and only then', () => {
  let waits = 0;
  // As a ring whose device never answers.
  const io = {
    inFlight: 0,
    push: () => undefined,
    submitAndReap: () => {
      if (++waits > 100) throw new Error('it still waits');
      return 0;
    },
  } as unknown as IoRing;
  const code = (stopRequested: () => boolean): unknown => {
    try {
      flushOrThrow({ io, stopRequested }, [0]);
      return null;
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  };
  expect(code(() => waits >= 5)).toBe('ENGINE_STOPPED');
  expect(waits).toBe(5);
  waits = 0;
  expect(code(() => false)).toBe('Error: it still waits');
});

it('a ring with I/O of a stopped pass takes no other pass', () => {
  const io = { inFlight: 2 } as unknown as IoRing;
  expect(() => flushOrThrow({ io, stopRequested: () => false }, [0])).toThrow(/abandon first/);
});

describe.skipIf(!canRunLab)('an engine whose journal keeps its I/O without power', () => {
  let engine: ReplicationEngine | null = null;
  let lab: LabState | null = null;
  afterAll(async () => {
    // Otherwise a failed test would leave the journal off, and the engine waiting for it.
    if (lab !== null) switchRelay(lab, JOURNAL_CHANNEL, true);
    await engine?.terminate();
    await tearDown();
  });

  function specOf(lab: LabState) {
    const device = (area: keyof typeof DISKS) => ({
      device: lab.disks[DISKS[area]]!.node,
      durability: 'flush' as const,
    });
    return {
      rigUuid: RIG_UUID,
      primary: device('primary'),
      secondary: device('secondary'),
      journal: { ...device('journal'), logBytes: MIB / 4 },
      tracking: TRACKING,
      ffi: 'koffi' as const,
      runId: 1,
      historyDir: join(lab.stateDir, 'history'),
    };
  }

  it('stops in the middle of a recovery, closes the devices when power is back, and recovers', async () => {
    const disk = (name: string, channel: number) => diskSpec(name, channel, { sizeBytes: 4 * MIB, silent: 'retry' });
    lab = await startLab(labSpec([disk('p', 1), disk('s', 2), disk('j', JOURNAL_CHANNEL)]));
    engine = await createReplicationEngine(
      { onFailure: () => undefined, onSnapshot: () => undefined },
      { ffi: 'koffi' },
    );
    await engine.open(specOf(lab));
    await engine.format('clean');

    switchRelay(lab, JOURNAL_CHANNEL, false);
    const log = join(lab.stateDir, 'power.jsonl');
    await waitFor('the journal has lost its power', () => existsSync(log) && readJsonLines(log).length > 0);
    const recovery = engine.recover().then(
      () => 'recovered',
      (error: { code?: string }) => error.code,
    );
    await delay(300);
    const stopped = engine.stop().then(() => recovery);
    expect(await Promise.race([stopped, delay(HANG_MS, 'still waiting')])).toBe('ENGINE_STOPPED');

    const abandoned = engine.abandon();
    await restorePower(lab, 'j', JOURNAL_CHANNEL);
    await abandoned;
    await engine.open(specOf(lab));
    expect(await engine.recover()).toMatchObject({ everythingDirty: false, dirtyRegions: 0 });
  });
});
