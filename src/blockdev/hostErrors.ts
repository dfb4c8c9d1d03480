/** Errors of the host itself: they say nothing of a device. */
import { constants } from 'node:os';

const { EAGAIN, EBUSY, EINTR, EMFILE, ENFILE, ENOMEM, EPERM, EACCES } = constants.errno;
const HOSTS_OWN: readonly number[] = [EAGAIN, EBUSY, EINTR, EMFILE, ENFILE, ENOMEM, EPERM, EACCES];

/** `errno`: positive. */
export function isHostsOwn(errno: number): boolean {
  return HOSTS_OWN.includes(errno);
}
