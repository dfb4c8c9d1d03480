/**
 * `bench io`: fio and the I/O ring through both bindings on one device, then the mirrored, tracked write path. Rounds
 * are interleaved and ratios computed for each round, so that other load on the host affects all contenders. It reports
 * figures and sets no limits.
 */
import { AREA_NAMES } from '../base/areas.js';
import { CampaignError } from '../campaign/errors.js';
import { isDeviceError } from '../blockdev/errors.js';
import { loadNative } from '../blockdev/ffi/loadNative.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import { openDevice } from '../blockdev/openDevice.js';
import { identityDifferences, type DeviceIdentity, type OpenDevice } from '../blockdev/blockDevice.js';
import { ffiCost, type FfiCost } from './ffiCost.js';
import { findFio, runFio } from './fio.js';
import type { Interruption } from './figures.js';
import { IO_CASES, type IoCase, type IoSample, runRaw } from './rawIo.js';
import type { BenchmarkDevices } from './ioDevices.js';
import { summarize, type IoBenchmarkResult, type MirrorRounds, type RawRounds } from './ioReport.js';
import { MirrorPath, type Mode } from './mirrorPath.js';

export interface IoBenchmarkOptions {
  devices: BenchmarkDevices;
  /** For all measurements together; starting processes and workers takes further time. */
  seconds: number;
  rounds: number;
  ffi: FfiName | 'both';
}

/** In a shorter slice a busy host may complete nothing: a flush alone can take 100 ms. */
const SLICE_MS_MIN = 200;
const MIRROR_MS_MIN = 500;
const MODES: readonly Mode[] = ['sync', 'async'];
/** Per round; the cost of a call is stable after a few calls. */
const FFI_COST_MS = 30;

export async function benchmarkIo(options: IoBenchmarkOptions, interruption: Interruption): Promise<IoBenchmarkResult> {
  const { devices, rounds } = options;
  const notes: string[] = [];
  const bindings = bindingsOf(options.ffi, notes);
  const fio = await findFio();
  if (fio === null) notes.push('fio is not installed (apt-get install fio): only our own figures are shown');
  const withMirror = devices.list.length === AREA_NAMES.length;
  if (!withMirror)
    notes.push('one device was given: the mirrored write path needs three (primary, secondary, journal)');

  const measurements =
    IO_CASES.length * (bindings.length + (fio === null ? 0 : 1)) + (withMirror ? bindings.length * MODES.length : 0);
  const sliceMs = Math.max(SLICE_MS_MIN, (options.seconds * 1000) / rounds / measurements);
  const runner = new RoundRunner(devices, bindings, fio !== null, sliceMs, interruption);
  try {
    await runner.start(withMirror);
    for (let round = 0; round < rounds; round++) {
      interruption.say(`round ${round + 1} of ${rounds}`);
      await runner.round(round);
    }
  } finally {
    await runner.end();
  }
  const settings = {
    devices: devices.description,
    seconds: options.seconds,
    rounds,
    fio: fio?.version ?? null,
    ffi: bindings,
  };
  return summarize(settings, runner.raw, runner.ffiCosts, runner.mirror, notes);
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

class RoundRunner {
  readonly raw: RawRounds[];
  readonly mirror: MirrorRounds[] = [];
  readonly ffiCosts: { ffi: FfiName; rounds: FfiCost[] }[];
  private readonly devices: BenchmarkDevices;
  private readonly sliceMs: number;
  private readonly interruption: Interruption;
  private readonly paths = new Map<FfiName, MirrorPath>();
  private known: DeviceIdentity | null = null;

  constructor(
    devices: BenchmarkDevices,
    bindings: readonly FfiName[],
    withFio: boolean,
    sliceMs: number,
    interruption: Interruption,
  ) {
    this.devices = devices;
    this.sliceMs = sliceMs;
    this.interruption = interruption;
    this.raw = IO_CASES.flatMap((io) =>
      [...(withFio ? ['fio' as const] : []), ...bindings].map((by) => ({ io, by, rounds: [] })),
    );
    this.ffiCosts = bindings.map((ffi) => ({ ffi, rounds: [] }));
  }

  async start(withMirror: boolean): Promise<void> {
    if (!withMirror) return;
    for (const { ffi } of this.ffiCosts) {
      this.paths.set(ffi, await MirrorPath.start(ffi, this.devices));
      for (const mode of MODES) this.mirror.push({ ffi, mode, rounds: [] });
    }
  }

  /** Each round starts with another contender, so that none always has the device after the same one. */
  async round(index: number): Promise<void> {
    const device = this.open();
    try {
      if (index === 0) await this.warmUp(device);
      for (const { by, io, rounds } of rotated(this.raw, index)) {
        await this.interruption.yieldToSignals();
        rounds.push(await this.rawSample(by, io, device, this.sliceMs));
      }
      for (const { ffi, rounds } of this.ffiCosts) rounds.push(ffiCost(ffi, device, FFI_COST_MS));
    } finally {
      device.close();
    }
    for (const { ffi, mode, rounds } of rotated(this.mirror, index)) {
      await this.interruption.yieldToSignals();
      rounds.push(
        await this.paths
          .get(ffi)!
          .measure(mode, index + 1, Math.max(MIRROR_MS_MIN, this.sliceMs), this.interruption.signal),
      );
    }
  }

  async end(): Promise<void> {
    for (const path of this.paths.values()) await path.end();
  }

  /** Before the first measurement, so that the JIT compiler has finished. */
  private async warmUp(device: OpenDevice): Promise<void> {
    for (const { ffi } of this.ffiCosts) await this.rawSample(ffi, IO_CASES[1], device, this.sliceMs / 2);
  }

  private rawSample(by: 'fio' | FfiName, io: IoCase, device: OpenDevice, forMs: number): Promise<IoSample> {
    const { sizeBytes } = this.devices;
    const { signal, yieldToSignals } = this.interruption;
    if (by === 'fio') return runFio(io, device.identity.path, sizeBytes, forMs, signal);
    return runRaw(io, device, by, sizeBytes, forMs, yieldToSignals);
  }

  /**
   * Opens the device exclusively, also while fio writes to it. Between rounds the worker of the mirrored path opens it.
   */
  private open(): OpenDevice {
    const device = openDevice(this.devices.list[0].device);
    const differences = identityDifferences(this.known ?? device.identity, device.identity);
    this.known ??= device.identity;
    if (differences.length === 0) return device;
    device.close();
    const said = differences.map((d) => `${d.field} was ${d.before}, is ${d.after}`).join('; ');
    throw new CampaignError(
      'HARDWARE_FAILED',
      `${device.identity.path} is another device now: ${said}. Check its connection, then run the benchmark again.`,
    );
  }
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
