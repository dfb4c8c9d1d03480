/**
 * The guest's kernel and its modules, taken as files of this host: a kernel image and lib/modules/VERSION, installed or
 * merely unpacked. Which modules a module needs is read from the modules themselves, since `modules.dep` is made only
 * where a kernel is installed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Where fetch-kernel.sh puts one; PLUGPULL_VM_KERNEL names another place. */
export const KERNEL_FOLDER = '/var/cache/plugpull/vm-kernel';

export interface Kernel {
  image: string;
  version: string;
  modulesFolder: string;
}

export interface Module {
  name: string;
  bytes: Buffer;
}

/** The newest one of the first place that has any with its modules; null: none. */
export function findKernel(): Kernel | null {
  const named = process.env['PLUGPULL_VM_KERNEL'];
  const places = named === undefined ? [KERNEL_FOLDER, '/'] : [named];
  for (const place of places) {
    const found = kernelsIn(place).at(-1);
    if (found !== undefined) return found;
  }
  return null;
}

function kernelsIn(place: string): Kernel[] {
  const boot = join(place, 'boot');
  if (!existsSync(boot)) return [];
  return readdirSync(boot)
    .filter((name) => name.startsWith('vmlinuz-'))
    .map((name) => name.slice('vmlinuz-'.length))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((version) => ({ image: imageOf(boot, version), version, modulesFolder: join(place, 'lib/modules', version) }))
    .filter(({ modulesFolder }) => existsSync(join(modulesFolder, 'modules.builtin')));
}

/** Unpacked, where there is such a one: that starts in half the time. */
function imageOf(boot: string, version: string): string {
  const plain = join(boot, `vmlinux-${version}`);
  return existsSync(plain) ? plain : join(boot, `vmlinuz-${version}`);
}

/** `nvme-core` and `nvme_core` are one. */
function normal(name: string): string {
  return name.replaceAll('-', '_');
}

function nameOf(path: string): string {
  return normal(basename(path).replace(/\.ko(\.\w+)?$/, ''));
}

/** In the order in which they can be loaded: what a module needs stands before it. Throws for one that there is not. */
export function modulesInOrder(kernel: Kernel, wanted: readonly string[]): Module[] {
  const files = new Map<string, string>();
  for (const path of readdirSync(kernel.modulesFolder, { recursive: true, encoding: 'utf8' })) {
    if (/\.ko(\.(xz|zst|gz))?$/.test(path)) files.set(nameOf(path), join(kernel.modulesFolder, path));
  }
  const builtIn = new Set(readFileSync(join(kernel.modulesFolder, 'modules.builtin'), 'utf8').split('\n').map(nameOf));
  const ordered = new Map<string, Buffer>();
  const take = (name: string): void => {
    if (builtIn.has(name) || ordered.has(name)) return;
    const file = files.get(name);
    if (file === undefined)
      throw new Error(`kernel ${kernel.version} has no module ${name} in ${kernel.modulesFolder}`);
    const bytes = unpacked(file);
    dependenciesOf(bytes).forEach(take);
    ordered.set(name, bytes);
  };
  wanted.map(normal).forEach(take);
  return [...ordered].map(([name, bytes]) => ({ name, bytes }));
}

const UNPACK: Record<string, string> = { xz: 'xz', zst: 'zstd', gz: 'gzip' };
const MODULE_BYTES_MAX = 64 * 2 ** 20;

function unpacked(file: string): Buffer {
  const packing = /\.ko\.(\w+)$/.exec(file)?.[1];
  if (packing === undefined) return readFileSync(file);
  return execFileSync(UNPACK[packing]!, ['-dc', file], { maxBuffer: MODULE_BYTES_MAX });
}

/** `.modinfo` is a row of NUL-ended `key=value`. */
function dependenciesOf(module: Buffer): string[] {
  const key = Buffer.from('\0depends=');
  const at = module.indexOf(key);
  if (at < 0) return [];
  const from = at + key.length;
  const names = module.toString('latin1', from, module.indexOf(0, from));
  return names === '' ? [] : names.split(',').map(normal);
}
