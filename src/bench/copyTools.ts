/** dd and cmp, with which a user would copy and compare two devices. */
import { CampaignError } from '../campaign/errors.js';
import { runTool, type Ended } from './tool.js';

export interface BlockRange {
  from: string;
  to: string;
  blockBytes: number;
  firstBlock: number;
  blocks: number;
}

/**
 * Bytes per second, by dd's own clock, the flush of the target included.
 * @throws CampaignError HARDWARE_FAILED when dd or a device fails
 */
export async function runDd({ from, to, blockBytes, firstBlock, blocks }: BlockRange, signal: AbortSignal) {
  const args = [
    `if=${from}`,
    `of=${to}`,
    `bs=${blockBytes}`,
    `skip=${firstBlock}`,
    `seek=${firstBlock}`,
    `count=${blocks}`,
    'iflag=direct',
    'oflag=direct',
    'conv=notrunc,nocreat,fdatasync',
  ];
  const ended = await runTool('dd', args, signal);
  // `134217728 bytes (134 MB, 128 MiB) copied, 0.0912 s, 1.5 GB/s`
  const said = ended?.code === 0 ? /^(\d+) bytes.* copied, ([\d.e+-]+) s/m.exec(ended.stderr) : null;
  if (said === null || Number(said[1]) !== blocks * blockBytes) throw failed('dd', args, ended);
  return { bytesPerSecond: Number(said[1]) / Number(said[2]) };
}

/** Milliseconds that cmp needs to read `bytes` of both devices. @throws CampaignError when they differ or cmp fails */
export async function runCmp(a: string, b: string, bytes: number, signal: AbortSignal): Promise<number> {
  const args = ['-n', String(bytes), a, b];
  const started = performance.now();
  const ended = await runTool('cmp', args, signal);
  if (ended?.code !== 0) throw failed('cmp', args, ended);
  return performance.now() - started;
}

/** Empties the page cache of a device. @throws CampaignError HARDWARE_FAILED */
export async function flushDeviceCache(device: string, signal: AbortSignal): Promise<void> {
  const args = ['--flushbufs', device];
  const ended = await runTool('blockdev', args, signal);
  if (ended?.code !== 0) throw failed('blockdev', args, ended);
}

function failed(program: string, args: readonly string[], ended: Ended | null): CampaignError {
  const said = ended === null ? 'it is not installed' : `${ended.stderr}${ended.stdout}`.trim();
  return new CampaignError(
    'HARDWARE_FAILED',
    `${program} failed: ${said}. To see more, run: ${program} ${args.join(' ')}`,
  );
}
