/**
 * The tree of block devices, read from sysfs: the disk of a partition, the members of a stacked device, and what is
 * stacked on a device. Nodes are `major:minor`.
 */
import { readdirSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readAttribute, sysfsFolder } from './sysfs.js';

/** Decodes dev_t of Linux as Node gives it (new_encode_dev with the glibc 64-bit split). */
export function majorMinorOf(device: number): string {
  const value = BigInt(device);
  const major = ((value >> 8n) & 0xfffn) | ((value >> 32n) & ~0xfffn);
  const minor = (value & 0xffn) | ((value >> 12n) & ~0xffn & 0xffffffffn);
  return `${major}:${minor}`;
}

/** Null when the path does not exist, a folder of it may not be read, or its file system has failed. */
function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** major:minor of the block device at `path`; null when there is no block device at this path. */
export function blockNodeOf(path: string): string | null {
  const stat = statOrNull(path);
  return stat?.isBlockDevice() ? majorMinorOf(stat.rdev) : null;
}

function entries(...path: string[]): string[] {
  try {
    return readdirSync(join(...path)).sort();
  } catch {
    return [];
  }
}

/** Kernel names of the partitions of a disk. */
export function partitionsOf(majorMinor: string): string[] {
  const folder = sysfsFolder(majorMinor);
  return folder === null ? [] : entries(folder).filter((name) => readAttribute(folder, name, 'partition') !== null);
}

/** Kernel names of what is stacked on the device or on one of its partitions: md, dm, LVM, bcache, loop … */
export function holdersOf(majorMinor: string): string[] {
  const folder = sysfsFolder(majorMinor);
  if (folder === null) return [];
  const places = [folder, ...partitionsOf(majorMinor).map((name) => join(folder, name))];
  const names = places.flatMap((place) => entries(place, 'holders'));
  return [...new Set(names)].map(describeHolder).concat(loopsOver(majorMinor));
}

function describeHolder(name: string): string {
  const mapped = readAttribute('/sys/block', name, 'dm/name');
  return mapped === null ? name : `${name} (${mapped})`;
}

/**
 * A loop device over a block device is not among its holders in sysfs. This function does not touch backing files
 * outside /dev: one may be on a hung file system, where even stat never returns.
 */
function loopsOver(majorMinor: string): string[] {
  return entries('/sys/block').filter((name) => {
    const file = readAttribute('/sys/block', name, 'loop/backing_file');
    return file !== null && file.startsWith('/dev/') && blockNodeOf(file) === majorMinor;
  });
}

/**
 * The device itself and everything below it: the disk of a partition, the members of a stacked device, the device that
 * holds the backing file of a loop device.
 */
export function ancestorsOf(majorMinor: string): Set<string> {
  const seen = new Set<string>();
  const todo = [majorMinor];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    todo.push(...parentsOf(node));
  }
  return seen;
}

function parentsOf(majorMinor: string): string[] {
  const folder = sysfsFolder(majorMinor);
  if (folder === null) return [];
  const parents = entries(folder, 'slaves').map((name) => readAttribute('/sys/class/block', name, 'dev'));
  if (readAttribute(folder, 'partition') !== null) parents.push(readAttribute(dirname(folder), 'dev'));
  const file = readAttribute(folder, 'loop/backing_file');
  if (file !== null) parents.push(blockNodeOf(file) ?? deviceHolding(file));
  return parents.filter((parent) => parent !== null);
}

/** The device of the file system of `file`; null for file systems without one (tmpfs, FUSE, btrfs). */
function deviceHolding(file: string): string | null {
  const stat = statOrNull(file);
  return stat === null || sysfsFolder(majorMinorOf(stat.dev)) === null ? null : majorMinorOf(stat.dev);
}

/** The kernel name, for messages; the node itself where the kernel has no such device. */
export function kernelNameOf(majorMinor: string): string {
  const folder = sysfsFolder(majorMinor);
  return folder === null ? majorMinor : basename(folder);
}
