/**
 * Counters of power losses that a disk keeps itself: unsafe shutdowns of NVMe, power cycles of SMART. nvme-cli and
 * smartctl read them; this file parses their JSON output.
 *
 * Not promised: that a disk counts, or counts at once. A virtual disk, a USB bridge and a volume of an array count
 * nothing: the result is null.
 */
import { execFile } from 'node:child_process';
import { attended } from '../base/systemClock.js';
import type { DeviceIdentity } from './blockDevice.js';
import { systemEnvironment } from './openDevice.js';

export interface PowerCounters {
  source: 'nvme-cli' | 'smartctl';
  /** NVMe only: power losses without a shutdown notice. */
  unsafeShutdowns: number | null;
  powerCycles: number | null;
}

/** A disk that needs longer than this has just got its power back; the bench does not wait for its counters. */
const TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 2 ** 20;

/**
 * null: the disk does not count, or the tool that reads it is missing (`plugpull doctor` lists tools). Never rejects.
 */
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

/** Parses `nvme smart-log -o json`. Counters have 128 bits: some versions print them as text. */
export function parseNvmeSmartLog(text: string): PowerCounters | null {
  const log = parseObject(text);
  const unsafeShutdowns = count(log?.unsafe_shutdowns);
  const powerCycles = count(log?.power_cycles);
  return unsafeShutdowns === null && powerCycles === null ? null : { source: 'nvme-cli', unsafeShutdowns, powerCycles };
}

/** Parses `smartctl --json --attributes` of ATA, SCSI and NVMe disks. */
export function parseSmartctl(text: string): PowerCounters | null {
  const report = parseObject(text);
  if (report === null) return null;
  const nvme = object(report.nvme_smart_health_information_log);
  // SAS disks count starts of the spindle; each power-on is one.
  const starts = count(object(report.scsi_start_stop_cycle_counter)?.accumulated_start_stop_cycles);
  const powerCycles = count(report.power_cycle_count) ?? count(nvme?.power_cycles) ?? starts;
  const unsafeShutdowns = count(nvme?.unsafe_shutdowns);
  return unsafeShutdowns === null && powerCycles === null ? null : { source: 'smartctl', unsafeShutdowns, powerCycles };
}

/** Ignores the exit code: that of smartctl is a bit set, most of it about the health of the disk. */
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
