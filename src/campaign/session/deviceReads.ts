/**
 * Reads one block of an area past every cache, through a descriptor of its own each time: what has vanished from
 * /dev or /sys can't be opened, what has lost its power can't be read. A kernel may retry a dead disk for minutes, and
 * an array behind a network may leave a read unanswered: whoever wants to know says how long is too long.
 *
 * Promises: one read at a time on an area. Each that is not answered holds one of the few threads that Node has for files.
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
  /** null: it answered. `unresponsiveAfterMs`: unanswered for so long, it is silent; left out: as long as it takes. Never rejects. */
  probe(area: AreaName, unresponsiveAfterMs?: number): Promise<DeviceSign | null>;
  /** Whose read has not been answered yet: it keeps a thread, and so the process. */
  unanswered(): AreaName[];
  /** Memory that an unanswered read may still write to is freed when that has ended. */
  close(): void;
}

interface Asked {
  atNs: number;
  answer: Promise<DeviceSign | null>;
}

/** `pathOf` is asked each time: a device may be another node by now. */
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

// MERGED Does a device answer a read? Asked from a child process, once, past every cache: a read that a disk without power never  answers holds no thread of ours, and no claim. Promises nothing about what is read.
/** A disk that must spin up first takes this long; what takes longer is asked again once the bench has switched its power on. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Of every logical block size in use a multiple. */
const READ_ARGUMENTS = ['of=/dev/null', 'bs=4096', 'count=1', 'iflag=direct', 'status=none'];

/** False: nothing there, or it fails or stays silent. What this user may not read, or is no block device, is left to the safety gate: true. */
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
      // In the kernel's hands until the power returns: it ends by itself then.
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

// MERGED Which devices have no power, once a session is over.
/** How long a device may take to answer: contacts take their time. */
const ANSWER_WITHIN_MS = 1_000;
const PROBE_EVERY_MS = 50;

/** Those that a rail feeds and that answer no read. */
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
