/**
 * fio as the yardstick: io_uring, direct, registered buffer and file as our engine has them, the same random offsets in kind,
 * one job. Its figures are read from its JSON; a fio that fails is told with what it said.
 */
import { spawn } from 'node:child_process';
import { CampaignError } from '../campaign/errors.js';
import type { IoCase, IoSample } from './ioCases.js';

export interface Fio {
  version: string;
}

/** How much of its complaint is passed on. */
const COMPLAINT_CHARS_MAX = 400;

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
    const said = `${result?.stderr ?? ''}${result?.stdout ?? ''}`.trim().slice(0, COMPLAINT_CHARS_MAX);
    throw new CampaignError(
      'HARDWARE_FAILED',
      `fio failed on ${device}: ${said}. Run it by hand: fio ${argumentsOf(io, device, sizeBytes, forMs).join(' ')}`,
    );
  }
  const { total_ios: ios, runtime } = job.write;
  const cpuMs = ((job.usr_cpu + job.sys_cpu) / 100) * job.job_runtime;
  return { iosPerSecond: (ios * 1000) / runtime, cpuMicrosecondsPerIo: (cpuMs * 1000) / ios };
}

function argumentsOf(io: IoCase, device: string, sizeBytes: number, forMs: number): string[] {
  return [
    '--name=plugpull',
    // A colon would end the name; those below by-path have some.
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
    // As our loop: what is written is not touched.
    '--scramble_buffers=0',
    '--fixedbufs=1',
    '--registerfiles=1',
    '--output-format=json',
  ];
}

function parse(text: string): FioJob | null {
  try {
    // Notes may stand before the JSON.
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

/** Resolves when the process is gone: it must have let go of the device. null: there is no fio. */
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
