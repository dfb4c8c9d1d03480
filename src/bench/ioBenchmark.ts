/**
 * `bench io`: fio and the I/O ring through both bindings on one device, in interleaved rounds (rounds.ts). It reports
 * figures and sets no limits.
 */
import { isDeviceError } from '../blockdev/errors.js';
import { loadNative } from '../blockdev/ffi/loadNative.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { OpenDevice } from '../blockdev/blockDevice.js';
import { ffiCost, type FfiCost } from './ffiCost.js';
import { findFio, runFio, type Fio } from './fio.js';
import type { Interruption } from './figures.js';
import { IO_CASES, WARM_UP_CASE, type IoCase, type IoSample, runRaw } from './rawIo.js';
import type { BenchmarkDevices } from './ioDevices.js';
import { summarize, type IoBenchmarkResult, type RawContender } from './ioReport.js';
import { RoundDevice } from './roundDevice.js';
import { Contender, runRounds, type Sample, type Stage } from './rounds.js';

export interface IoBenchmarkOptions {
  devices: BenchmarkDevices;
  /** For all measurements together; starting processes and workers takes further time. */
  seconds: number;
  rounds: number;
  ffi: FfiName | 'both';
}

/** In a shorter slice a busy host may complete nothing: a flush alone can take 100 ms. */
const SLICE_MS_MIN = 200;
/** Per round; the cost of a call is stable after a few calls. */
const FFI_COST_MS = 30;

export async function benchmarkIo(options: IoBenchmarkOptions, interruption: Interruption): Promise<IoBenchmarkResult> {
  const { devices, rounds, seconds } = options;
  const notes: string[] = [];
  const bindings = bindingsOf(options.ffi, notes);
  const fio = await findFio();
  if (fio === null) notes.push('fio is not installed (apt-get install fio): only our own figures are shown');
  const cases = IO_CASES.filter((io) => io.blockBytes <= devices.sizeBytes);

  const measurements = cases.length * (bindings.length + (fio === null ? 0 : 1));
  const sliceMs = Math.max(SLICE_MS_MIN, (seconds * 1000) / rounds / measurements);
  const setting: Setting = { devices, sliceMs, interruption };
  const raw = new RawStage(setting, cases, bindings, fio);
  await runRounds([raw], rounds, interruption);
  const settings = { devices: devices.description, seconds, rounds, fio: fio?.version ?? null, ffi: bindings };
  return summarize(settings, raw.raw, raw.costs, notes);
}

/** A single binding must load; of `both`, koffi must. */
function bindingsOf(asked: FfiName | 'both', notes: string[]): FfiName[] {
  if (asked !== 'both') {
    loadNative(asked);
    return [asked];
  }
  loadNative('koffi');
  try {
    loadNative('ffi-napi');
    return ['koffi', 'ffi-napi'];
  } catch (error) {
    if (!isDeviceError(error, 'DEVICE_FFI_MISSING')) throw error;
    notes.push(error.message);
    return ['koffi'];
  }
}

interface Setting {
  devices: BenchmarkDevices;
  sliceMs: number;
  interruption: Interruption;
}

/** The primary alone: our contenders use the device that `enter` has opened, and fio opens it as well. */
class RawStage implements Stage {
  readonly raw: RawContender[];
  readonly costs: Contender<keyof FfiCost>[];
  private readonly s: Setting;
  private readonly bindings: readonly FfiName[];
  private readonly device: RoundDevice;

  constructor(setting: Setting, cases: readonly IoCase[], bindings: readonly FfiName[], fio: Fio | null) {
    this.s = setting;
    this.bindings = bindings;
    this.device = new RoundDevice(setting.devices.list[0]);
    this.raw = cases.flatMap((io) =>
      [...(fio === null ? [] : ['fio' as const]), ...bindings].map((by) => ({
        io,
        by,
        contender: new Contender<keyof IoSample>(`${io.name}, ${by}`, () => this.sample(by, io, setting.sliceMs)),
      })),
    );
    this.costs = bindings.map(
      (ffi) => new Contender<keyof FfiCost>(ffi, () => ({ ...ffiCost(ffi, this.device.opened, FFI_COST_MS) })),
    );
  }

  get contenders(): Contender<string>[] {
    return [...this.raw.map((r) => r.contender), ...this.costs];
  }

  async enter(round: number): Promise<void> {
    this.device.open();
    // So that the JIT compiler has finished before the first measurement.
    if (round === 0) for (const ffi of this.bindings) await this.sample(ffi, WARM_UP_CASE, this.s.sliceMs / 2);
  }

  leave(): void {
    this.device.close();
  }

  private async sample(by: 'fio' | FfiName, io: IoCase, forMs: number): Promise<Sample<keyof IoSample>> {
    const { sizeBytes } = this.s.devices;
    const { signal, yieldToSignals } = this.s.interruption;
    const device: OpenDevice = this.device.opened;
    if (by !== 'fio') return { ...(await runRaw(io, device, by, sizeBytes, forMs, yieldToSignals)) };
    const { access, blockBytes, depth } = io;
    const { iosPerSecond, cpuMicrosecondsPerIo } = await runFio(
      {
        devices: [device.identity.path],
        sizeBytes,
        access: access === 'write' ? 'randwrite' : 'randread',
        blockBytes,
        depth,
        durability: 'none',
        forMs,
      },
      signal,
    );
    return { iosPerSecond, cpuMicrosecondsPerIo };
  }
}
