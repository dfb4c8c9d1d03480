/** Errors of the host itself: they say nothing of a device. Numbers of Linux (asm-generic/errno-base.h), every architecture's. */
const EPERM = 1;
const EINTR = 4;
const EAGAIN = 11;
const ENOMEM = 12;
const EACCES = 13;
const EBUSY = 16;
const ENFILE = 23;
const EMFILE = 24;
const HOSTS_OWN: readonly number[] = [EAGAIN, EBUSY, EINTR, EMFILE, ENFILE, ENOMEM, EPERM, EACCES];

/** `errno`: positive. */
export function isHostsOwn(errno: number): boolean {
  return HOSTS_OWN.includes(errno);
}
