/**
 * Promise: the application writes nothing in a transaction that the core refuses; a load that starts after the
 * journal's power loss rejects.
 */
import { expect, it } from 'vitest';
import { REFUSED, type Core } from '../../src/tracker/core/core.js';
import { Control } from '../../src/replication/worker/channel.js';
import { LoadGenerator, ApplicationQueue } from '../../src/replication/application.js';
import { ReplicationWorker } from '../../src/replication/worker/replicationWorker.js';
import { JOURNAL } from '../../src/tracker/core/devices.js';
import { useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();

it('a refused transaction is neither written to nor closed', () => {
  const calls: string[] = [];
  const core = {
    begin: () => REFUSED,
    obtain: (place: number) => (calls.push(`obtain ${place}`), REFUSED),
    close: (place: number) => calls.push(`close ${place}`),
  } as unknown as Core;
  const workload = { nextTransaction: () => (calls.push('next'), { writes: [{ offsetBytes: 0, lengthBytes: 4096 }] }) };
  const limits = { queueDepth: 4, maxWritesPerSecond: 0 };
  const generator = new LoadGenerator({
    core,
    driver: { nowMs: 0, halted: false, obtained: () => undefined },
    queue: new ApplicationQueue(),
    workload,
    limits,
  });
  expect(generator.fill()).toBe(false);
  generator.closeAll();
  expect(calls).toEqual([]);
  expect(generator.refused).toBe(1);
});

it('a load throws ENGINE_AREA_LOST when the power loss of the journal is announced before it starts', () => {
  let journalHasNoPower = false;
  class AnnouncesPowerLoss extends Control {
    override takePowerLoss(): number[] {
      return journalHasNoPower ? [JOURNAL] : [];
    }
  }
  const ignore = (): void => undefined;
  const engine = new ReplicationWorker({
    control: new AnnouncesPowerLoss(),
    snapshot: ignore,
    failure: ignore,
    point: ignore,
    loadBegan: ignore,
    pause: ignore,
    powerLossTaken: ignore,
  });
  engine.open(mirrors.spec(mirrors.devices()));
  try {
    engine.format('clean');
    engine.prepare();
    engine.recover();
    journalHasNoPower = true;
    expect(() => engine.load(WORKLOAD, 1, 50)).toThrow(
      expect.objectContaining({ code: 'ENGINE_AREA_LOST', context: { area: 'journal' } }),
    );
  } finally {
    engine.abandon();
  }
});
