/**
 * C calls that Node.js lacks: poll, eventfd, mount, ptys, flock. For 64-bit Linux, where off_t has 64 bits. Callers
 * make every descriptor close-on-exec, so that a child process (losetup) keeps no disk and no tty open.
 */
import koffi from 'koffi';
import os from 'node:os';

const libc = koffi.load(null);

const c = {
  poll: libc.func('int poll(void *fds, unsigned long count, int timeoutMs)'),
  eventfd: libc.func('int eventfd(unsigned int initial, int flags)'),
  mount: libc.func(
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  ),
  umount2: libc.func('int umount2(const char *target, int flags)'),
  posixOpenpt: libc.func('int posix_openpt(int flags)'),
  grantpt: libc.func('int grantpt(int fd)'),
  unlockpt: libc.func('int unlockpt(int fd)'),
  ptsnameR: libc.func('int ptsname_r(int fd, _Out_ char *name, size_t size)'),
  tcgetattr: libc.func('int tcgetattr(int fd, void *termios)'),
  tcsetattr: libc.func('int tcsetattr(int fd, int when, void *termios)'),
  cfmakeraw: libc.func('void cfmakeraw(void *termios)'),
  tcflush: libc.func('int tcflush(int fd, int queue)'),
  flock: libc.func('int flock(int fd, int operation)'),
  fallocate: libc.func('int fallocate(int fd, int mode, int64_t offset, int64_t length)'),
  ioctl: libc.func('int ioctl(int fd, unsigned long request, void *argument)'),
  inotifyInit1: libc.func('int inotify_init1(int flags)'),
  inotifyAddWatch: libc.func('int inotify_add_watch(int fd, const char *path, uint32_t mask)'),
};

/** After a negative result, `lastErrno()` has the reason. */
export const libcCalls = c;

export const EFD_CLOEXEC = 0o2000000;
export const EFD_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const POLLIN = 0x001;
/** POLLERR, POLLHUP, POLLNVAL: the descriptor is unusable. */
export const POLL_GONE = 0x008 | 0x010 | 0x020;
export const MS_NOSUID_NODEV = 2 | 4;
export const MNT_DETACH = 2;
export const LOCK_EX_NB = 2 | 4;
export const LOCK_SH_NB = 1 | 4;
export const FALLOC_PUNCH_KEEP_SIZE = 0x02 | 0x01;
export const TCIFLUSH = 0;

export function lastErrno(): number {
  return koffi.errno();
}

/** `EPERM` for 1, and so on. */
export function errnoName(errno: number): string {
  for (const [name, value] of Object.entries(os.constants.errno)) if (value === errno) return name;
  return `errno ${errno}`;
}
