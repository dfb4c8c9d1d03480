/** What sysfs knows of a device, without opening it: for `plan`. */
import { blockNodeOf } from '../blockdev/blockTree.js';
import { needsEnrolment, usableBytes } from './label.js';
import type { WriteCache } from '../blockdev/blockDevice.js';
import { readAttribute, readSysfs, sysfsFolder } from '../blockdev/sysfs.js';

export interface DeviceNow {
  kernelName: string;
  sizeBytes: number;
  /** The bytes before its label, if it needs one. */
  usableBytes: number;
  writeCache: WriteCache;
  model: string | null;
  serial: string | null;
  wwn: string | null;
  needsEnrolment: boolean;
}

/** sysfs counts in sectors of 512 bytes for every device. */
const SYSFS_SECTOR_BYTES = 512;

/** Null: there is no such block device now. */
export function deviceNow(path: string): DeviceNow | null {
  const node = blockNodeOf(path);
  const facts = node === null ? null : readSysfs(node);
  if (node === null || facts === null) return null;
  const sectors = Number(readAttribute(sysfsFolder(node) ?? '', 'size') ?? 0);
  const { kernelName, writeCache, model, serial, wwn, backingFile } = facts;
  const sizeBytes = sectors * SYSFS_SECTOR_BYTES;
  return {
    kernelName,
    sizeBytes,
    usableBytes: usableBytes({ sizeBytes, backingFile }),
    writeCache,
    model,
    serial,
    wwn,
    needsEnrolment: needsEnrolment({ backingFile }),
  };
}
