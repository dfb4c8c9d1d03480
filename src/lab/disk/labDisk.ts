/**
 * One virtual disk as the lab sees it: FUSE file, serving thread, loop device, and its supply.
 *
 *   contact ──supply──► power line ──► thread          (vanish: loop device detached, attached again on return)
 *
 * Promises: loop devices are attached and detached one after the other; the symlink exists exactly while the node does.
 */
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { LabDiskSpec } from '../spec.js';
import { replaceLink } from '../files.js';
import { parseFaults, type FaultSpec } from '../faults/spec.js';
import { mountFuseFile, openFuse, unmountDetached } from '../fuse/mount.js';
import { attachLoop, detachLoop } from '../losetup.js';
import type { LabPaths } from '../paths.js';
import type { DiskThreadSetup } from './diskWorker.js';
import { askStop, createPowerLine, setPower } from './powerLine.js';
import { openJournalFile } from './record.js';
import { Supply } from './supply.js';

export interface DiskSetup {
  spec: LabDiskSpec;
  seed: number;
  paths: LabPaths;
  /** The loop device of another disk of this lab, for `wrong-device`. */
  loopOf(disk: string): string | null;
  /** The loop device came, went or changed its number. */
  onNodeChanged(): void;
  /** The disk can't go on (its thread died, its loop device can't be made). */
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
  /** What the disk's name leads to: its loop device, but for `wrong-device`. */
  #shown: string | null = null;
  #cuts = 0;
  #ended: Promise<void> = Promise.resolve();
  /** Attaching and detaching, one after the other. */
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

  async start(): Promise<void> {
    const fuseFd = openFuse();
    try {
      fs.writeFileSync(this.backingFile, '', { mode: 0o600 });
      mountFuseFile(fuseFd, this.backingFile);
    } catch (error) {
      fs.closeSync(fuseFd);
      throw error;
    }
    this.#startThread(fuseFd);
    await this.#attach();
  }

  /** The contact that feeds it has moved. */
  contact(on: boolean): void {
    this.#supply.contact(on);
  }

  async stop(): Promise<void> {
    this.#supply.stop();
    // Detaching waits for what is in flight, and a silent disk answers only at its end.
    if (this.spec.silent !== null) await this.#endThread();
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
      seed,
      imagePath: paths.image(spec.name),
      powerLogPath: paths.power,
      injectedLogPath: paths.injected,
      fuseFd,
      line: this.#line,
    };
    const worker = new Worker(new URL('./diskWorker.js', import.meta.url), { workerData });
    worker.once('error', onFailed);
    // Whatever ends the thread, the descriptor goes with it: the kernel then fails what waits instead of letting it hang.
    this.#ended = new Promise<void>((resolve) => worker.once('exit', () => resolve())).then(() => fs.closeSync(fuseFd));
  }

  #power(on: boolean): void {
    setPower(this.#line, on);
    if (!on) this.#cuts++;
    if (this.spec.vanish) this.#next(on ? () => this.#attach() : () => this.#detach());
    else if (on) this.#next(async () => this.#show());
  }

  #record(faultClass: string, details: Record<string, unknown>): void {
    const file = openJournalFile(this.#setup.paths.injected);
    file.append({ disk: this.spec.name, class: faultClass, ...details });
    file.close();
  }

  /** Leads the disk's name to its node, or to another's when the profile wants that after this cut. */
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

  async #attach(): Promise<void> {
    if (this.#loop !== null) return;
    this.#loop = await attachLoop(this.backingFile, this.spec.logicalBlockBytes);
    this.#show();
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
