/**
 * Removes all that a lab leaves: loop devices, mounts, files. Works when the lab was killed or is stuck; asks the disks
 * nothing (sysfs and mountinfo only), so it can't hang on a dead one.
 */
import fs from 'node:fs';
import { LabError } from './errors.js';
import { unmountDetached } from './fuse/mount.js';
import { detachLoop, loopsBackedUnder } from './losetup.js';
import type { LabPaths } from './paths.js';

const FUSE_CONNECTIONS = '/sys/fs/fuse/connections';

interface Mount {
  target: string;
  /** Minor number of its device; names the FUSE connection. */
  minor: string;
}

export async function cleanUp(paths: LabPaths): Promise<void> {
  if (!fs.existsSync(paths.dir)) return;
  // First, while the backing file's path still tells whose they are.
  const loops = loopsBackedUnder(paths.dir);
  const mounts = mountsUnder(paths.dir);
  mounts.forEach(abortConnection);
  for (const { loop } of loops) await detachLoop(loop);
  for (const { target } of mounts) unmountDetached(target);
  const left = mountsUnder(paths.dir);
  if (left.length > 0) {
    const targets = left.map(({ target }) => target);
    throw new LabError('LAB_STOP_FAILED', `${targets.join(', ')}: can't be unmounted. Try \`umount -l\` as root.`, {
      targets,
    });
  }
  fs.rmSync(paths.dir, { recursive: true, force: true });
}

function mountsUnder(directory: string): Mount[] {
  const lines = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter(Boolean);
  return lines
    .map((line) => {
      const [, , majorMinor, , target] = line.split(' ');
      return { target: unescapeOctal(target), minor: majorMinor.split(':')[1] };
    })
    .filter(({ target }) => target.startsWith(`${directory}/`))
    .reverse(); // the newest first
}

/** mountinfo writes blanks and backslashes as \040. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** Fails whatever waits for a lab that no longer answers. Needs fusectl; without it the dead process's exit does the same. */
function abortConnection({ minor }: Mount): void {
  try {
    fs.writeFileSync(`${FUSE_CONNECTIONS}/${minor}/abort`, '1');
  } catch {
    // Not there: gone already, or fusectl is not mounted.
  }
}
