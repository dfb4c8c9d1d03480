/**
 * `bench mirror`: the mirrored, tracked write path beside fio that writes both copies durably, in interleaved rounds.
 * The path is measured in steps, so that the cost of each part is seen: raw writes, stamps, tracking in memory, durable
 * evidence (rawMirror.ts, trackedMirror.ts, mirrorPath.ts).
 */
import type { FfiName } from '../blockdev/ffi/native.js';
import type { DeviceRef } from '../blockdev/blockDevice.js';
import { createIoRing } from '../blockdev/ioRing.js';
import { sectorTools } from '../blockdev/sectorTools.js';
import type { Interruption } from './figures.js';
import { findFio, runFio, type FioRun } from './fio.js';
import type { BenchmarkDevices } from './ioDevices.js';
import { UPDATE_BYTES, type EngineFigure, type MirrorFigure, type Mode, type WorkingSet } from './mirrorCases.js';
import { MirrorPath } from './mirrorPath.js';
import { summarizeMirror, type MirrorBenchmarkResult, type MirrorContenders } from './mirrorReport.js';
import { RawMirror, type StepLoad } from './rawMirror.js';
import { RoundDevice } from './roundDevice.js';
import { Contender, runRounds, type Sample } from './rounds.js';
import { TrackedMirror, trackedSlots } from './trackedMirror.js';

export interface MirrorBenchmarkOptions {
  /** P, S and J. */
  devices: BenchmarkDevices;
  /** For all measurements together; starting processes and workers takes further time. */
  seconds: number;
  rounds: number;
  ffi: FfiName;
  depths: readonly number[];
  sets: readonly WorkingSet[];
  modes: readonly Mode[];
  /** How our own writes become durable: by flushes, or each by itself. */
  durability: DeviceRef['durability'];
}

/** In a shorter slice the start of fio, and a single flush of a busy device, would be what is measured. */
const SLICE_MS_MIN = 300;
const STEPS = ['raw', 'stamped', 'tracked in memory'] as const;
type Step = (typeof STEPS)[number];
/** What a user would do with fio to write both copies durably. */
const FIO_FLUSHES: readonly { name: string; durability: FioRun['durability'] }[] = [
  { name: 'fio, fdatasync=32', durability: { fdatasyncEvery: 32 } },
  { name: 'fio, O_DSYNC', durability: 'dsync' },
];

export async function benchmarkMirror(
  options: MirrorBenchmarkOptions,
  interruption: Interruption,
): Promise<MirrorBenchmarkResult> {
  const { devices, rounds, seconds, depths, sets, modes, ffi, durability } = options;
  const notes: string[] = [];
  const fio = await findFio();
  if (fio === null) notes.push('fio is not installed (apt-get install fio): only our own figures are shown');
  const perDepth = (fio === null ? 0 : FIO_FLUSHES.length) + STEPS.length + sets.length * modes.length;
  const sliceMs = Math.max(SLICE_MS_MIN, (seconds * 1000) / rounds / (perDepth * depths.length));
  const path = await MirrorPath.start(ffi, devices);
  try {
    const measure = new MirrorMeasurements(options, path, sliceMs, interruption);
    const all = depths.map((depth): MirrorContenders => measure.contenders(depth, fio !== null));
    const contenders = all.flatMap((c) => [...c.fio, ...c.steps, ...c.engine.map((e) => e.contender)]);
    await runRounds([{ contenders }], rounds, interruption);
    const settings = { devices: devices.description, seconds, rounds, fio: fio?.version ?? null, ffi, durability };
    return summarizeMirror(settings, all, notes);
  } finally {
    await path.end();
  }
}

class MirrorMeasurements {
  private readonly options: MirrorBenchmarkOptions;
  private readonly path: MirrorPath;
  private readonly sliceMs: number;
  private readonly interruption: Interruption;
  private readonly areas: readonly RoundDevice[];

  constructor(options: MirrorBenchmarkOptions, path: MirrorPath, sliceMs: number, interruption: Interruption) {
    this.options = options;
    this.path = path;
    this.sliceMs = sliceMs;
    this.interruption = interruption;
    this.areas = options.devices.list.slice(0, 2).map((device) => new RoundDevice(device));
  }

  contenders(depth: number, withFio: boolean): MirrorContenders {
    const { sets, modes, durability } = this.options;
    const { sliceMs, interruption } = this;
    return {
      depth,
      fio: (withFio ? FIO_FLUSHES : []).map(
        ({ name, durability }) => new Contender<MirrorFigure>(name, () => this.fio(depth, durability)),
      ),
      steps: STEPS.map((step) => new Contender<MirrorFigure>(step, (round) => this.step(step, depth, round))),
      engine: sets.flatMap((set) =>
        modes.map((mode) => ({
          set,
          mode,
          contender: new Contender<EngineFigure>(`${set}, ${mode}`, (round) =>
            this.path.measure(
              { set, mode, depth, durability, seed: 2 * round + 1, forMs: sliceMs },
              interruption.signal,
            ),
          ),
        })),
      ),
    };
  }

  /** Two jobs, one for each copy: a pair of their I/Os is an update. */
  private async fio(depth: number, durability: FioRun['durability']): Promise<Sample<MirrorFigure>> {
    const { list, sizeBytes } = this.options.devices;
    const found = await runFio(
      {
        devices: list.slice(0, 2).map((d) => d.device),
        sizeBytes,
        access: 'randwrite',
        blockBytes: UPDATE_BYTES,
        depth,
        durability,
        forMs: this.sliceMs,
      },
      this.interruption.signal,
    );
    return {
      updatesPerSecond: found.iosPerSecond / 2,
      cpuMicrosecondsPerUpdate: found.cpuMicrosecondsPerIo * 2,
      latencyMsP50: found.latencyMsP50,
      latencyMsP99: found.latencyMsP99,
      latencyMsP999: found.latencyMsP999,
    };
  }

  private async step(step: Step, depth: number, round: number): Promise<Sample<MirrorFigure>> {
    const { ffi, durability, devices } = this.options;
    const load: StepLoad = { depth, durability, seed: round + 1, sizeBytes: devices.sizeBytes };
    const slots = step === 'tracked in memory' ? trackedSlots(load) : depth;
    try {
      const opened = this.areas.map((area) => area.open());
      const ring = createIoRing({ ffi, depth: 2 * slots + 2, arenaBytes: slots * UPDATE_BYTES, devices: opened });
      try {
        const tools = sectorTools(ffi);
        const loop =
          step === 'tracked in memory'
            ? new TrackedMirror(ring, load, tools)
            : new RawMirror(ring, load, step === 'stamped' ? tools : null);
        return await loop.measure(this.sliceMs, this.interruption.yieldToSignals);
      } finally {
        ring.close();
      }
    } finally {
      for (const area of this.areas) area.close();
    }
  }
}
