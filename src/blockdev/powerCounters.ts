/**
 * What a disk itself counts of its outages: NVMe's unsafe shutdowns, SMART's power cycles. Asked through nvme-cli and
 * smartctl, in their JSON.
 *
 * Not promised: that a disk counts, or counts at once. A virtual disk, a USB bridge or a volume of an array counts
 * nothing; then there is null.
 */
import { execFile } from 'node:child_process';
import { attended } from '../base/systemClock.js';
import type { DeviceIdentity } from './blockDevice.js';
import { systemEnvironment } from './systemPrograms.js';

export interface PowerCounters {
  source: 'nvme-cli' | 'smartctl';
  /** NVMe alone: power lost without a shutdown notice. */
  unsafeShutdowns: number | null;
  powerCycles: number | null;
}

/** A disk that answers slower than this has just returned; its counters are not worth waiting for. */
const TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 2 ** 20;

/** null: not a disk that counts, or no tool here that could ask it (doctor says which). Never rejects. */
export async function readPowerCounters(identity: DeviceIdentity): Promise<PowerCounters | null> {
  const { kernelName } = identity;
  if (kernelName.startsWith('nvme')) {
    const counters = parseNvmeSmartLog(
      await output('nvme', ['smart-log', '--output-format=json', `/dev/${kernelName}`]),
    );
    if (counters !== null) return counters;
  }
  if (!/^(nvme|sd)/.test(kernelName)) return null;
  return parseSmartctl(await output('smartctl', ['--json', '--attributes', `/dev/${kernelName}`]));
}

/** `nvme smart-log -o json`. Counters have 128 bits: some versions print them as text. */
export function parseNvmeSmartLog(text: string): PowerCounters | null {
  const log = parseObject(text);
  const unsafeShutdowns = count(log?.unsafe_shutdowns);
  const powerCycles = count(log?.power_cycles);
  return unsafeShutdowns === null && powerCycles === null ? null : { source: 'nvme-cli', unsafeShutdowns, powerCycles };
}

/** `smartctl --json --attributes`, ATA, SCSI and NVMe. */
export function parseSmartctl(text: string): PowerCounters | null {
  const report = parseObject(text);
  if (report === null) return null;
  const nvme = object(report.nvme_smart_health_information_log);
  // SAS disks count starts of the spindle, which each power-on is.
  const starts = count(object(report.scsi_start_stop_cycle_counter)?.accumulated_start_stop_cycles);
  const powerCycles = count(report.power_cycle_count) ?? count(nvme?.power_cycles) ?? starts;
  const unsafeShutdowns = count(nvme?.unsafe_shutdowns);
  return unsafeShutdowns === null && powerCycles === null ? null : { source: 'smartctl', unsafeShutdowns, powerCycles };
}

/** smartctl's exit code is a set of bits, most of them about the disk's health: its output counts. */
function output(program: string, args: string[]): Promise<string> {
  const env = systemEnvironment();
  return new Promise((resolve) => {
    const child = execFile(program, args, { maxBuffer: OUTPUT_BYTES_MAX, env }, (_error, stdout) => {
      cancel();
      resolve(stdout);
    });
    const cancel = attended.after(TIMEOUT_MS, () => void child.kill('SIGKILL'));
  });
}

type Json = Record<string, unknown>;

function parseObject(text: string): Json | null {
  try {
    return object(JSON.parse(text));
  } catch {
    return null;
  }
}

function object(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

function count(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
}
