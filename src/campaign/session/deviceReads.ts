/**
 * Tests whether a device answers, by a read past every cache. The contents of the read are ignored.
 *
 * Each probe opens the node again: a node that has vanished from /dev or /sys can't be opened, a device without power
 * can't be read. A kernel may retry for minutes, and an array behind a network may leave a read unanswered: the caller
 * says after how long an area counts as unresponsive. Promises: one read at a time per area. Each unanswered one holds
 * one of the few threads that Node has for files.
 */
import { accessSync, constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { constants as os } from 'node:os';
import { spawn } from 'node:child_process';
import { AREA_NAMES, type AreaName } from '../../base/areas.js';
import { alignedMemory } from '../../blockdev/ioRing.js';
import { type Clock, delay } from '../../base/clock.js';
import type { DeviceSign } from '../cycle/cycleTypes.js';
import { attended } from '../../base/systemClock.js';
import { blockNodeOf } from '../../blockdev/blockTree.js';
import { deviceNow } from '../../gate/deviceNow.js';
import { systemEnvironment } from '../../blockdev/openDevice.js';
import type { RailSpec } from '../../power/spec.js';

/** Every logical block size in use divides it, and so does every page. */
const PROBE_BYTES = 4096;

export interface AreaProbe {
  /** null: it answered. Without `unresponsiveAfterMs` it waits as long as the read takes. Never rejects. */
  probe(area: AreaName, unresponsiveAfterMs?: number): Promise<DeviceSign | null>;
  /** Areas with an unanswered read: it holds a thread, and so the process. */
  unanswered(): AreaName[];
  /** Frees the memory once unanswered reads, which may still write to it, have ended. */
  close(): void;
}

interface Asked {
  atNs: number;
  answer: Promise<DeviceSign | null>;
}

/** `pathOf` is called for each read: the device may have another node by now. */
export function createAreaProbe(pathOf: (area: AreaName) => string, clock: Clock): AreaProbe {
  const memory = alignedMemory(AREA_NAMES.length * PROBE_BYTES);
  const unanswered = new Map<AreaName, Asked>();

  async function read(area: AreaName): Promise<DeviceSign | null> {
    const at = AREA_NAMES.indexOf(area) * PROBE_BYTES;
    try {
      return await readOnce(area, pathOf(area), memory.buffer.subarray(at, at + PROBE_BYTES), clock);
    } catch (error) {
      return signOf(area, error, clock);
    }
  }

  function ask(area: AreaName): Asked {
    const asked = { atNs: clock.nowNs(), answer: read(area) };
    unanswered.set(area, asked);
    void asked.answer.then(() => unanswered.delete(area));
    return asked;
  }

  return {
    probe(area, unresponsiveAfterMs) {
      const { atNs, answer } = unanswered.get(area) ?? ask(area);
      if (unresponsiveAfterMs === undefined) return answer;
      return new Promise((resolve) => {
        const cancel = clock.after(unresponsiveAfterMs, () =>
          resolve({ area, errno: os.errno.ETIMEDOUT, atNs: clock.nowNs(), sinceNs: atNs, source: 'silent' }),
        );
        void answer.then(resolve).finally(cancel);
      });
    },
    unanswered: () => [...unanswered.keys()],
    close: () => void Promise.all([...unanswered.values()].map(({ answer }) => answer)).then(memory.close),
  };
}

async function readOnce(area: AreaName, path: string, buffer: Buffer, clock: Clock): Promise<DeviceSign | null> {
  const node = await realpath(path);
  await stat(`/sys/block/${basename(node)}`).catch(() => stat(`/sys/class/block/${basename(node)}`));
  const file = await open(node, constants.O_RDONLY | constants.O_DIRECT | constants.O_NONBLOCK);
  try {
    const { bytesRead } = await file.read(buffer, 0, PROBE_BYTES, 0);
    // A loop device without its file, a disk without its medium: size 0.
    return bytesRead === PROBE_BYTES ? null : { area, errno: os.errno.ENXIO, atNs: clock.nowNs(), source: 'vanished' };
  } finally {
    await file.close();
  }
}

function signOf(area: AreaName, error: unknown, clock: Clock): DeviceSign {
  const errno = Math.abs((error as NodeJS.ErrnoException).errno ?? os.errno.EIO);
  const gone = errno === os.errno.ENOENT || errno === os.errno.ENXIO || errno === os.errno.ENODEV;
  return { area, errno, atNs: clock.nowNs(), source: gone ? 'vanished' : 'probe' };
}

/**
 * A disk that must spin up first takes this long. A slower one is read again once the bench has switched its power on.
 */
const ANSWER_TIMEOUT_MS = 15_000;

/** 4096 is a multiple of every logical block size in use. */
const READ_ARGUMENTS = ['of=/dev/null', 'bs=4096', 'count=1', 'iflag=direct', 'status=none'];

/**
 * false: no such node, a failed read, or none in time. true also for a path that this user may not read or that is no
 * block device: the safety gate reports those. The read runs in a child process, so that an unanswered one holds no
 * thread and no exclusive open of this process.
 */
export function deviceAnswers(path: string, patienceMs: number = ANSWER_TIMEOUT_MS): Promise<boolean> {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    return Promise.resolve((error as NodeJS.ErrnoException).code !== 'ENOENT');
  }
  if (blockNodeOf(path) === null) return Promise.resolve(true);
  // A node without its medium reads as empty.
  if ((deviceNow(path)?.sizeBytes ?? 0) === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn('dd', [`if=${path}`, ...READ_ARGUMENTS], { stdio: 'ignore', env: systemEnvironment() });
    const cancel = attended.after(patienceMs, () => {
      // The kernel ends it when the power returns.
      child.kill('SIGKILL');
      child.unref();
      resolve(false);
    });
    const done = (answer: boolean): void => {
      cancel();
      resolve(answer);
    };
    child.once('error', () => done(true));
    child.once('exit', (code) => done(code === 0));
  });
}

/** Time for a device to answer: a contact has a delay. */
const ANSWER_WITHIN_MS = 1_000;
const PROBE_EVERY_MS = 50;

/** At the end of a session: areas that a rail feeds and that answer no read. */
export async function areasNotAnswering(
  rails: readonly RailSpec[],
  prober: AreaProbe | null,
  clock: Clock,
): Promise<AreaName[]> {
  let left = AREA_NAMES.filter((area) => rails.some(({ powers }) => powers.includes(area)));
  for (const untilMs = clock.nowMs() + ANSWER_WITHIN_MS; ; await delay(clock, PROBE_EVERY_MS)) {
    const signs = await Promise.all(left.map((area) => prober?.probe(area, ANSWER_WITHIN_MS) ?? null));
    left = left.filter((_, i) => signs[i] !== null);
    if (left.length === 0 || clock.nowMs() >= untilMs) return left;
  }
}
