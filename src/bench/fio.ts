/**
 * Runs fio for comparison: one job of random writes with io_uring, direct I/O, registered buffer and file, as the I/O
 * ring has them. Figures come from its JSON; an error quotes its output.
 */
import { spawn } from 'node:child_process';
import { CampaignError } from '../campaign/errors.js';
import type { IoCase, IoSample } from './rawIo.js';

export interface Fio {
  version: string;
}

/** Length of fio's output in an error. */
const ERROR_OUTPUT_CHARS_MAX = 400;

/** null: not installed. */
export async function findFio(): Promise<Fio | null> {
  const found = await run(['--version'], null);
  return found === null || found.code !== 0 ? null : { version: found.stdout.trim() };
}

interface FioJob {
  error: number;
  usr_cpu: number;
  sys_cpu: number;
  job_runtime: number;
  write: { total_ios: number; runtime: number };
}

/** @throws CampaignError HARDWARE_FAILED when fio or the device fails. */
export async function runFio(
  io: IoCase,
  device: string,
  sizeBytes: number,
  forMs: number,
  signal: AbortSignal,
): Promise<IoSample> {
  const result = await run(argumentsOf(io, device, sizeBytes, forMs), signal);
  const job = result === null || result.code !== 0 ? null : parse(result.stdout);
  if (job === null || job.error !== 0) {
    const said = `${result?.stderr ?? ''}${result?.stdout ?? ''}`.trim().slice(0, ERROR_OUTPUT_CHARS_MAX);
    throw new CampaignError(
      'HARDWARE_FAILED',
      `fio failed on ${device}: ${said}. To see more, run: fio ${argumentsOf(io, device, sizeBytes, forMs).join(' ')}`,
    );
  }
  const { total_ios: ios, runtime } = job.write;
  const cpuMs = ((job.usr_cpu + job.sys_cpu) / 100) * job.job_runtime;
  return { iosPerSecond: (ios * 1000) / runtime, cpuMicrosecondsPerIo: (cpuMs * 1000) / ios };
}

function argumentsOf(io: IoCase, device: string, sizeBytes: number, forMs: number): string[] {
  return [
    '--name=plugpull',
    // A colon ends a file name of fio; names in /dev/disk/by-path have colons.
    `--filename=${device.replaceAll(':', '\\:')}`,
    '--ioengine=io_uring',
    '--direct=1',
    '--rw=randwrite',
    `--bs=${io.blockBytes}`,
    `--iodepth=${io.depth}`,
    `--size=${sizeBytes}`,
    '--time_based',
    `--runtime=${Math.ceil(forMs)}ms`,
    '--norandommap',
    // As in rawIo.ts, the buffers do not change.
    '--scramble_buffers=0',
    '--fixedbufs=1',
    '--registerfiles=1',
    '--output-format=json',
  ];
}

function parse(text: string): FioJob | null {
  try {
    // fio can print notes before the JSON.
    const { jobs } = JSON.parse(text.slice(text.indexOf('{'))) as { jobs: FioJob[] };
    return jobs[0].write.total_ios > 0 ? jobs[0] : null;
  } catch {
    return null;
  }
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Resolves when the process has ended, and so has closed the device. null: fio is not installed. */
function run(args: readonly string[], signal: AbortSignal | null): Promise<Ended | null> {
  return new Promise((resolve) => {
    const child = spawn('fio', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): void => void child.kill('SIGTERM');
    signal?.addEventListener('abort', end, { once: true });
    const done = (value: Ended | null): void => {
      signal?.removeEventListener('abort', end);
      resolve(value);
    };
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', () => done(null));
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
}
