/**
 * Opens the three devices of a rig, checks their identities, and computes the geometry that follows from their sizes.
 */
import { AREA_NAMES, type AreaName } from '../base/areas.js';
import type { DeviceIdentity, OpenDevice, DeviceRef } from '../blockdev/blockDevice.js';
import { normalizeWwn } from '../blockdev/sysfs.js';
import { requireLabel } from '../gate/labelIo.js';
import { usableBytes } from '../gate/label.js';
import { openDevice } from '../blockdev/openDevice.js';
import { journalLayout } from '../tracker/journal/layout.js';
import type { JournalGeometry } from '../tracker/journal/format.js';
import { ReplicationError } from './errors.js';
import { requireMemory } from './memoryNeed.js';
import type { ReplicationSpec } from './replicationEngine.js';

/** Unit of the history: the usable bytes of an area are a multiple of it. */
const USABLE_UNIT_BYTES = 4096;
/** The largest regionSize of a profile. */
const REGION_BYTES_MAX = 2 ** 30;

export interface OpenAreas {
  devices: [OpenDevice, OpenDevice, OpenDevice];
  identities: Record<AreaName, DeviceIdentity>;
  geometry: JournalGeometry;
  regionCount: number;
  /** The larger logical block of P and S. */
  alignBytes: number;
  close(): void;
}

/** Descriptors that must stay open as long as the kernel has I/O of the devices: the lock of the rig. */
export function keptOpen({ lockFd }: Pick<ReplicationSpec, 'lockFd'>): number[] {
  return lockFd === undefined ? [] : [lockFd];
}

/**
 * @throws DeviceError when a device cannot be opened or has no label, ReplicationError ENGINE_DEVICE when one does not
 * fit.
 *   After an error no device stays open.
 */
export function openAreas(spec: ReplicationSpec): OpenAreas {
  const opened: OpenDevice[] = [];
  const close = (): void => {
    for (const device of opened) device.close();
  };
  try {
    for (const area of AREA_NAMES) {
      const device = openDevice(spec[area].device, { ffi: spec.ffi });
      opened.push(device);
      checkIdentity(area, spec[area], device.identity);
      requireLabel(device, spec.ffi);
    }
    return { ...measure(spec, opened as [OpenDevice, OpenDevice, OpenDevice]), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The name may lead to another disk than when the safety gate checked it: this checks the open descriptor. */
function checkIdentity(area: AreaName, ref: DeviceRef, found: DeviceIdentity): void {
  const expected = [
    ['serial', ref.serial, found.serial],
    ['WWN', normalizeWwn(ref.wwn ?? null) ?? undefined, normalizeWwn(found.wwn)],
    ['backing file', ref.backingFile, found.backingFile],
  ] as const;
  for (const [what, wanted, is] of expected) {
    if (wanted === undefined || wanted === is) continue;
    throw new ReplicationError(
      'ENGINE_DEVICE',
      `${area} ${ref.device} (${found.kernelName}) has ${what} ${is ?? 'none'}; the profile says ${wanted}: ` +
        'another disk has taken the name. Nothing was written; check the cabling and the profile',
      { area, what, wanted, found: is ?? '' },
    );
  }
  if (found.readOnly) {
    throw new ReplicationError('ENGINE_DEVICE', `${area} ${ref.device} is read-only; plugpull must write to it`, {
      area,
    });
  }
}

/** Usable bytes of an area: up to its label, and at most what the profile says. */
function usableOf(ref: DeviceRef, identity: Sized): number {
  return Math.min(usableBytes(identity), ref.sizeBytes ?? Number.POSITIVE_INFINITY);
}

export function geometryOf(
  spec: Pick<ReplicationSpec, 'primary' | 'secondary' | 'journal' | 'tracking'>,
  identities: Pick<Record<AreaName, Sized>, 'primary' | 'secondary'>,
): JournalGeometry {
  const smaller = Math.min(usableOf(spec.primary, identities.primary), usableOf(spec.secondary, identities.secondary));
  const rounded = Math.floor(smaller / USABLE_UNIT_BYTES) * USABLE_UNIT_BYTES;
  return { regionBytes: spec.tracking.regionBytes, usableBytes: rounded, logBytes: spec.journal.logBytes };
}

type Sized = Pick<DeviceIdentity, 'sizeBytes' | 'backingFile'>;

/** The smallest region size whose indicators fit on the journal; null: the log alone does not. */
function regionBytesOfJournal(
  { usableBytes, regionBytes, logBytes }: JournalGeometry,
  available: number,
): number | null {
  for (let bytes = regionBytes; bytes <= REGION_BYTES_MAX; bytes *= 2)
    if (journalLayout(logBytes, Math.ceil(usableBytes / bytes)).totalBytes <= available) return bytes;
  return null;
}

/**
 * The devices need not be open. `availableMemory`: bytes; left out: of this host now.
 *
 * @throws ReplicationError ENGINE_DEVICE when they are too small for areas or journal, or their maps for the memory
 */
export function fitAreas(
  spec: Pick<ReplicationSpec, 'primary' | 'secondary' | 'journal' | 'tracking'>,
  identities: Record<AreaName, Sized>,
  availableMemory?: number,
): Pick<OpenAreas, 'geometry' | 'regionCount'> {
  const geometry = geometryOf(spec, identities);
  if (geometry.usableBytes < USABLE_UNIT_BYTES) {
    throw new ReplicationError(
      'ENGINE_DEVICE',
      `the areas have ${geometry.usableBytes} usable bytes; at least ${USABLE_UNIT_BYTES} are needed`,
    );
  }
  const regionCount = Math.ceil(geometry.usableBytes / geometry.regionBytes);
  const needed = journalLayout(geometry.logBytes, regionCount).totalBytes;
  const available = usableOf(spec.journal, identities.journal);
  if (available < needed) {
    const enough = regionBytesOfJournal(geometry, available);
    throw new ReplicationError(
      'ENGINE_DEVICE',
      `journal ${spec.journal.device} has ${available} bytes; log (${geometry.logBytes}) and indicator area of ${regionCount} ` +
        `regions need ${needed}. Use a larger device, a smaller journal.logSize or a larger regionSize` +
        (enough === null ? '' : ` (${enough} bytes or more)`),
      { available, needed, ...(enough === null ? {} : { regionBytes: enough }) },
    );
  }
  requireMemory(geometry, availableMemory);
  return { geometry, regionCount };
}

function measure(spec: ReplicationSpec, devices: [OpenDevice, OpenDevice, OpenDevice]): Omit<OpenAreas, 'close'> {
  const [p, s, j] = devices.map((d) => d.identity);
  const identities = { primary: p, secondary: s, journal: j };
  return {
    devices,
    identities,
    ...fitAreas(spec, identities),
    alignBytes: Math.max(p.logicalBlockBytes, s.logicalBlockBytes),
  };
}
