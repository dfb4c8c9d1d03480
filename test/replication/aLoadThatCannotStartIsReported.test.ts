/**
 * Promise: the application writes nothing in a transaction that the core refuses; a journal that fails at the start of
 * a load is reported.
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

it('a journal that fails before the load starts ends it with ENGINE_AREA_LOST', () => {
  let journalFails = false;
  class Announcing extends Control {
    override takePowerLoss(): number[] {
      return journalFails ? [JOURNAL] : [];
    }
  }
  const ignore = (): void => undefined;
  const engine = new ReplicationWorker({
    control: new Announcing(),
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
    journalFails = true;
    expect(() => engine.load(WORKLOAD, 1, 50)).toThrow(
      expect.objectContaining({ code: 'ENGINE_AREA_LOST', context: { area: 'journal' } }),
    );
  } finally {
    engine.abandon();
  }
});
