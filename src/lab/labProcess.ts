/**
 * Entry of the lab process: `node labProcess.js STATE_DIR NAME`, with the lab's lock as a descriptor. It reads
 * spec.json, starts disks and boards, writes state.json, reports once to its starter, and runs until SIGTERM or SIGINT.
 * It has no other channel: the bench reaches it through block nodes and ttys.
 */
import fs from 'node:fs';
import type { LabSpec } from './spec.js';
import { startBoard, type Board } from './board.js';
import { LabDisk } from './disk/labDisk.js';
import { LabError, toRecord } from './errors.js';
import { replaceFile, replaceLink } from './files.js';
import { pathsIn, type LabPaths, LOCK_FD, READY_FD, readSpec, type LabState } from './labDirectory.js';
import { createPeer } from './peers/index.js';

/** One line: `{"ready":true}` or `{"error":…}`. */
function reportToStarter(message: Record<string, unknown>): void {
  try {
    fs.writeSync(READY_FD, `${JSON.stringify(message)}\n`);
    fs.closeSync(READY_FD);
  } catch {
    // The starter has ended; the lab goes on without it.
  }
}

class Lab {
  #paths: LabPaths;
  #spec: LabSpec;
  #disks: LabDisk[] = [];
  #boards: Board[] = [];
  /** Every disk and board has started: state.json may name them. */
  #complete = false;

  constructor(paths: LabPaths, spec: LabSpec) {
    this.#paths = paths;
    this.#spec = spec;
  }

  async start(): Promise<void> {
    fs.mkdirSync(this.#paths.deviceDir, { mode: 0o700 });
    fs.mkdirSync(this.#paths.imageDir, { mode: 0o700 });
    for (const spec of this.#spec.disks) {
      const disk = new LabDisk({
        spec,
        seed: this.#spec.seed,
        paths: this.#paths,
        loopOf: (name) => this.#disks.find((other) => other.spec.name === name)?.loop ?? null,
        onNodeChanged: () => this.#complete && this.#writeState(),
        onFailed: (error) => void process.stderr.write(`disk ${spec.name}: ${toRecord(error).message}\n`),
      });
      this.#disks.push(disk);
      disk.start();
    }
    // The threads load meanwhile. One loop device after the other: losetup waits 200 ms where two want the same number.
    for (const disk of this.#disks) await disk.attach();
    for (const spec of this.#spec.boards) {
      const board = startBoard(spec, this.#poweringRelays(spec.name), createPeer, (name, channel, on) =>
        this.#contact(name, channel, on),
      );
      this.#boards.push(board);
      replaceLink(this.#paths.ttyLink(spec.name), board.ttyPath);
    }
    this.#complete = true;
    this.#writeState();
  }

  async stop(): Promise<void> {
    this.#boards.forEach((board) => board.close());
    await Promise.allSettled(this.#disks.map((disk) => disk.stop()));
  }

  /** States of the relays with which every disk has power: those with NC contacts are off. */
  #poweringRelays(board: string): (channel: number) => boolean {
    const feeds = this.#spec.disks.filter(({ fedBy, contact }) => fedBy.board === board && contact === 'NC');
    return (channel) => !feeds.some(({ fedBy }) => fedBy.channel === channel);
  }

  #contact(board: string, channel: number, on: boolean): void {
    for (const disk of this.#disks) {
      const { fedBy } = disk.spec;
      if (fedBy.board === board && fedBy.channel === channel) disk.contact(on === (disk.spec.contact === 'NO'));
    }
  }

  #writeState(): void {
    const { name, dir, diskLink, ttyLink } = this.#paths;
    const state: LabState = { name, pid: process.pid, stateDir: dir, disks: {}, boards: {} };
    for (const { spec, loop, backingFile } of this.#disks) {
      state.disks[spec.name] = { loop, backingFile, node: diskLink(spec.name) };
    }
    for (const { name: board } of this.#spec.boards) state.boards[board] = { tty: ttyLink(board) };
    replaceFile(this.#paths.state, `${JSON.stringify(state, null, 2)}\n`);
  }
}

async function main(dir: string, name: string): Promise<void> {
  const paths = pathsIn(dir, name);
  fs.writeSync(LOCK_FD, `${process.pid}\n`); // held for life
  const spec = readSpec(paths.spec);
  if (spec === null)
    throw new LabError('LAB_BAD_SPEC', `${paths.spec}: missing or not JSON. Start the lab with \`plugpull lab up\`.`, {
      dir,
    });

  const lab = new Lab(paths, spec);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void lab.stop().finally(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => undefined); // the starter's terminal may close
  try {
    await lab.start();
  } catch (error) {
    await lab.stop();
    throw error;
  }
  reportToStarter({ ready: true });
}

const [dir, name] = process.argv.slice(2);
main(dir ?? '', name ?? '').catch((error: unknown) => {
  const record = toRecord(error);
  process.stderr.write(`${record.message}\n`);
  reportToStarter({ error: record });
  process.exit(1);
});
