/**
 * Removes what a lab leaves: loop devices, mounts, files. Works after the lab was killed and while it hangs: it reads
 * sysfs and mountinfo only, and does no I/O on the disks.
 */
import fs from 'node:fs';
import { LabError } from './errors.js';
import { unmountDetached } from './fuse/mount.js';
import { detachLoop, loopsBackedUnder } from './losetup.js';
import type { LabPaths } from './labDirectory.js';

const FUSE_CONNECTIONS = '/sys/fs/fuse/connections';

interface Mount {
  target: string;
  /** Minor number of its device, which names the FUSE connection. */
  minor: string;
}

export async function cleanUp(paths: LabPaths): Promise<void> {
  if (!fs.existsSync(paths.dir)) return;
  // Before the unmount, while the path of the backing file still names the lab.
  const loops = loopsBackedUnder(paths.dir);
  const mounts = mountsUnder(paths.dir);
  mounts.forEach(abortConnection);
  for (const { loop } of loops) await detachLoop(loop);
  for (const { target } of mounts) unmountDetached(target);
  const left = mountsUnder(paths.dir);
  if (left.length > 0) {
    const targets = left.map(({ target }) => target);
    throw new LabError('LAB_STOP_FAILED', `${targets.join(', ')}: unmount failed. Run \`umount -l\` on it as root.`, {
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

/** mountinfo writes a blank as \040, and other special characters likewise. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/**
 * Fails requests that wait for a lab that no longer answers. Needs fusectl; without it they fail when the process ends.
 */
function abortConnection({ minor }: Mount): void {
  try {
    fs.writeFileSync(`${FUSE_CONNECTIONS}/${minor}/abort`, '1');
  } catch {
    // The connection has ended, or fusectl is not mounted.
  }
}
