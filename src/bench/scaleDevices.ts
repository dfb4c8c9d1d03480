/**
 * The devices of `bench scale`: sparse loop devices of its own, of any size. Only what is written takes space.
 *
 * No loop device stays behind, however the process ends: each is held open and marked to detach at its last close, and
 * its file is unlinked.
 */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AREA_NAMES, type AreaName } from '../base/areas.js';
import { UsageError } from '../base/plugpullError.js';
import { attachLoop, detachLoop } from '../lab/losetup.js';

const LOOP_SECTOR_BYTES = 512;

export interface ScaleDevices {
  paths: Record<AreaName, string>;
  /** Idempotent. */
  release(): void;
}

/**
 * `fillJournal`: writes the journal's file before a device is on it.
 *
 * @throws UsageError when the file system of `dir` allows no file of this size
 */
export async function sparseDevices(
  dir: string,
  sizes: Record<AreaName, number>,
  fillJournal: (fd: number) => void,
): Promise<ScaleDevices> {
  const folder = mkdtempSync(join(dir, 'plugpull-bench-'));
  const held: number[] = [];
  const release = (): void => {
    for (const fd of held.splice(0)) closeSync(fd);
  };
  const paths = { primary: '', secondary: '', journal: '' };
  try {
    for (const area of AREA_NAMES) {
      const file = join(folder, area);
      sparseFile(file, sizes[area], area === 'journal' ? fillJournal : () => undefined);
      paths[area] = await attachLoop(file, LOOP_SECTOR_BYTES);
      try {
        held.push(openSync(paths[area], 'r'));
      } finally {
        await detachLoop(paths[area]);
      }
    }
    return { paths, release };
  } catch (error) {
    release();
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sparseFile(file: string, bytes: number, fill: (fd: number) => void): void {
  const fd = openSync(file, 'wx', 0o600);
  try {
    ftruncateSync(fd, bytes);
    fill(fd);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EFBIG' && code !== 'ENOSPC') throw error;
    const what = code === 'EFBIG' ? 'allows no file of' : 'has no room for what is written to a file of';
    throw new UsageError(
      `--dir: the file system of ${file} ${what} ${bytes} bytes (${code}; ext4 ends at 16 TiB); use a tmpfs or XFS, for example --dir /dev/shm`,
    );
  } finally {
    closeSync(fd);
  }
}
