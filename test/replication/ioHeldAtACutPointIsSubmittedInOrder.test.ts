/** Promise: a cut point admits and holds back the right I/Os, and returns all that it held back in their order. */
import { describe, expect, it } from 'vitest';
import { JOURNAL, PRIMARY, SECONDARY } from '../../src/tracker/core/devices.js';
import { RECORD_RELEASE, RECORD_WRITE, type LogCommit } from '../../src/tracker/core/transactionLog.js';
import { OP, type DriverIo } from '../../src/replication/driverIo.js';
import { PointHold } from '../../src/replication/cutpoint/pointHold.js';
import type { PointEvent } from '../../src/replication/replicationEngine.js';
import type { CutPoint } from '../../src/replication/cutpoint/cutPoint.js';

/** The part of a core that the triggers read. */
const CORE = { secondaryAway: false, isLogDurable: () => false };
const TARGETS = { updateId: (slot: number) => 100 + slot, offset: (slot: number) => 4096 * slot, length: () => 4096 };

function hold(at: CutPoint, kinds: number[] = [RECORD_WRITE]) {
  const reports: PointEvent[] = [];
  const clock = { ns: 1000, powerLossNs: null as number | null };
  const point = new PointHold({
    arm: { at, afterMs: 50, areas: ['primary', 'secondary', 'journal'] },
    core: CORE,
    targets: TARGETS,
    nowMs: 0,
    nowNs: () => clock.ns,
    report: (e) => reports.push(e),
    powerLossNs: () => clock.powerLossNs,
  });
  for (const index of [0, 1, 2]) {
    point.commitSealed({
      index,
      kind: Uint8Array.from(kinds),
      recordCount: kinds.length,
      start: 8,
      blocks: 8,
    } as unknown as LogCommit);
  }
  return { point, reports, clock };
}

const io = (kind: number, a: number, b: number, device: DriverIo['device']): DriverIo => ({
  kind,
  a,
  b,
  op: 2,
  device,
  offsetBytes: 4096 * a,
  lengthBytes: 4096,
  arenaOffset: 0,
});
const write = (slot: number, area: 0 | 1): DriverIo => io(OP.write, slot, area, area);
const log = (commit: number): DriverIo => io(OP.log, commit, 0, JOURNAL);

describe('the hold at a cut point', () => {
  it('holds nothing back before it is active', () => {
    const { point, reports } = hold('primary-only');
    expect(point.tick(49)).toBe(false);
    expect([write(1, PRIMARY), write(1, SECONDARY)].map((x) => point.admits(x))).toEqual([true, true]);
    expect(point.tick(50)).toBe(true);
    expect(point.tick(51)).toBe(false);
    expect(reports).toEqual([]);
  });

  it('halts once the writes of the update have completed, and holds later I/O back in order', () => {
    const { point, reports } = hold('primary-only');
    point.tick(50);
    const later = [write(2, PRIMARY), write(2, SECONDARY), log(1), io(OP.flush, PRIMARY, 0, PRIMARY)];
    expect(point.admits(write(1, PRIMARY))).toBe(true);
    const first = write(1, SECONDARY);
    expect(point.admits(first)).toBe(false);
    expect(later.map((x) => point.admits(x))).toEqual([false, false, false, false]);
    expect(point.halted).toBe(false);
    point.ended(OP.write, 1, PRIMARY, true, 900, 950);
    expect(point.halted).toBe(true);
    expect(reports).toEqual([
      {
        type: 'reached',
        at: 'primary-only',
        held: true,
        atNs: 1000,
        subject: { kind: 'write', area: 'secondary', updateId: 101, offsetBytes: 4096, lengthBytes: 4096 },
      },
    ]);
    expect(point.end({})).toEqual([first, ...later]);
    expect(reports[1]).toMatchObject({ type: 'ended', sentNs: null });
    expect(point.admits(write(3, PRIMARY))).toBe(true);
  });

  it('ends without a report when the area that it waits for fails', () => {
    const { point, reports } = hold('both-completed');
    point.tick(50);
    expect([write(1, PRIMARY), write(1, SECONDARY), write(2, PRIMARY)].map((x) => point.admits(x))).toEqual([
      true,
      true,
      false,
    ]);
    point.ended(OP.write, 1, PRIMARY, true, 0, 1);
    point.ended(OP.write, 1, SECONDARY, false, 0, 1);
    expect(point.isOver).toBe(true);
    expect(point.end({})).toEqual([write(2, PRIMARY)]);
    expect(reports).toEqual([]);
  });

  it('submits all parts of its log commit half a latency before the power loss, and nothing else', () => {
    const { point, reports, clock } = hold('log-write');
    // Log writes take 400 ns here.
    for (let i = 0; i < 100; i++) point.ended(OP.log, 9, 0, true, 0, 400);
    point.tick(50);
    expect([log(1), log(1), write(1, PRIMARY)].map((x) => point.admits(x))).toEqual([false, false, false]);
    expect(reports).toMatchObject([
      { type: 'reached', held: false, subject: { kind: 'log', area: 'journal', updateId: 0 } },
    ]);
    expect(point.dueInNs()).toBe(Infinity);
    clock.powerLossNs = 5000;
    expect(point.dueInNs()).toBeCloseTo(5000 - 200 - 1000, 0);
    clock.ns = 4900;
    expect(point.dueInNs()).toBe(0);
    expect(point.takeTarget()).toEqual([log(1), log(1)]);
    expect(point.dueInNs()).toBe(Infinity);
    point.ended(OP.log, 1, 0, true, 4910, 5100);
    point.ended(OP.log, 1, 0, false, 4915, 5200);
    expect(point.end({ journal: { log: 1 } })).toEqual([write(1, PRIMARY)]);
    expect(reports[1]).toMatchObject({
      type: 'ended',
      sentNs: 4900,
      endedNs: 5200,
      ok: false,
      inFlight: { journal: { log: 1 } },
    });
  });

  it('distinguishes commits with write records from commits with release records', () => {
    for (const [at, kinds, admitted] of [
      ['log-write', [RECORD_WRITE], false],
      ['log-write', [RECORD_RELEASE], true],
      ['release-write', [RECORD_WRITE], true],
      ['release-write', [RECORD_WRITE, RECORD_RELEASE], false],
    ] as const) {
      const { point } = hold(at, [...kinds]);
      point.tick(50);
      expect(point.admits(log(1)), `${at}, ${kinds.join()}`).toBe(admitted);
    }
  });
});
