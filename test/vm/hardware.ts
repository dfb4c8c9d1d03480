/** Disks as QEMU emulates them: one description for disks at start and for disks plugged in later. */

export type DiskKind = 'nvme' | 'scsi' | 'ata' | 'usb';

export interface MachineDisk {
  /** Letters and digits. */
  id: string;
  kind: DiskKind;
  /** A file, or a block device of this host, which QEMU opens with O_DIRECT. */
  backing: string;
  serial: string;
  /** SCSI and ATA; 16 hexadecimal digits. Linux ignores that of an emulated NVMe disk. */
  wwn?: string;
  /** SCSI: attached to both host adapters, as two disks with one name. */
  twoPaths?: boolean;
}

/** QEMU's own JSON, for `-blockdev`/`-device` and for QMP. */
export interface Properties {
  [name: string]: string | number | boolean | Properties;
}

/** QEMU's JSON has 64-bit numbers, which a double cannot hold: here they are strings, `u64:` and hexadecimal digits. */
export function qemuJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"u64:([0-9a-f]+)"/g, (_, digits: string) =>
    BigInt(`0x${digits}`).toString(),
  );
}

/** One slot per NVMe disk: QEMU can unplug PCIe devices from root ports only. */
export const NVME_SLOTS = 3;

/** Every machine has two SCSI adapters, a USB controller and slots. AHCI is part of the chipset. */
export function controllers(): Properties[] {
  const slots = Array.from({ length: NVME_SLOTS }, (_, i) => ({
    driver: 'pcie-root-port',
    id: `slot${i}`,
    chassis: i + 1,
    slot: i + 1,
  }));
  return [
    ...slots,
    { driver: 'virtio-scsi-pci', id: 'hba0' },
    { driver: 'virtio-scsi-pci', id: 'hba1' },
    { driver: 'qemu-xhci', id: 'xhci' },
  ];
}

export function backend(disk: MachineDisk): Properties {
  const isNode = disk.backing.startsWith('/dev/');
  return {
    driver: isNode ? 'host_device' : 'file',
    'node-name': disk.id,
    filename: disk.backing,
    cache: { direct: isNode },
  };
}

/** `slot`: its number on the bus; the caller counts. */
export function frontends(disk: MachineDisk, slot: number): Properties[] {
  const { id, serial } = disk;
  const wwn: Properties = disk.wwn === undefined ? {} : { wwn: `u64:${disk.wwn}` };
  // The guest sees each error of the host; by default QEMU would stop the guest.
  const errors = { rerror: 'report', werror: 'report' };
  switch (disk.kind) {
    case 'nvme':
      return [{ driver: 'nvme', id, drive: id, serial, bus: `slot${slot}` }];
    case 'ata':
      return [{ driver: 'ide-hd', id, drive: id, serial, bus: `ide.${slot}`, ...wwn, ...errors }];
    case 'usb':
      return [{ driver: 'usb-storage', id, drive: id, serial, bus: 'xhci.0' }];
    case 'scsi': {
      const paths = disk.twoPaths === true ? ['hba0', 'hba1'] : ['hba0'];
      return paths.map((hba, i) => ({
        driver: 'scsi-hd',
        id: i === 0 ? id : `${id}path${i}`,
        drive: id,
        serial,
        bus: `${hba}.0`,
        lun: slot,
        'share-rw': paths.length > 1,
        ...wwn,
        ...errors,
      }));
    }
  }
}
