/**
 * One virtual disk as the lab sees it: FUSE file, serving thread, loop device, and its supply.
 *
 *   contact ──hold-up──► power line ──► thread          (vanish: loop device detached, attached again on return)
 *
 * Promises: a contact that closes again within the hold-up time is no cut; loop devices are attached and detached one
 * after the other; the symlink exists exactly while the node does.
 */
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { LabDiskSpec } from '../../rig/resolved.js';
import { mountFuseFile, openFuse, unmountDetached } from '../fuse/mount.js';
import { replaceLink } from '../files.js';
import { attachLoop, detachLoop } from '../losetup.js';
import type { LabPaths } from '../paths.js';
import type { DiskThreadSetup } from './diskWorker.js';
import { askStop, createPowerLine, setPower } from './powerLine.js';

export interface LabDisk {
  readonly spec: LabDiskSpec;
  readonly backingFile: string;
  /** null while the node has vanished. */
  readonly loop: string | null;
  /** The contact that feeds it has moved. */
  supply(on: boolean): void;
  stop(): Promise<void>;
}

export interface DiskSetup {
  spec: LabDiskSpec;
  seed: number;
  paths: LabPaths;
  /** The loop device came, went or changed its number. */
  onNodeChanged(): void;
  /** The disk can't go on (its thread died, its loop device can't be made). */
  onFailed(error: unknown): void;
}

export async function startDisk(setup: DiskSetup): Promise<LabDisk> {
  const { spec, paths } = setup;
  const backingFile = paths.device(spec.name);
  const line = createPowerLine();
  const fuseFd = openFuse();
  fs.writeFileSync(backingFile, '', { mode: 0o600 });
  mountFuseFile(fuseFd, backingFile);

  const workerData: DiskThreadSetup = {
    spec,
    seed: setup.seed,
    imagePath: paths.image(spec.name),
    powerLogPath: paths.power,
    fuseFd,
    line,
  };
  const worker = new Worker(new URL('./diskWorker.js', import.meta.url), { workerData });
  // Whatever ends the thread, the descriptor goes with it: the kernel then fails what waits instead of letting it hang.
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve())).then(() => fs.closeSync(fuseFd));
  worker.once('error', setup.onFailed);

  let loop: string | null = null;
  let holdUp: NodeJS.Timeout | null = null;
  let steps: Promise<void> = Promise.resolve();

  const attach = async (): Promise<void> => {
    loop = await attachLoop(backingFile, spec.logicalBlockBytes);
    replaceLink(paths.diskLink(spec.name), loop);
    setup.onNodeChanged();
  };
  const detach = async (): Promise<void> => {
    if (loop === null) return;
    const gone = loop;
    loop = null;
    fs.rmSync(paths.diskLink(spec.name), { force: true });
    setup.onNodeChanged();
    await detachLoop(gone);
  };
  const next = (step: () => Promise<void>): void => {
    steps = steps.then(step).catch(setup.onFailed);
  };

  const cut = (): void => {
    holdUp = null;
    setPower(line, false);
    if (spec.vanish) next(detach);
  };
  const supply = (on: boolean): void => {
    if (holdUp !== null) clearTimeout(holdUp);
    holdUp = null;
    if (!on) {
      holdUp = setTimeout(cut, spec.holdUpMs);
      return;
    }
    setPower(line, true);
    if (spec.vanish) next(async () => (loop === null ? attach() : undefined));
  };
  const stop = async (): Promise<void> => {
    if (holdUp !== null) clearTimeout(holdUp);
    next(detach);
    await steps;
    unmountDetached(backingFile);
    askStop(line);
    await ended;
    fs.closeSync(line.wakeFd);
  };

  try {
    await attach();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    spec,
    backingFile,
    get loop() {
      return loop;
    },
    supply,
    stop,
  };
}
