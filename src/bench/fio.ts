/**
 * Runs fio for comparison, with io_uring, direct I/O, registered buffers and files, as the I/O ring has them. Each
 * device has a job of its own, and the figures are those of all jobs together. They come from fio's JSON; an error
 * quotes its output.
 */
import { CampaignError } from '../campaign/errors.js';
import { runTool } from './tool.js';

export interface Fio {
  version: string;
}

export type FioAccess = 'randwrite' | 'randread' | 'write' | 'read';

export interface FioRun {
  /** Paths of block devices; each gets a job of its own, and all run at the same time. */
  devices: readonly string[];
  /** Bytes of each device that the job uses, from its start. */
  sizeBytes: number;
  /** Of all jobs, or of each job. */
  access: FioAccess | readonly FioAccess[];
  blockBytes: number;
  /** I/Os in flight, of each job. */
  depth: number;
  /**
   * `none`: a completed write may be in a volatile cache. `dsync`: O_DSYNC, each write is durable when it completes.
   * `fdatasyncEvery`: each job calls fdatasync after this number of writes.
   */
  durability: 'none' | 'dsync' | { fdatasyncEvery: number };
  forMs: number;
}

/** Figures of all jobs together. With two devices, each copy counts as an I/O of its own. */
export interface FioSample {
  iosPerSecond: number;
  bytesPerSecond: number;
  /** User and system time of fio's jobs, without the kernel threads of a loop device. */
  cpuMicrosecondsPerIo: number;
  /** From the submission of an I/O to its completion, in milliseconds; without the flushes of `fdatasyncEvery`. Of jobs
   * that read and jobs that write, the longer one. */
  latencyMsP50: number;
  latencyMsP99: number;
  latencyMsP999: number;
  /** Mean time of a flush; 0 without `fdatasyncEvery`. */
  flushMsMean: number;
}

/** Length of fio's output in an error. */
const ERROR_OUTPUT_CHARS_MAX = 400;
const NS_PER_MS = 1e6;
/** The kernel counts processor time in ticks: of a job with few I/Os it may count none, and no ratio would exist. */
const CPU_MS_MIN = 1;

/** null: not installed. */
export async function findFio(): Promise<Fio | null> {
  const found = await runTool('fio', ['--version'], null);
  return found === null || found.code !== 0 ? null : { version: found.stdout.trim() };
}

interface FioDirection {
  total_ios: number;
  /** Milliseconds from the start of the first job to the end of the last. */
  runtime: number;
  io_bytes: number;
  clat_ns: { percentile?: Record<string, number> };
}

interface FioGroup {
  error: number;
  /** Percent of `job_runtime`. */
  usr_cpu: number;
  sys_cpu: number;
  /** Milliseconds, the sum over the jobs. */
  job_runtime: number;
  read: FioDirection;
  write: FioDirection;
  sync: { lat_ns?: { mean: number } };
}

/** @throws CampaignError HARDWARE_FAILED when fio or a device fails */
export async function runFio(fioRun: FioRun, signal: AbortSignal): Promise<FioSample> {
  const args = argumentsOf(fioRun);
  const result = await runTool('fio', args, signal);
  const group = result === null || result.code !== 0 ? null : parse(result.stdout);
  const used = group === null ? [] : [group.read, group.write].filter((direction) => direction.total_ios > 0);
  if (!group || group.error !== 0 || used.length === 0) {
    const said = `${result?.stderr ?? ''}${result?.stdout ?? ''}`.trim().slice(0, ERROR_OUTPUT_CHARS_MAX);
    throw new CampaignError(
      'HARDWARE_FAILED',
      `fio failed on ${fioRun.devices.join(', ')}: ${said}. To see more, run: fio ${args.join(' ')}`,
    );
  }
  const perSecond = (count: (direction: FioDirection) => number): number =>
    used.reduce((sum, direction) => sum + (count(direction) * 1000) / direction.runtime, 0);
  const latencyMs = (percentile: string): number =>
    Math.max(...used.map((direction) => direction.clat_ns.percentile?.[percentile] ?? 0)) / NS_PER_MS;
  const cpuMs = Math.max(CPU_MS_MIN, ((group.usr_cpu + group.sys_cpu) / 100) * group.job_runtime);
  return {
    iosPerSecond: perSecond((direction) => direction.total_ios),
    bytesPerSecond: perSecond((direction) => direction.io_bytes),
    cpuMicrosecondsPerIo: (cpuMs * 1000) / used.reduce((sum, direction) => sum + direction.total_ios, 0),
    latencyMsP50: latencyMs('50.000000'),
    latencyMsP99: latencyMs('99.000000'),
    latencyMsP999: latencyMs('99.900000'),
    flushMsMean: (group.sync.lat_ns?.mean ?? 0) / NS_PER_MS,
  };
}

/** Options before the first `--name` hold for all jobs. */
function argumentsOf({ devices, sizeBytes, access, blockBytes, depth, durability, forMs }: FioRun): string[] {
  return [
    '--ioengine=io_uring',
    '--direct=1',
    `--bs=${blockBytes}`,
    `--iodepth=${depth}`,
    `--size=${sizeBytes}`,
    '--time_based',
    `--runtime=${Math.ceil(forMs)}ms`,
    '--norandommap',
    // Else fio creates a file with the name of a device that has vanished, and measures that.
    '--allow_file_create=0',
    // As in rawIo.ts, the buffers do not change.
    '--scramble_buffers=0',
    '--fixedbufs=1',
    '--registerfiles=1',
    '--group_reporting',
    '--percentile_list=50:99:99.9',
    '--output-format=json',
    ...durabilityArguments(durability),
    ...devices.flatMap((device, job) => [
      `--name=plugpull${job}`,
      // A colon ends a file name of fio; names in /dev/disk/by-path have colons.
      `--filename=${device.replaceAll(':', '\\:')}`,
      `--rw=${typeof access === 'string' ? access : access[job]}`,
    ]),
  ];
}

function durabilityArguments(durability: FioRun['durability']): string[] {
  if (durability === 'none') return [];
  return durability === 'dsync' ? ['--sync=dsync'] : [`--fdatasync=${durability.fdatasyncEvery}`];
}

function parse(text: string): FioGroup | null {
  try {
    // fio can print notes before the JSON.
    const { jobs } = JSON.parse(text.slice(text.indexOf('{'))) as { jobs: FioGroup[] };
    return jobs[0] ?? null;
  } catch {
    return null;
  }
}
