/**
 * `bench io`: fio and our raw I/O engine through both bindings on one device, then the mirrored, tracked write path, in
 * interleaved rounds: what shakes the machine shakes all. Ratios are taken round by round. Asserts nothing.
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
import type { Interruption } from './interruption.js';
import { IO_CASES, type IoCase, type IoSample } from './ioCases.js';
import { type BenchDevices } from './ioDevices.js';
import { summarize, type IoBenchResult, type MirrorRounds, type RawRounds } from './ioResult.js';
import { MirrorPath, type Mode } from './mirrorPath.js';
import { runRaw } from './rawIo.js';

export interface IoBenchOptions {
  devices: BenchDevices;
  /** For all measurements together; starting processes and engines comes on top. */
  seconds: number;
  rounds: number;
  ffi: FfiName | 'both';
}

/** Below these a stalled machine leaves a measurement with nothing in it; a flush alone may take a tenth of a second. */
const SLICE_MS_MIN = 200;
const MIRROR_MS_MIN = 500;
const MODES: readonly Mode[] = ['sync', 'async'];
/** Of a round's time: it settles within few calls. */
const FFI_COST_MS = 30;

export async function benchIo(options: IoBenchOptions, interruption: Interruption): Promise<IoBenchResult> {
  const { devices, rounds } = options;
  const notes: string[] = [];
  const bindings = bindingsOf(options.ffi, notes);
  const fio = await findFio();
  if (fio === null) notes.push('fio is not installed (apt-get install fio): only our own figures are shown');
  const withMirror = devices.list.length === AREA_NAMES.length;
  if (!withMirror)
    notes.push('one device was named: the mirrored write path needs three (primary, secondary, journal)');

  const measurements =
    IO_CASES.length * (bindings.length + (fio === null ? 0 : 1)) + (withMirror ? bindings.length * MODES.length : 0);
  const sliceMs = Math.max(SLICE_MS_MIN, (options.seconds * 1000) / rounds / measurements);
  const bench = new RoundRunner(devices, bindings, fio !== null, sliceMs, interruption);
  try {
    await bench.start(withMirror);
    for (let round = 0; round < rounds; round++) {
      interruption.say(`round ${round + 1} of ${rounds}`);
      await bench.round(round);
    }
  } finally {
    await bench.end();
  }
  const settings = {
    devices: devices.description,
    seconds: options.seconds,
    rounds,
    fio: fio?.version ?? null,
    ffi: bindings,
  };
  return summarize(settings, bench.raw, bench.ffiCosts, bench.mirror, notes);
}

/** What was asked for must be there; of both, one will do. */
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
  private readonly devices: BenchDevices;
  private readonly sliceMs: number;
  private readonly interruption: Interruption;
  private readonly paths = new Map<FfiName, MirrorPath>();
  private known: DeviceIdentity | null = null;

  constructor(
    devices: BenchDevices,
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

  /** Each round begins with another contender, so that none has always the warmed-up device. */
  async round(index: number): Promise<void> {
    const device = this.claim();
    try {
      if (index === 0) await this.warmUp(device);
      for (const { by, io, rounds } of rotated(this.raw, index)) {
        await this.interruption.breathe();
        rounds.push(await this.rawSample(by, io, device, this.sliceMs));
      }
      for (const { ffi, rounds } of this.ffiCosts) rounds.push(ffiCost(ffi, device, FFI_COST_MS));
    } finally {
      device.close();
    }
    for (const { ffi, mode, rounds } of rotated(this.mirror, index)) {
      await this.interruption.breathe();
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

  /** The compiler's share, before anything counts. */
  private async warmUp(device: OpenDevice): Promise<void> {
    for (const { ffi } of this.ffiCosts) await this.rawSample(ffi, IO_CASES[1], device, this.sliceMs / 2);
  }

  private rawSample(by: 'fio' | FfiName, io: IoCase, device: OpenDevice, forMs: number): Promise<IoSample> {
    const { sizeBytes } = this.devices;
    const { signal, breathe } = this.interruption;
    if (by === 'fio') return runFio(io, device.identity.path, sizeBytes, forMs, signal);
    return runRaw(io, device, by, sizeBytes, forMs, breathe);
  }

  /** Held while fio writes as well; between, the engine's thread claims it. */
  private claim(): OpenDevice {
    const device = openDevice(this.devices.list[0].device);
    const differences = identityDifferences(this.known ?? device.identity, device.identity);
    this.known ??= device.identity;
    if (differences.length === 0) return device;
    device.close();
    const said = differences.map((d) => `${d.field} was ${d.before}, is ${d.after}`).join('; ');
    throw new CampaignError('HARDWARE_FAILED', `${device.identity.path} is another device now: ${said}`);
  }
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
