/** Checks of the host: kernel, permissions, native library, programs. Nothing is opened for writing. */
import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { isLabDevice } from '../rig/schema/words.js';
import { AREA_NAMES } from '../base/areas.js';
import { createIoRing } from '../blockdev/ioRing.js';
import { NATIVE_BUILD_COMMAND } from '../blockdev/ffi/native.js';
import type { DeviceIdentity, OpenDevice } from '../blockdev/blockDevice.js';
import { systemEnvironment } from '../blockdev/openDevice.js';
import type { FfiName } from './options.js';
import { textOf } from '../campaign/errors.js';
import type { ResolvedRig } from '../rig/resolved.js';

/** One requirement of `doctor`. */
export interface Check {
  name: string;
  /** `missing` prevents a run; `lacking` has a cost, for example a slower path or a skipped test. */
  state: 'ok' | 'lacking' | 'missing';
  found: string;
  /** The command or edit that mends it; null: nothing to do. */
  mend: string | null;
}

export function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, mend: null };
}

export function missing(name: string, found: string, mend: string): Check {
  return { name, state: 'missing', found, mend };
}

export function lacking(name: string, found: string, mend: string): Check {
  return { name, state: 'lacking', found, mend };
}

/** io_uring exists since 5.1; RWF_DSYNC as FUA and O_DIRECT on loop devices since earlier versions. */
const KERNEL_MIN: readonly [number, number] = [5, 4];
const NODE_MIN: readonly [number, number] = [20, 19];

interface Program {
  program: string;
  /** Debian package. */
  apt: string;
  for: string;
  /** Rigs that need it: all, those with a lab, those with real disks. Absent: none; checked only without a rig. */
  rigs?: 'all' | 'virtual' | 'real';
  /** A rig that needs it can not run without it. */
  stops?: boolean;
}

const PROGRAMS: readonly Program[] = [
  { program: 'losetup', apt: 'mount', for: 'virtual disks', rigs: 'virtual', stops: true },
  { program: 'wipefs', apt: 'util-linux', for: 'the safety gate', rigs: 'all', stops: true },
  { program: 'nvme', apt: 'nvme-cli', for: 'unsafe shutdowns of NVMe disks as evidence of a cut', rigs: 'real' },
  {
    program: 'smartctl',
    apt: 'smartmontools',
    for: 'power cycles of SATA, SAS and NVMe disks as evidence of a cut',
    rigs: 'real',
  },
  { program: 'cc', apt: 'gcc libc6-dev linux-libc-dev', for: 'building the native library' },
  { program: 'fio', apt: 'fio', for: 'bench and its tests' },
  { program: 'promtool', apt: 'prometheus', for: 'checking metrics and alert rules' },
];

/** With a rig: what it needs. Without: everything that plugpull can need. */
export function hostChecks(ffi: FfiName, rig: ResolvedRig | null): Check[] {
  const needsLab = rig !== null && rig.lab !== null;
  return [
    kernel(),
    node(),
    root(needsLab),
    ...nativeChecks(ffi),
    ...(rig === null || needsLab ? labChecks(needsLab) : []),
    ...programs(rig),
  ];
}

function kernel(): Check {
  const text = release();
  return atLeast(text, KERNEL_MIN)
    ? ok('kernel', text)
    : missing('kernel', text, `use Linux ${KERNEL_MIN.join('.')} or later`);
}

function node(): Check {
  const text = process.versions.node;
  return atLeast(text, NODE_MIN)
    ? ok('node', text)
    : missing('node', text, `use Node.js ${NODE_MIN.join('.')} or later`);
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a, b] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}

function root(needsLab: boolean): Check {
  const uid = process.getuid?.() ?? -1;
  if (uid === 0) return ok('root', 'uid 0');
  return (needsLab ? missing : lacking)(
    'root',
    `uid ${uid}`,
    'run as root; for real disks a user in the groups disk and dialout is enough: usermod -aG disk,dialout $USER',
  );
}

/** An I/O ring over /dev/null shows whether library, FFI binding and io_uring work. */
function nativeChecks(ffi: FfiName): Check[] {
  const fd = openSync('/dev/null', 'r');
  const nothing: OpenDevice = { fd, closed: false, identity: {} as DeviceIdentity, close: () => undefined };
  const tryKind = (kind: 'io_uring' | 'threads'): string | null => {
    try {
      createIoRing({ ffi, kind, depth: 1, arenaBytes: 4096, devices: [nothing] }).close();
      return null;
    } catch (error) {
      return textOf(error);
    }
  };
  try {
    const threads = tryKind('threads');
    if (threads !== null)
      return [
        missing(
          `native library (${ffi})`,
          threads,
          `${NATIVE_BUILD_COMMAND}; apt install gcc libc6-dev linux-libc-dev`,
        ),
      ];
    const ring = tryKind('io_uring');
    return [
      ok(`native library (${ffi})`, 'loads'),
      ring === null
        ? ok('io_uring', 'works')
        : lacking('io_uring', ring, 'sysctl kernel.io_uring_disabled=0; a thread pool is used until then'),
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

function programs(rig: ResolvedRig | null): Check[] {
  return PROGRAMS.filter((one) => rig === null || calls(rig, one)).map(
    ({ program, apt, rigs, stops = false, for: purpose }) => {
      const found = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8', env: systemEnvironment() });
      if (found.status === 0) return ok(program, found.stdout.trim());
      return (stops && (rig !== null || rigs === 'all') ? missing : lacking)(
        program,
        `not found (for ${purpose})`,
        `apt install ${apt}`,
      );
    },
  );
}

function calls(rig: ResolvedRig, { rigs }: Program): boolean {
  if (rigs === 'virtual') return rig.lab !== null;
  if (rigs === 'real') return AREA_NAMES.some((area) => !isLabDevice(rig[area]));
  return rigs === 'all';
}

/** Whether this user can read and write the device. */
export function accessCheck(name: string, path: string, group: string): Check {
  try {
    const stat = statSync(path);
    accessSync(path, constants.R_OK | constants.W_OK);
    return ok(name, `${path}${stat.isBlockDevice() || stat.isCharacterDevice() ? '' : ' (neither a disk nor a tty)'}`);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const denied = ['EACCES', 'EPERM'].includes(code);
    return missing(
      name,
      code === 'ENOENT' ? `${path} does not exist` : textOf(error),
      denied
        ? `run as root, or: usermod -aG ${group} $USER`
        : 'connect it and switch it on, or correct its path in the profile',
    );
  }
}
