/** Kernel, permissions, native library, programs. Opens nothing for writing. */
import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { createIoEngine } from '../../device/engine.js';
import { NATIVE_BUILD_COMMAND } from '../../device/native.js';
import type { DeviceIdentity, OpenDevice } from '../../device/port.js';
import { systemEnvironment } from '../../device/systemPrograms.js';
import type { FfiName } from '../options.js';
import { textOf } from '../../campaign/errors.js';
import { lacking, missing, ok, type Check } from './check.js';

/** RWF_DSYNC reaches block devices as FUA, and O_DIRECT loop devices behave, since long before; io_uring since 5.1. */
const KERNEL_MIN: readonly [number, number] = [5, 4];
const NODE_MIN: readonly [number, number] = [20, 19];

/** Programs that are called, with the Debian package that brings each. */
const PROGRAMS: readonly { program: string; apt: string; needed: boolean; for: string }[] = [
  { program: 'losetup', apt: 'mount', needed: false, for: 'virtual disks' },
  { program: 'wipefs', apt: 'util-linux', needed: true, for: 'the safety gate' },
  { program: 'nvme', apt: 'nvme-cli', needed: false, for: 'unsafe shutdowns of NVMe disks as evidence of a cut' },
  { program: 'smartctl', apt: 'smartmontools', needed: false, for: 'power cycles of SATA, SAS and NVMe disks as evidence of a cut' },
  { program: 'cc', apt: 'gcc libc6-dev linux-libc-dev', needed: false, for: 'building the native library' },
  { program: 'fio', apt: 'fio', needed: false, for: 'bench and its tests' },
  { program: 'promtool', apt: 'prometheus', needed: false, for: 'checking metrics and alert rules' },
];

export function hostChecks(ffi: FfiName, needsLab: boolean): Check[] {
  return [kernel(), node(), root(needsLab), ...nativeChecks(ffi), ...labChecks(needsLab), ...programs(needsLab)];
}

function kernel(): Check {
  const text = release();
  return atLeast(text, KERNEL_MIN) ? ok('kernel', text) : missing('kernel', text, `use Linux ${KERNEL_MIN.join('.')} or later`);
}

function node(): Check {
  const text = process.versions.node;
  return atLeast(text, NODE_MIN) ? ok('node', text) : missing('node', text, `use Node.js ${NODE_MIN.join('.')} or later`);
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a, b] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}

function root(needsLab: boolean): Check {
  const uid = process.getuid?.() ?? -1;
  if (uid === 0) return ok('root', 'uid 0');
  return (needsLab ? missing : lacking)('root', `uid ${uid}`, 'virtual labs need root; real disks need a user in groups disk and dialout');
}

/** An engine over /dev/null shows whether library, loader and io_uring work. */
function nativeChecks(ffi: FfiName): Check[] {
  const fd = openSync('/dev/null', 'r');
  const nothing: OpenDevice = { fd, closed: false, identity: {} as DeviceIdentity, close: () => undefined };
  const tryKind = (kind: 'io_uring' | 'threads'): string | null => {
    try {
      createIoEngine({ ffi, kind, depth: 1, arenaBytes: 4096, devices: [nothing] }).close();
      return null;
    } catch (error) {
      return textOf(error);
    }
  };
  try {
    const threads = tryKind('threads');
    if (threads !== null) return [missing(`native library (${ffi})`, threads, `${NATIVE_BUILD_COMMAND}; apt install gcc libc6-dev linux-libc-dev`)];
    const ring = tryKind('io_uring');
    return [
      ok(`native library (${ffi})`, 'loads'),
      ring === null ? ok('io_uring', 'works') : lacking('io_uring', ring, 'threads are used instead; sysctl kernel.io_uring_disabled=0'),
    ];
  } finally {
    closeSync(fd);
  }
}

function labChecks(needed: boolean): Check[] {
  const bad = needed ? missing : lacking;
  const fuse = existsSync('/dev/fuse') && readFileSync('/proc/filesystems', 'utf8').includes('fuse');
  const loop = existsSync('/dev/loop-control');
  return [
    fuse ? ok('FUSE', '/dev/fuse') : bad('FUSE', 'no /dev/fuse', 'modprobe fuse'),
    loop ? ok('loop devices', '/dev/loop-control') : bad('loop devices', 'no /dev/loop-control', 'modprobe loop'),
    existsSync('/dev/ptmx') ? ok('ptys', '/dev/ptmx') : bad('ptys', 'no /dev/ptmx', 'mount -t devpts devpts /dev/pts'),
  ];
}

function programs(needsLab: boolean): Check[] {
  return PROGRAMS.map(({ program, apt, needed, for: purpose }) => {
    const found = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8', env: systemEnvironment() });
    if (found.status === 0) return ok(program, found.stdout.trim());
    const stops = needed || (needsLab && program === 'losetup');
    return (stops ? missing : lacking)(program, `not found (for ${purpose})`, `apt install ${apt}`);
  });
}

/** May this user read and write it? */
export function accessCheck(name: string, path: string, group: string): Check {
  try {
    const stat = statSync(path);
    accessSync(path, constants.R_OK | constants.W_OK);
    return ok(name, `${path}${stat.isBlockDevice() || stat.isCharacterDevice() ? '' : ' (neither a disk nor a tty)'}`);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const denied = ['EACCES', 'EPERM'].includes(code);
    return missing(name, code === 'ENOENT' ? `${path} is not there` : textOf(error), denied ? `run as root, or: usermod -aG ${group} $USER` : 'attach and power it, or correct the profile');
  }
}
