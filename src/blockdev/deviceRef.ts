/** A device as a profile names it. */

export interface DeviceRef {
  /** A path (`/dev/disk/by-id/…`), or `lab:NAME` for a virtual disk of this profile's `lab:` section. */
  device: string;
  /** Must match what the device says; undefined = not checked (only allowed for lab devices). */
  serial?: string;
  wwn?: string;
  /** Loop devices only: the file behind it must be this one. */
  backingFile?: string;
  /** Use only the first so many bytes; default: all. */
  sizeBytes?: number;
  /** How a write is made durable: a flush behind it, or FUA on each write. */
  durability: 'flush' | 'fua';
}
