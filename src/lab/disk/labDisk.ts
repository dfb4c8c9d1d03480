/**
 * One virtual disk in the lab process: FUSE file, serving thread, loop device and power supply.
 *
 *   contact ──supply──► power line ──► thread    (vanish: the loop device is detached, and attached when power returns)
 *
 * Promises: loop devices are attached and detached one after the other; the symlink exists exactly while the node does.
 */
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { LabDiskSpec } from '../spec.js';
import { replaceLink, openJsonLines } from '../files.js';
import { parseFaults, type FaultSpec } from '../faults/spec.js';
import { mountFuseFile, openFuse, unmountDetached } from '../fuse/mount.js';
import { attachLoop, detachLoop } from '../losetup.js';
import type { LabPaths } from '../labDirectory.js';
import type { DiskThreadSetup } from './diskWorker.js';
import { askStop, createPowerLine, setPower, Supply } from './diskPower.js';

export interface DiskSetup {
  spec: LabDiskSpec;
  seed: number;
  paths: LabPaths;
  /** The loop device of another disk of this lab, for `wrong-device`. */
  loopOf(disk: string): string | null;
  /** The loop device came, went or changed its number. */
  onNodeChanged(): void;
  /** The disk has failed: its thread ended, or it gets no loop device. */
  onFailed(error: unknown): void;
}

export class LabDisk {
  readonly spec: LabDiskSpec;
  readonly backingFile: string;
  #setup: DiskSetup;
  #line = createPowerLine();
  #supply: Supply;
  #faults: FaultSpec[];
  #loop: string | null = null;
  /** Target of the disk's link: its own loop device, or another disk's (`wrong-device`). */
  #shown: string | null = null;
  #cuts = 0;
  #ended: Promise<void> = Promise.resolve();
  /** The queue of attaches and detaches. */
  #steps: Promise<void> = Promise.resolve();

  constructor(setup: DiskSetup) {
    this.#setup = setup;
    this.spec = setup.spec;
    this.backingFile = setup.paths.device(setup.spec.name);
    this.#faults = parseFaults(this.spec.name, this.spec.faults);
    this.#supply = new Supply({
      holdUpMs: this.spec.holdUpMs,
      faults: this.#faults,
      onPower: (on) => this.#power(on),
      record: (faultClass, details) => this.#record(faultClass, details),
    });
  }

  /** null while the node has vanished. */
  get loop(): string | null {
    return this.#shown;
  }

  /** Mounts the disk's file and starts its thread. `attach` then waits until the thread answers. */
  start(): void {
    const fuseFd = openFuse();
    try {
      fs.writeFileSync(this.backingFile, '', { mode: 0o600 });
      mountFuseFile(fuseFd, this.backingFile);
    } catch (error) {
      fs.closeSync(fuseFd);
      throw error;
    }
    this.#startThread(fuseFd);
  }

  /** Gives the disk its loop device; also when power returns to a disk that has vanished. */
  async attach(): Promise<void> {
    if (this.#loop !== null) return;
    this.#loop = await attachLoop(this.backingFile, this.spec.logicalBlockBytes);
    this.#show();
  }

  /** The contact that feeds the disk has moved. */
  contact(on: boolean): void {
    this.#supply.contact(on);
  }

  async stop(): Promise<void> {
    const { spec } = this;
    this.#supply.stop();
    // Detaching waits for requests in flight, and an unresponsive disk answers them when its thread ends.
    if (spec.silent !== null) await this.#endThread();
    this.#next(() => this.#detach());
    await this.#steps;
    unmountDetached(this.backingFile);
    await this.#endThread();
    fs.closeSync(this.#line.wakeFd);
  }

  async #endThread(): Promise<void> {
    askStop(this.#line);
    await this.#ended;
  }

  #startThread(fuseFd: number): void {
    const { spec, seed, paths, onFailed } = this.#setup;
    const workerData: DiskThreadSetup = {
      spec,
      faults: this.#faults,
      seed,
      imagePath: paths.image(spec.name),
      powerLogPath: paths.power,
      injectedLogPath: paths.injected,
      fuseFd,
      line: this.#line,
    };
    const worker = new Worker(new URL('./diskWorker.js', import.meta.url), { workerData });
    worker.once('error', onFailed);
    // Closed however the thread ends: the kernel then fails waiting requests, which would hang otherwise.
    this.#ended = new Promise<void>((resolve) => worker.once('exit', () => resolve())).then(() => fs.closeSync(fuseFd));
  }

  #power(on: boolean): void {
    setPower(this.#line, on);
    if (!on) this.#cuts++;
    if (this.spec.vanish) this.#next(on ? () => this.attach() : () => this.#detach());
    else if (on) this.#next(async () => this.#show());
  }

  #record(faultClass: string, details: Record<string, unknown>): void {
    const file = openJsonLines(this.#setup.paths.injected);
    file.append({ disk: this.spec.name, class: faultClass, ...details });
    file.close();
  }

  /** Points the disk's link at its node, or at another disk's node if `wrong-device` applies after this cut. */
  #show(): void {
    const swap = this.#faults.find((fault) => fault.class === 'wrong-device' && fault.atCut === this.#cuts);
    let shown = this.#loop;
    if (swap?.class === 'wrong-device') {
      shown = this.#setup.loopOf(swap.with) ?? shown;
      this.#record(swap.class, { cut: this.#cuts, shows: swap.with });
    }
    if (shown === null || shown === this.#shown) return;
    this.#shown = shown;
    replaceLink(this.#setup.paths.diskLink(this.spec.name), shown);
    this.#setup.onNodeChanged();
  }

  #next(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(step).catch(this.#setup.onFailed);
  }

  async #detach(): Promise<void> {
    const gone = this.#loop;
    if (gone === null) return;
    this.#loop = null;
    this.#shown = null;
    fs.rmSync(this.#setup.paths.diskLink(this.spec.name), { force: true });
    this.#setup.onNodeChanged();
    await detachLoop(gone);
  }
}
