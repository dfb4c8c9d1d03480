/** What a machine of kernel drivers needs of this host, and what to install where it lacks. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findKernel } from './kernel.js';

const PROGRAMS: readonly [program: string, debianPackage: string][] = [
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['busybox', 'busybox-static'],
  ['setpriv', 'util-linux'],
  ['udevadm', 'udev'],
];

/** Folders that a user's PATH may lack. */
const SBIN = ['/usr/sbin', '/sbin'];

export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SBIN];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Programs of this host that only some tests use in the guest. */
export function missingOf(programs: Record<string, string>): string | null {
  const packages = Object.entries(programs)
    .filter(([program]) => findProgram(program) === null)
    .map(([, name]) => name);
  return packages.length === 0 ? null : `apt install ${packages.join(' ')}`;
}

/** null: a machine can be started here. The emulated CPU is an x86, and so must be the programs it shares with the host. */
export function whyNoMachine(): string | null {
  if (process.arch !== 'x64') return `the guest shares this host's programs, and they are for ${process.arch}`;
  if (process.getuid?.() !== 0) return 'the virtual lab needs root';
  const packages = missingOf(Object.fromEntries(PROGRAMS));
  if (packages !== null) return packages;
  // The guest has no libraries when its shell starts. A program that needs some names its loader at its very start.
  if (readFileSync(findProgram('busybox')!).subarray(0, 4096).includes('/ld-'))
    return 'apt install busybox-static: this busybox needs libraries';
  return findKernel() === null ? 'no kernel with modules: test/vm/fetch-kernel.sh' : null;
}

/** For the title of a suite that is skipped: the reason is read where the skip is. */
export function because(reason: string | null): string {
  return reason === null ? '' : ` (skipped: ${reason})`;
}
