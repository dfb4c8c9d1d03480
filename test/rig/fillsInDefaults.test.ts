import { expect, it } from 'vitest';
import { parseRig } from '../../src/rig/load.js';
import { MINIMAL, spoiled } from './minimal.js';

it('a profile with only devices and wiring gets defaults for all other fields', () => {
  const rig = parseRig(MINIMAL, 'bench.yaml');
  expect(rig.tracking).toEqual({
    mode: 'sync',
    acknowledge: 'durable',
    regionBytes: 1024 * 1024,
    lingerMs: 5000,
    hotRegions: 1024,
    ackTimeoutMs: 5000,
    groupCommitMs: 2,
    flushEveryWrites: 64,
    flushIntervalMs: 20,
    resync: { maxBytesPerSecond: 0, minShare: 0.25 },
  });
  expect(rig.workload.queueDepth).toBe(32);
  expect(rig.journal.logBytes).toBe(4 * 1024 * 1024);
  expect(rig.campaign.limits).toEqual({ recoveryMs: null, resyncMs: null, falseDirtyRegions: null });
  expect(rig.warnings).toEqual([]);
});

it('without `cuts` the default is to cut each rail alone, in turn', () => {
  expect(parseRig(MINIMAL, 'bench.yaml').campaign.cuts.map((c) => c.rails)).toEqual([['P'], ['S'], ['J']]);
});

it('a lab board gets protocol and channels from the board that uses it', () => {
  const { lab } = parseRig(MINIMAL, 'bench.yaml');
  expect(lab!.boards).toEqual([{ name: 'relay0', protocol: 'lcus', channels: 4, contactDelayMs: 10, options: {} }]);
});

it('the pace of resync is a rate in bytes per second and a share of the time', () => {
  const rig = parseRig(`${MINIMAL}resync: { maxRate: 20MiB, minShare: 0.5 }\n`, 'b');
  expect(rig.tracking.resync).toEqual({ maxBytesPerSecond: 20 * 2 ** 20, minShare: 0.5 });
  expect(() => parseRig(`${MINIMAL}resync: { minShare: 0 }\n`, 'b')).toThrow(/resync.minShare: 0: must be .* 0.01/);
  expect(() => parseRig(`${MINIMAL}resync: { maxRate: 1KiB }\n`, 'b')).toThrow(
    /resync.maxRate: "?1KiB"?: must be .*unlimited|4KiB/,
  );
});

it('a single value is a range of one value, and units are converted', () => {
  const rig = parseRig(
    `${MINIMAL}workload: { writeSize: 8KiB, transaction: { writes: 3 }, rate: 500 }\ntracking: { groupCommit: 500us, linger: 0 }\n`,
    'b',
  );
  expect(rig.workload.writeBytes).toEqual({ min: 8192, max: 8192 });
  expect(rig.workload.writesPerTransaction).toEqual({ min: 3, max: 3 });
  expect(rig.workload.maxWritesPerSecond).toBe(500);
  expect(rig.tracking.groupCommitMs).toBe(0.5);
  expect(rig.tracking.lingerMs).toBe(0);
  expect(
    parseRig(spoiled('size: 64MiB, fedBy: "relay0:1"', 'size: 64MiB, fedBy: "relay0:1", keepProbability: 25%'), 'b')
      .lab!.disks[0].keepProbability,
  ).toBe(0.25);
});
