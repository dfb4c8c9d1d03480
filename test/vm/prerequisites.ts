/** What the virtual machine needs from this host, and which packages provide it. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findKernel } from './kernel.js';

const PROGRAMS: readonly [program: string, debianPackage: string][] = [
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['busybox', 'busybox-static'],
  ['setpriv', 'util-linux'],
  ['udevadm', 'udev'],
];

/** Folders that may be missing from a user's PATH. */
const SBIN = ['/usr/sbin', '/sbin'];

export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SBIN];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** For programs that only some tests run in the guest: the command that installs the missing ones; null: none. */
export function missingOf(programs: Record<string, string>): string | null {
  const packages = Object.entries(programs)
    .filter(([program]) => findProgram(program) === null)
    .map(([, name]) => name);
  return packages.length === 0 ? null : `apt install ${packages.join(' ')}`;
}

/** null: a machine can start here. The guest runs this host's programs on an emulated x86. */
export function whyNoMachine(): string | null {
  if (process.arch !== 'x64') return `the guest is an x86 and runs this host's programs, which are for ${process.arch}`;
  if (process.getuid?.() !== 0) return 'the virtual lab needs root';
  const packages = missingOf(Object.fromEntries(PROGRAMS));
  if (packages !== null) return packages;
  // The guest has no libraries when its shell starts. A dynamically linked program names its loader near its beginning.
  if (readFileSync(findProgram('busybox')!).subarray(0, 4096).includes('/ld-'))
    return 'apt install busybox-static: this busybox needs libraries';
  return findKernel() === null ? 'no kernel with modules: run `test/vm/fetch-kernel.sh`' : null;
}

/** For the title of a skipped suite. */
export function because(reason: string | null): string {
  return reason === null ? '' : ` (skipped: ${reason})`;
}
