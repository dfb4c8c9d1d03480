/**
 * The kernel's tree of block devices, read from sysfs: which disk a partition is on, what a stacked device is made of,
 * what is stacked on a device. Nodes are `major:minor`.
 */
import { readdirSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readAttribute, sysfsFolder } from './sysfs.js';

/** Linux's dev_t as Node gives it (new_encode_dev with the glibc 64-bit split). */
export function majorMinorOf(device: number): string {
  const value = BigInt(device);
  const major = ((value >> 8n) & 0xfffn) | ((value >> 32n) & ~0xfffn);
  const minor = (value & 0xffn) | ((value >> 12n) & ~0xffn & 0xffffffffn);
  return `${major}:${minor}`;
}

/** Null when it is gone, behind a closed folder, or on a file system that has died. */
function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** major:minor of the block device that `path` names, or null when it names something else or nothing. */
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

/** Kernel names of a disk's partitions. */
export function partitionsOf(majorMinor: string): string[] {
  const folder = sysfsFolder(majorMinor);
  return folder === null ? [] : entries(folder).filter((name) => readAttribute(folder, name, 'partition') !== null);
}

/** md, dm, LVM, bcache …: kernel names of what is stacked on the device or on one of its partitions. */
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
 * A loop device over a block device does not show among its holders. Other loop devices' files are left alone: they may
 * lie on somebody's hung file system, where even a stat never returns.
 */
function loopsOver(majorMinor: string): string[] {
  return entries('/sys/block').filter((name) => {
    const file = readAttribute('/sys/block', name, 'loop/backing_file');
    return file !== null && file.startsWith('/dev/') && blockNodeOf(file) === majorMinor;
  });
}

/**
 * The device and everything it stands on: a partition's disk, a stacked device's members, the device that holds a loop
 * device's file. Includes the start itself.
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

/** The device of the file system a file lies on; null for file systems without one (tmpfs, FUSE, btrfs). */
function deviceHolding(file: string): string | null {
  const stat = statOrNull(file);
  return stat === null || sysfsFolder(majorMinorOf(stat.dev)) === null ? null : majorMinorOf(stat.dev);
}

/** For messages. */
export function kernelNameOf(majorMinor: string): string {
  const folder = sysfsFolder(majorMinor);
  return folder === null ? majorMinor : basename(folder);
}
