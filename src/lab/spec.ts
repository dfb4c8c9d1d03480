/**
 * The virtual lab as a profile describes it, and the checks beyond its types. Sizes in bytes, times in milliseconds.
 */
import { LabError } from './errors.js';
import { parseFaults } from './faults/spec.js';
import { createPeer } from './peers/index.js';

export type KillModel = 'keep-drop' | 'drop' | 'keep' | 'mixed';

export interface LabDiskSpec {
  name: string;
  sizeBytes: number;
  logicalBlockBytes: 512 | 4096;
  /** Channel that feeds it: `BOARD:CHANNEL` of a lab board. */
  fedBy: { board: string; channel: number };
  /** Wiring of that relay: with NO the disk has power while the relay is on, with NC while it is off. */
  contact: 'NO' | 'NC';
  /** Size of the volatile write cache; a full cache makes its oldest entries durable. */
  cacheBytes: number;
  killModel: KillModel;
  /** keep-drop: chance that an unflushed write survives. */
  keepProbability: number;
  /** Chance that an unflushed write that survives is torn at 512 bytes. */
  tearProbability: number;
  /** The disk works on for this time after its contact has opened. */
  holdUpMs: number;
  /** The node vanishes without power and comes back, possibly under another loop number. */
  vanish: boolean;
  /**
   * Without power the disk answers nothing; when power returns, waiting requests fail or are performed. null: they fail
   * at once.
   */
  silent: 'fail' | 'retry' | null;
  /** As in src/lab/faults/spec.ts, for example { class: 'lying-flush' }. */
  faults: Record<string, unknown>[];
}

export interface LabBoardSpec {
  name: string;
  protocol: string;
  channels: number;
  contactDelayMs: number;
  /** Quirks and misbehavior of the peer, as src/lab/peers checks them. */
  options: Record<string, unknown>;
}

export interface LabSpec {
  seed: number;
  disks: LabDiskSpec[];
  boards: LabBoardSpec[];
}

/** Each disk has a loop device, a thread and a cache. A rig needs three. */
const DISKS_MAX = 64;
const BOARDS_MAX = 16;
const CACHE_BYTES_MAX = 4 * 1024 ** 3;

/** Names become file names. */
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Throws LabError LAB_BAD_NAME. */
export function checkName(what: string, name: string): void {
  if (NAME.test(name)) return;
  throw new LabError(
    'LAB_BAD_NAME',
    `${what} name "${name}": it must be 1 to 32 of a-z, 0-9 and -, not starting with -. Rename it.`,
    {
      what,
      name,
    },
  );
}

function bad(where: string, value: unknown, rule: string): never {
  throw new LabError('LAB_BAD_SPEC', `${where}: ${JSON.stringify(value)}; ${rule}. Correct lab: in the profile.`, {
    where,
    value,
  });
}

function checkNumber(where: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max)) bad(where, value, `it must be from ${min} to ${max}`);
}

function checkUnique(what: string, names: string[]): void {
  names.forEach((name) => checkName(what, name));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) bad(`${what}s`, twice, 'each name may be used once');
}

function checkDisk(disk: LabDiskSpec, spec: LabSpec): void {
  const where = (field: string): string => `disk ${disk.name}, ${field}`;
  if (![512, 4096].includes(disk.logicalBlockBytes))
    bad(where('logicalBlockBytes'), disk.logicalBlockBytes, '512 or 4096');
  checkNumber(where('sizeBytes'), disk.sizeBytes, 4096, Number.MAX_SAFE_INTEGER);
  if (disk.sizeBytes % 4096 !== 0) bad(where('sizeBytes'), disk.sizeBytes, 'it must be a multiple of 4096');
  checkNumber(where('cacheBytes'), disk.cacheBytes, 0, CACHE_BYTES_MAX);
  checkNumber(where('keepProbability'), disk.keepProbability, 0, 1);
  checkNumber(where('tearProbability'), disk.tearProbability, 0, 1);
  checkNumber(where('holdUpMs'), disk.holdUpMs, 0, 3_600_000);
  if (!['drop', 'keep', 'keep-drop', 'mixed'].includes(disk.killModel))
    bad(where('killModel'), disk.killModel, 'drop, keep, keep-drop or mixed');
  const board = spec.boards.find(({ name }) => name === disk.fedBy.board);
  if (board === undefined)
    bad(where('fedBy'), disk.fedBy, `boards of this lab: ${spec.boards.map((b) => b.name).join(', ') || 'none'}`);
  checkNumber(where('fedBy.channel'), disk.fedBy.channel, 1, board.channels);
  for (const fault of parseFaults(disk.name, disk.faults)) {
    if (fault.class !== 'wrong-device') continue;
    const others = spec.disks.map(({ name }) => name).filter((name) => name !== disk.name);
    if (!others.includes(fault.with))
      bad(where('faults, wrong-device, with'), fault.with, `one of ${others.join(', ') || '(no other disk)'}`);
  }
}

/** Protocol, channels and options are checked by making a peer of them. */
function checkBoard({ name, protocol, channels, contactDelayMs, options }: LabBoardSpec): void {
  checkNumber(`board ${name}, contactDelayMs`, contactDelayMs, 0, 60_000);
  try {
    createPeer(protocol, { channels, initialOn: true, options });
  } catch (error) {
    bad(`board ${name}`, { protocol, channels, options }, (error as Error).message);
  }
}

/** Throws LabError. */
export function checkLabSpec(spec: LabSpec): void {
  checkNumber('seed', spec.seed, 0, Number.MAX_SAFE_INTEGER);
  checkNumber('disks', spec.disks.length, 0, DISKS_MAX);
  checkNumber('boards', spec.boards.length, 0, BOARDS_MAX);
  checkUnique(
    'disk',
    spec.disks.map(({ name }) => name),
  );
  checkUnique(
    'board',
    spec.boards.map(({ name }) => name),
  );
  spec.boards.forEach(checkBoard);
  for (const disk of spec.disks) checkDisk(disk, spec);
}
