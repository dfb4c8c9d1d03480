/** What a lab's description must keep to beyond its types. Throws LabError naming the value, the rule and the next step. */
import type { LabBoardSpec, LabDiskSpec, LabSpec } from './spec.js';
import { LabError } from './errors.js';
import { parseFaults } from './faults/spec.js';
import { checkName } from './paths.js';
import { createPeer } from './peers/index.js';

/** Loop devices, threads and caches are per disk; a bench has three. */
const DISKS_MAX = 64;
const BOARDS_MAX = 16;
const CACHE_BYTES_MAX = 4 * 1024 ** 3;

function bad(where: string, value: unknown, rule: string): never {
  throw new LabError('LAB_BAD_SPEC', `${where}: ${JSON.stringify(value)}; ${rule}. Correct the lab: section.`, {
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

/** The peer knows its protocol, channels and options best: one is made for the answer. */
function checkBoard({ name, protocol, channels, contactDelayMs, options }: LabBoardSpec): void {
  checkNumber(`board ${name}, contactDelayMs`, contactDelayMs, 0, 60_000);
  try {
    createPeer(protocol, { channels, initialOn: true, options });
  } catch (error) {
    bad(`board ${name}`, { protocol, channels, options }, (error as Error).message);
  }
}

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
