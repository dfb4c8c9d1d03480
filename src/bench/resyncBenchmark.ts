/**
 * `bench resync`: the resync of scattered dirty regions from P to S, until S holds them durably and the journal knows
 * it. In the same rounds dd copies a range of the same size in one piece, and fio measures what the devices can do with
 * blocks of the same size: random reads of P alone, random writes of S alone, and both at the same time.
 */
import type { FfiName } from '../blockdev/ffi/native.js';
import { CampaignError } from '../campaign/errors.js';
import { createReplicationEngine } from '../replication/worker/client.js';
import type { ReplicationEngine } from '../replication/replicationEngine.js';
import { runDd } from './copyTools.js';
import { engineSpec } from './engineSpec.js';
import type { Interruption } from './figures.js';
import { findFio, runFio, type FioAccess } from './fio.js';
import type { BenchmarkDevices } from './ioDevices.js';
import { summarizeResync, type ResyncBenchmarkResult, type ResyncContenders } from './resyncReport.js';
import { RoundDevice } from './roundDevice.js';
import { Contender, runRounds } from './rounds.js';
import { overwriteRegions, scatteredRegions } from './scatter.js';

export interface ResyncBenchmarkOptions {
  devices: BenchmarkDevices;
  seconds: number;
  rounds: number;
  ffi: FfiName;
}

export const RESYNC_REGION_BYTES = [4096, 65_536, 2 ** 20] as const;
/** So that the regions are scattered: a larger share would often have neighbors. */
const DIRTY_SHARE_MAX = 0.25;
/** Of the first resync, from which the sizes of the others follow. */
const FIRST_BYTES = 4 * 2 ** 20;
const WARM_UPS = 3;
/** In a shorter slice the start of a resync, and of the other programs, would be what is measured. */
const SLICE_MS_MIN = 200;
/** fio keeps as many bytes in flight as are of use to a device. */
const FIO_BYTES_IN_FLIGHT = 8 * 2 ** 20;
const FIO_DEPTH_MAX = 32;

export async function benchmarkResync(
  { devices, seconds, rounds, ffi }: ResyncBenchmarkOptions,
  interruption: Interruption,
): Promise<ResyncBenchmarkResult> {
  const notes: string[] = [];
  const fio = await findFio();
  if (fio === null)
    notes.push('fio is not installed (apt-get install fio): the limits of the devices are not measured');
  const sizes = RESYNC_REGION_BYTES.filter((bytes) => bytes <= devices.sizeBytes * DIRTY_SHARE_MAX);
  const contendersPerSize = fio === null ? 2 : 5;
  const sliceMs = Math.max(SLICE_MS_MIN, (seconds * 1000) / rounds / sizes.length / contendersPerSize);
  const engine = await createReplicationEngine({ onFailure: () => undefined, onSnapshot: () => undefined }, { ffi });
  const stop = (): void => void engine.stop().catch(() => undefined);
  interruption.signal.addEventListener('abort', stop, { once: true });
  try {
    const cases: ResyncContenders[] = [];
    for (const regionBytes of sizes)
      cases.push(
        await new ResyncCase(devices, ffi, regionBytes, sliceMs, engine, interruption).contenders(fio !== null),
      );
    await runRounds([{ contenders: cases.flatMap((c) => c.all) }], rounds, interruption);
    return summarizeResync(
      { devices: devices.description, seconds, rounds, fio: fio?.version ?? null, ffi },
      cases,
      notes,
    );
  } finally {
    interruption.signal.removeEventListener('abort', stop);
    await engine.stop();
    await engine.abandon().catch(() => undefined);
    await engine.terminate();
  }
}

type Speed = Contender<'bytesPerSecond'>;

/** The contenders for one region size. */
class ResyncCase {
  private readonly devices: BenchmarkDevices;
  private readonly ffi: FfiName;
  private readonly regionBytes: number;
  private readonly sliceMs: number;
  private readonly engine: ReplicationEngine;
  private readonly interruption: Interruption;
  private readonly primary: RoundDevice;
  /** How many regions are dirty in a round: the resync of so many takes about a slice. */
  private dirtyRegions: number;

  constructor(
    devices: BenchmarkDevices,
    ffi: FfiName,
    regionBytes: number,
    sliceMs: number,
    engine: ReplicationEngine,
    interruption: Interruption,
  ) {
    this.devices = devices;
    this.ffi = ffi;
    this.regionBytes = regionBytes;
    this.sliceMs = sliceMs;
    this.engine = engine;
    this.interruption = interruption;
    this.primary = new RoundDevice(devices.list[0]);
    this.dirtyRegions = this.atMost(FIRST_BYTES / regionBytes);
  }

  /** Runs a few resyncs first: the JIT compiler finishes, and the speed decides the number of regions. */
  async contenders(withFio: boolean): Promise<ResyncContenders> {
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) {
      const { bytesPerSecond } = await this.resync(warmUp);
      this.dirtyRegions = this.atMost((bytesPerSecond * this.sliceMs) / 1000 / this.regionBytes);
    }
    const [primary, secondary] = this.devices.list.map((d) => d.device);
    const of = (name: string, measure: (round: number) => Promise<{ bytesPerSecond: number }>): Speed =>
      new Contender<'bytesPerSecond'>(`${name}, ${this.regionBytes}`, measure);
    const fio = (name: string, paths: string[], access: FioAccess[]): Speed | null =>
      withFio ? of(name, () => this.fio(paths, access)) : null;
    const ours = of('resync', (round) => this.resync(WARM_UPS + round));
    const dd = of('dd', () => this.dd());
    const read = fio('fio reads P', [primary], ['randread']);
    const write = fio('fio writes S', [secondary], ['randwrite']);
    const both = fio('fio, both at once', [primary, secondary], ['randread', 'randwrite']);
    const { regionBytes, dirtyRegions } = this;
    const all = [ours, dd, read, write, both].filter((c) => c !== null);
    return { regionBytes, dirtyRegions, ours, dd, read, write, both, all };
  }

  private get regionCount(): number {
    return Math.floor(this.devices.sizeBytes / this.regionBytes);
  }

  private atMost(regions: number): number {
    return Math.max(1, Math.floor(Math.min(regions, this.regionCount * DIRTY_SHARE_MAX)));
  }

  private async resync(seed: number): Promise<{ bytesPerSecond: number }> {
    const { engine, regionBytes } = this;
    const dirtyRegions = scatteredRegions(this.regionCount, this.dirtyRegions, seed);
    overwriteRegions(this.primary.open(), dirtyRegions, regionBytes);
    this.primary.close();
    await engine.open(engineSpec(this.devices.list, { mode: 'sync', regionBytes, ffi: this.ffi }));
    await engine.format({ dirtyRegions });
    await engine.recover();
    const report = await engine.resync();
    await engine.abandon();
    await this.interruption.yieldToSignals();
    if (!report.complete)
      throw new CampaignError(
        'HARDWARE_FAILED',
        `the resync of ${report.regions} regions ended with ${report.remainingRegions} left; see \`dmesg\``,
      );
    return { bytesPerSecond: (report.bytes * 1000) / report.durationMs };
  }

  /** As many bytes as the resync copies, from the start of the area. */
  private dd(): Promise<{ bytesPerSecond: number }> {
    const [from, to] = this.devices.list.map((d) => d.device);
    const { regionBytes: blockBytes, dirtyRegions: blocks } = this;
    return runDd({ from, to, blockBytes, firstBlock: 0, blocks }, this.interruption.signal);
  }

  private async fio(devices: string[], access: FioAccess[]): Promise<{ bytesPerSecond: number }> {
    const { regionBytes: blockBytes } = this;
    const { bytesPerSecond } = await runFio(
      {
        devices,
        access,
        sizeBytes: this.devices.sizeBytes,
        blockBytes,
        depth: Math.min(FIO_DEPTH_MAX, FIO_BYTES_IN_FLIGHT / blockBytes),
        durability: 'none',
        forMs: this.sliceMs,
      },
      this.interruption.signal,
    );
    // With two jobs, each byte of a copy counts as read and as written.
    return { bytesPerSecond: bytesPerSecond / devices.length };
  }
}
