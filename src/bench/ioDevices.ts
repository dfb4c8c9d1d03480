/**
 * The devices that a benchmark overwrites: loop devices of its own over files or over memory (tmpfs), or given devices
 * that pass the safety gate.
 *
 * From the start of the first round, no loop device stays behind, however the process ends: each is held open and
 * marked to detach at its last close, and its file is unlinked.
 */
import { closeSync, existsSync, fsyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomFillSync } from 'node:crypto';
import { AREA_NAMES } from '../base/areas.js';
import { CampaignError } from '../campaign/errors.js';
import { loadEnrolments } from '../gate/enrolment.js';
import { checkGate } from '../gate/gate.js';
import { formatGate } from '../gate/gateReport.js';
import { usableBytes } from '../gate/label.js';
import { identify } from '../blockdev/openDevice.js';
import { attachLoop, detachLoop } from '../lab/losetup.js';
import type { DeviceRef } from '../blockdev/blockDevice.js';
import { UsageError } from '../base/plugpullError.js';

export type BenchmarkDevice = Pick<DeviceRef, 'device' | 'serial' | 'wwn' | 'backingFile'>;

export interface BenchmarkDevices {
  /** The primary alone, or P, S and J. */
  list: readonly BenchmarkDevice[];
  /** Usable size of the first device. */
  sizeBytes: number;
  /** For the report. */
  description: string;
  /** Idempotent. */
  release(): void;
}

/** The sector size of most devices. */
const LOOP_SECTOR_BYTES = 512;
const FILL_BYTES = 2 ** 20;
/** More than log and indicator area of the benchmark need. */
const JOURNAL_BYTES = 32 * 2 ** 20;

/** Where the files of the loop devices lie: in the folder for temporary files, or in memory. */
export type Over = 'files' | 'tmpfs';

const TMPFS_FOLDER = '/dev/shm';
/** TMPFS_MAGIC, see statfs(2). */
const TMPFS_MAGIC = 0x0102_1994;
/** What the files may take of the free space: a full file system fails the writes of other programs. */
const FREE_SHARE_MAX = 0.9;

export interface ScratchOptions {
  /** Of P and of S. */
  areaBytes: number;
  over: Over;
  /** Default: more than a benchmark of the mirrored path needs. */
  journalBytes?: number;
}

/**
 * P and S of `areaBytes`, and a journal. Filled here, so that no round includes the allocation of blocks.
 * @throws UsageError without space for them, or without the tmpfs; LabError LAB_NO_LOOP without a loop device
 */
export async function scratchDevices({
  areaBytes,
  over,
  journalBytes = JOURNAL_BYTES,
}: ScratchOptions): Promise<BenchmarkDevices> {
  const folder = folderFor(over, 2 * areaBytes + journalBytes);
  const dir = mkdtempSync(join(folder, 'plugpull-bench-'));
  const held: number[] = [];
  const release = (): void => {
    for (const fd of held.splice(0)) closeSync(fd);
  };
  try {
    const list: BenchmarkDevice[] = [];
    for (const role of AREA_NAMES) {
      const file = join(dir, role);
      fill(file, role === 'journal' ? journalBytes : areaBytes);
      const device = await attachLoop(file, LOOP_SECTOR_BYTES);
      try {
        held.push(openSync(device, 'r'));
      } finally {
        await detachLoop(device);
      }
      list.push({ device });
    }
    return {
      list,
      sizeBytes: areaBytes,
      description: `loop devices of ${areaBytes / 2 ** 20} MiB over ${over} in ${folder}`,
      release,
    };
  } catch (error) {
    release();
    throw error;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function folderFor(over: Over, bytes: number): string {
  const folder = over === 'tmpfs' ? TMPFS_FOLDER : tmpdir();
  if (over === 'tmpfs' && (!existsSync(folder) || statfsSync(folder).type !== TMPFS_MAGIC))
    throw new UsageError(`--over tmpfs: ${folder} is no tmpfs; mount one there, or leave out --over`);
  const { bavail, bsize } = statfsSync(folder);
  const freeMib = Math.floor((bavail * bsize * FREE_SHARE_MAX) / 2 ** 20);
  const neededMib = Math.ceil(bytes / 2 ** 20);
  if (neededMib > freeMib)
    throw new UsageError(
      `${folder}: the devices of the benchmark need ${neededMib} MiB, and it may use ${freeMib} MiB there; give a smaller --size`,
    );
  return folder;
}

function fill(file: string, bytes: number): void {
  const fd = openSync(file, 'wx', 0o600);
  try {
    const chunk = randomFillSync(Buffer.alloc(FILL_BYTES));
    for (let at = 0; at < bytes; at += FILL_BYTES) writeSync(fd, chunk, 0, Math.min(FILL_BYTES, bytes - at));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** @throws CampaignError GATE_REFUSED with the gate's table, before anything is written */
export async function givenDevices(
  list: readonly BenchmarkDevice[],
  enrolledFile: string | null,
): Promise<BenchmarkDevices> {
  const requests = list.map(({ device, ...expected }, i) => ({
    role: AREA_NAMES[i],
    path: device,
    ...expected,
    lab: false,
    rig: 'any' as const,
  }));
  const report = await checkGate(requests, { enrolments: enrolledFile === null ? [] : loadEnrolments(enrolledFile) });
  if (!report.passed) throw new CampaignError('GATE_REFUSED', formatGate(report));
  const [first] = list;
  const identity = identify(first.device);
  const { model } = identity;
  const names = list.map((d) => d.device).join(', ');
  return {
    list,
    sizeBytes: usableBytes(identity),
    description: model === null ? names : `${names} (${model})`,
    release: () => undefined,
  };
}

const KEYS = ['serial', 'wwn', 'backingFile'] as const;

/** `PATH[,serial=…][,wwn=…][,backingFile=…]`, with the fields of a profile. @throws UsageError */
export function parseDevice(text: string): BenchmarkDevice {
  const [device, ...facts] = text.split(',');
  const parsed: BenchmarkDevice = { device };
  for (const fact of facts) {
    const [key, value] = [fact.slice(0, fact.indexOf('=')), fact.slice(fact.indexOf('=') + 1)];
    const known = KEYS.find((k) => k === key);
    if (known === undefined || value === '')
      throw new UsageError(`--device ${text}: "${fact}" must be one of ${KEYS.map((k) => `${k}=…`).join(', ')}`);
    parsed[known] = value;
  }
  if (device === '')
    throw new UsageError(`--device ${text}: the path is missing; write it first, as in /dev/disk/by-id/…,serial=…`);
  return parsed;
}
