/**
 * Shared by the lab's tests: a lab in a directory of its own, power switched over the tty, and direct I/O on the nodes.
 * `tearDown` removes all of it, also after a failed test.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import koffi from 'koffi';
import { labDown, labUp, type LabState } from '../../src/lab/lab.js';
import type { LabDiskSpec, LabSpec } from '../../src/lab/spec.js';

export const MIB = 1024 * 1024;
/** Only a hang takes this long. On a busy host, attaching a loop device takes seconds. */
const DEADLINE_MS = 120_000;
const started = new Set<string>();
let stateDir: string | null = null;

/** Virtual disks need root, FUSE and loop devices. */
export const canRunLab = process.getuid?.() === 0 && fs.existsSync('/dev/fuse') && fs.existsSync('/dev/loop-control');

export function diskSpec(name: string, channel: number, more: Partial<LabDiskSpec> = {}): LabDiskSpec {
  return {
    name,
    sizeBytes: 16 * MIB,
    logicalBlockBytes: 512,
    fedBy: { board: 'relay0', channel },
    contact: 'NO',
    cacheBytes: 4 * MIB,
    killModel: 'drop',
    keepProbability: 0.5,
    tearProbability: 0,
    holdUpMs: 0,
    vanish: false,
    silent: null,
    faults: [],
    ...more,
  };
}

export function labSpec(disks: LabDiskSpec[], seed = 1): LabSpec {
  return { seed, disks, boards: [{ name: 'relay0', protocol: 'lcus', channels: 4, contactDelayMs: 1, options: {} }] };
}

/** Labs of this test file live here. */
export function useStateDir(): string {
  stateDir ??= fs.mkdtempSync(path.join(os.tmpdir(), 'plugpull-lab-'));
  process.env['PLUGPULL_STATE_DIR'] = stateDir;
  return stateDir;
}

export async function startLab(spec: LabSpec, name = 'test'): Promise<LabState> {
  useStateDir();
  started.add(name);
  return labUp(name, spec);
}

export async function tearDown(): Promise<void> {
  for (const name of started) await labDown(name);
  started.clear();
  if (stateDir !== null) fs.rmSync(stateDir, { recursive: true, force: true });
  stateDir = null;
}

/** Sends the LCUS frame; returns at once. */
export function switchRelay(lab: LabState, channel: number, on: boolean): void {
  const op = on ? 1 : 0;
  const fd = fs.openSync(lab.boards['relay0']!.tty, fs.constants.O_RDWR | fs.constants.O_NOCTTY);
  fs.writeSync(fd, Uint8Array.of(0xa0, channel, op, (0xa0 + channel + op) & 0xff));
  fs.closeSync(fd);
}

export async function waitFor(what: string, probe: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!probe()) {
    if (performance.now() > deadline) throw new Error(`waited ${DEADLINE_MS} ms for: ${what}`);
    await delay(2);
  }
}

export async function cutPower(lab: LabState, disk: string, channel: number): Promise<void> {
  switchRelay(lab, channel, false);
  await waitFor(`${disk} has lost its power`, () => !answers(lab, disk));
}

export async function restorePower(lab: LabState, disk: string, channel: number): Promise<void> {
  switchRelay(lab, channel, true);
  await waitFor(`${disk} is back`, () => answers(lab, disk));
  // The lab writes its state after the link.
  await waitFor(`${disk} is in the lab's state again`, () => {
    const state = JSON.parse(fs.readFileSync(path.join(lab.stateDir, 'state.json'), 'utf8')) as LabState;
    return state.disks[disk]?.loop === fs.realpathSync(state.disks[disk]!.node);
  });
}

function answers(lab: LabState, disk: string): boolean {
  try {
    withNode(lab, disk, (node) => node.read(0, 4096));
    return true;
  } catch {
    return false;
  }
}

/** Page-aligned, as O_DIRECT requires. */
export function alignedBuffer(lengthBytes: number): Buffer {
  const raw = Buffer.allocUnsafeSlow(lengthBytes + 4096);
  const start = Number((4096n - (BigInt(koffi.address(raw)) % 4096n)) % 4096n);
  return raw.subarray(start, start + lengthBytes).fill(0);
}

export class Node {
  readonly fd: number;

  constructor(path: string) {
    this.fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_DIRECT);
  }

  read(offset: number, length: number): Buffer {
    const bytes = alignedBuffer(length);
    const n = fs.readSync(this.fd, bytes, 0, length, offset);
    return bytes.subarray(0, n);
  }

  /** One write to the device, filled with one byte value. */
  write(offset: number, length: number, value: number): void {
    fs.writeSync(this.fd, alignedBuffer(length).fill(value), 0, length, offset);
  }

  flush(): void {
    fs.fsyncSync(this.fd);
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

export function withNode<T>(lab: LabState, disk: string, use: (node: Node) => T): T {
  const node = new Node(lab.disks[disk]!.node);
  try {
    return use(node);
  } finally {
    node.close();
  }
}

/** The name of the errno that `action` throws; null: it does not throw. */
export function errnoOf(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

export function readJsonLines(file: string): Record<string, unknown>[] {
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
