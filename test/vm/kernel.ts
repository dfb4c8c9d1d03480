/**
 * The guest's kernel and its modules, from files of this host: a kernel image and lib/modules/VERSION, installed or
 * only unpacked. The modules themselves say which ones they need: `modules.dep` exists only for an installed kernel.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** `fetch-kernel.sh` unpacks a kernel here; PLUGPULL_VM_KERNEL names another folder. */
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

/** The newest kernel with modules, from the first folder that has one; null: there is none. */
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

/** The unpacked image where it exists: it starts in half the time. */
function imageOf(boot: string, version: string): string {
  const plain = join(boot, `vmlinux-${version}`);
  return existsSync(plain) ? plain : join(boot, `vmlinuz-${version}`);
}

/** `nvme-core` and `nvme_core` name the same module. */
function normal(name: string): string {
  return name.replaceAll('-', '_');
}

function nameOf(path: string): string {
  return normal(basename(path).replace(/\.ko(\.\w+)?$/, ''));
}

/** In load order: each module follows those that it needs. Throws when a module does not exist. */
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

/** `.modinfo` is a sequence of `key=value`, each ended by NUL. */
function dependenciesOf(module: Buffer): string[] {
  const key = Buffer.from('\0depends=');
  const at = module.indexOf(key);
  if (at < 0) return [];
  const from = at + key.length;
  const names = module.toString('latin1', from, module.indexOf(0, from));
  return names === '' ? [] : names.split(',').map(normal);
}
