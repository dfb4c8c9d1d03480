/**
 * Facts of a block device from sysfs and the udev database, by its major:minor. Unlike a name, major:minor stays that
 * of the device as long as a descriptor is open. An attribute that is absent is null, never a guess.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { WriteCache } from './blockDevice.js';

/** VPD page 0x80 (SPC-5, 7.7.19): four bytes of header, then the serial number in ASCII. */
const VPD_HEADER_BYTES = 4;

export interface SysfsFacts {
  kernelName: string;
  /** The disk of a partition; else equal to kernelName. */
  diskName: string;
  isPartition: boolean;
  writeCache: WriteCache;
  rotational: boolean;
  model: string | null;
  serial: string | null;
  wwn: string | null;
  backingFile: string | null;
}

/** The text of the attribute without the trailing newline, or null. */
export function readAttribute(...path: string[]): string | null {
  const file = join(...path);
  // Most attributes are absent, and an error costs Node ten times as much as this question.
  if (!existsSync(file)) return null;
  try {
    const text = readFileSync(file, 'utf8').trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}

/** Absolute path of the folder of the device in sysfs; null when the kernel has no such device. */
export function sysfsFolder(majorMinor: string): string | null {
  try {
    return realpathSync(`/sys/dev/block/${majorMinor}`);
  } catch {
    return null;
  }
}

export function readSysfs(majorMinor: string): SysfsFacts | null {
  const folder = sysfsFolder(majorMinor);
  if (folder === null) return null;
  const isPartition = readAttribute(folder, 'partition') !== null;
  const disk = isPartition ? dirname(folder) : folder;
  const udev = readUdev(majorMinor);
  return {
    kernelName: basename(folder),
    diskName: basename(disk),
    isPartition,
    writeCache: writeCacheOf(readAttribute(disk, 'queue/write_cache')),
    rotational: readAttribute(disk, 'queue/rotational') === '1',
    model: readAttribute(disk, 'device/model') ?? udev.get('ID_MODEL') ?? null,
    serial:
      readAttribute(disk, 'serial') ??
      readAttribute(disk, 'device/serial') ??
      vpdSerial(disk) ??
      udev.get('ID_SERIAL_SHORT') ??
      null,
    wwn:
      wwnOfMultipath(readAttribute(folder, 'dm/uuid')) ??
      normalizeWwn(readAttribute(disk, 'wwid') ?? readAttribute(disk, 'device/wwid')) ??
      udev.get('ID_WWN_WITH_EXTENSION') ??
      udev.get('ID_WWN') ??
      null,
    backingFile: readAttribute(disk, 'loop/backing_file'),
  };
}

function writeCacheOf(text: string | null): WriteCache {
  if (text === 'write back') return 'write-back';
  return text === 'write through' ? 'write-through' : 'unknown';
}

function vpdSerial(disk: string): string | null {
  try {
    const page = readFileSync(join(disk, 'device/vpd_pg80'));
    // Only a SCSI device has it. Makers pad the number with blanks or NULs.
    const serial = page.subarray(VPD_HEADER_BYTES).toString('latin1').replaceAll('\0', ' ').trim();
    return serial === '' ? null : serial;
  } catch {
    return null;
  }
}

/** sysfs writes `naa.5000…`, /dev/disk/by-id `wwn-0x5000…`: both become `0x5000…`. Others keep their spelling. */
export function normalizeWwn(wwn: string | null): string | null {
  if (wwn === null) return null;
  const text = wwn.trim().toLowerCase().replace(/^wwn-/, '');
  return text.startsWith('naa.') ? `0x${text.slice('naa.'.length)}` : text;
}

const VIRTUAL_FOLDER = '/sys/devices/virtual/block/';

/** A phrase for a device that the kernel makes (md, dm, zram …), with its members; null: hardware. */
export function madeByKernel(majorMinor: string): string | null {
  const folder = sysfsFolder(majorMinor);
  if (folder === null || !folder.startsWith(VIRTUAL_FOLDER)) return null;
  const members = existsSync(join(folder, 'slaves')) ? readdirSync(join(folder, 'slaves')).sort() : [];
  const kind = existsSync(join(folder, 'md'))
    ? 'an md array'
    : existsSync(join(folder, 'dm'))
      ? 'a device mapper volume'
      : 'a virtual device';
  return members.length === 0 ? kind : `${kind} of ${members.join(', ')}`;
}

const MULTIPATH_UUID = 'mpath-';

/** Whether this is a disk over several paths, made by multipathd: the UUID of the device mapper shows it. */
export function isMultipath(majorMinor: string): boolean {
  const folder = sysfsFolder(majorMinor);
  return folder !== null && readAttribute(folder, 'dm/uuid')?.startsWith(MULTIPATH_UUID) === true;
}

/**
 * The WWN in the UUID of a multipath device, spelled as the paths of the same disk spell it. A SCSI WWID begins with
 * the type of its designator (SPC-5, 7.7.6: 3 is NAA, 2 is EUI-64); an NVMe WWID has a prefix. Null for anything else.
 */
export function wwnOfMultipath(uuid: string | null): string | null {
  if (uuid === null || !uuid.startsWith(MULTIPATH_UUID)) return null;
  const wwid = uuid.slice(MULTIPATH_UUID.length).toLowerCase();
  if (/^3[0-9a-f]{16}([0-9a-f]{16})?$/.test(wwid)) return `0x${wwid.slice(1)}`;
  if (/^2[0-9a-f]{16}$/.test(wwid)) return `eui.${wwid.slice(1)}`;
  return /^(eui|uuid|nvme)\./.test(wwid) ? wwid : null;
}

function readUdev(majorMinor: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of (readAttribute(`/run/udev/data/b${majorMinor}`) ?? '').split('\n')) {
    const match = /^E:([^=]+)=(.*)$/.exec(line);
    if (match) properties.set(match[1]!, match[2]!);
  }
  return properties;
}
