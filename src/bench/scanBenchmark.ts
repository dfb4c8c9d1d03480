/**
 * `bench verify`: the comparison of P and S in every byte, beside cmp. `bench scan`: judging every sector of both,
 * beside the comparison that a cycle makes. Both copies are equal, so that cmp reads all of them. The page cache of
 * both devices is emptied before each measurement.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FfiName } from '../blockdev/ffi/native.js';
import { CampaignError } from '../campaign/errors.js';
import { createReplicationEngine } from '../replication/worker/client.js';
import type { ReplicationEngine, ReplicationSpec } from '../replication/replicationEngine.js';
import { flushDeviceCache, runCmp } from './copyTools.js';
import { engineSpec, regionBytesFor } from './engineSpec.js';
import type { Interruption } from './figures.js';
import type { BenchmarkDevices } from './ioDevices.js';
import { Contender, compare, runRounds } from './rounds.js';
import type { ScanBenchmarkResult, ScanKind } from './scanReport.js';

export interface ScanBenchmarkOptions {
  kind: ScanKind;
  devices: BenchmarkDevices;
  /** Of P and of S, from their starts; at most their size. */
  usedBytes: number;
  rounds: number;
  ffi: FfiName;
}

type Speed = Contender<'bytesPerSecond'>;

/** @throws CampaignError HARDWARE_FAILED, INTERRUPTED */
export async function benchmarkScan(
  { kind, devices, usedBytes, rounds, ffi }: ScanBenchmarkOptions,
  interruption: Interruption,
): Promise<ScanBenchmarkResult> {
  const historyDir = mkdtempSync(join(tmpdir(), 'plugpull-bench-history-'));
  const engine = await createReplicationEngine({ onFailure: () => undefined, onSnapshot: () => undefined }, { ffi });
  const stop = (): void => void engine.stop().catch(() => undefined);
  interruption.signal.addEventListener('abort', stop, { once: true });
  try {
    const sizeBytes = Math.min(usedBytes, devices.sizeBytes);
    await openEqualAreas(engine, specOf(devices, sizeBytes, ffi, kind === 'scan' ? historyDir : null), kind);
    const [primary, secondary] = devices.list.map((d) => d.device);
    const contender = (name: string, scan: () => Promise<number>): Speed =>
      new Contender<'bytesPerSecond'>(name, async () => {
        for (const device of [primary, secondary]) await flushDeviceCache(device, interruption.signal);
        return { bytesPerSecond: (sizeBytes * 1000) / (await scan()) };
      });
    const verify = contender('verify', () => verifyMs(engine));
    const other =
      kind === 'verify'
        ? contender('cmp', () => runCmp(primary, secondary, sizeBytes, interruption.signal))
        : contender('judge', async () => (await engine.judge()).durationMs);
    const contenders = kind === 'verify' ? [verify, other] : [other, verify];
    await runRounds([{ contenders }], rounds, interruption);
    const [first, second] = compare(contenders, contenders[1].name);
    return {
      schemaVersion: 1,
      bench: kind,
      devices: devices.description,
      usedBytes: sizeBytes,
      rounds,
      ffi,
      contenders: [first, second].map(({ name, figures }) => ({ name, ...figures })),
      ratio: first.over!.bytesPerSecond,
    };
  } finally {
    interruption.signal.removeEventListener('abort', stop);
    await engine.stop();
    await engine.abandon().catch(() => undefined);
    await engine.terminate();
    rmSync(historyDir, { recursive: true, force: true });
  }
}

function specOf(
  devices: BenchmarkDevices,
  sizeBytes: number,
  ffi: FfiName,
  historyDir: string | null,
): ReplicationSpec {
  const [primary, secondary, journal] = devices.list;
  const areas = [{ ...primary, sizeBytes }, { ...secondary, sizeBytes }, journal];
  const spec = engineSpec(areas, { mode: 'sync', regionBytes: regionBytesFor(sizeBytes), ffi });
  return { ...spec, historyDir, keepHistory: 'none' };
}

/** The judge needs stamped sectors and their history; for the comparison a resync of all regions is enough. */
async function openEqualAreas(engine: ReplicationEngine, spec: ReplicationSpec, kind: ScanKind): Promise<void> {
  await engine.open(spec);
  await engine.format('dirty');
  if (kind === 'scan') {
    await engine.prepare();
    await engine.format('clean');
  }
  await engine.recover();
  if (kind === 'verify') await engine.resync();
}

async function verifyMs(engine: ReplicationEngine): Promise<number> {
  const report = await engine.verify();
  if (!report.equal)
    throw new CampaignError(
      'HARDWARE_FAILED',
      `P and S differ in ${report.differingRegions} regions after they were made equal: no benchmark has written to them; see \`dmesg\``,
    );
  return report.durationMs;
}
