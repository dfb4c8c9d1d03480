/** Promise: a transaction that the core refuses is none, and a journal that fails as a load begins is reported as such. */
import { expect, it } from 'vitest';
import { REFUSED, type Core } from '../../src/tracker/core/core.js';
import { Control } from '../../src/replication/worker/channel.js';
import { LoadGenerator, ApplicationQueue } from '../../src/replication/application.js';
import { ReplicationWorker } from '../../src/replication/worker/replicationWorker.js';
import { JOURNAL } from '../../src/tracker/core/devices.js';
import { useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();

it('a refused transaction is neither written to nor closed', () => {
  const asked: string[] = [];
  const core = {
    begin: () => REFUSED,
    obtain: (place: number) => (asked.push(`obtain ${place}`), REFUSED),
    close: (place: number) => asked.push(`close ${place}`),
  } as unknown as Core;
  const workload = { nextTransaction: () => (asked.push('next'), { writes: [{ offsetBytes: 0, lengthBytes: 4096 }] }) };
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
  expect(asked).toEqual([]);
  expect(generator.refused).toBe(1);
});

it('the journal fails before the log is ready for the load', () => {
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
