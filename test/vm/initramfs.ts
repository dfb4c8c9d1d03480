/** The guest's initramfs: a shell, modules in load order, and a script that mounts this host's files. */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { cpioArchive, type ArchiveFile } from './cpio.js';
import { modulesInOrder, type Kernel } from './kernel.js';
import { findProgram } from './prerequisites.js';

const PROGRAM = 0o100755;

/** Drivers of the buses and disks, of the agent's port and of this host's files. */
const MODULES = [
  ...['virtio_pci', '9pnet_virtio', '9p', 'virtio_console', 'virtio_scsi', 'sd_mod', 'sg', 'nvme', 'ahci'],
  ...['xhci_pci', 'usb_storage', 'uas', 'crc32c_generic'],
];

export function buildInitramfs(kernel: Kernel, project: string, more: readonly string[]): Buffer {
  const modules = modulesInOrder(kernel, [...MODULES, ...more]);
  const guest = (path: string): string => `/host${realpathSync(path)}`;
  const settings = {
    NODE: guest(process.execPath),
    AGENT: guest(join(project, 'test/vm/guest/agent.mjs')),
    PROJECT: guest(project),
  };
  const text = (path: string, content: string): ArchiveFile => ({ path, bytes: Buffer.from(content) });
  return cpioArchive([
    { path: 'busybox', bytes: readFileSync(findProgram('busybox')!), mode: PROGRAM },
    { path: 'init', bytes: readFileSync(join(project, 'test/vm/guest/init')), mode: PROGRAM },
    text(
      'settings',
      Object.entries(settings)
        .map(([name, value]) => `${name}='${value}'\n`)
        .join(''),
    ),
    text('modules/order', modules.map(({ name }) => `${name}\n`).join('')),
    ...modules.map(({ name, bytes }) => ({ path: `modules/${name}.ko`, bytes })),
  ]);
}
