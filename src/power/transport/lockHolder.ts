/** The process that a lock names: is it still there to give it back? */
import * as fs from 'node:fs';

export interface ProcessNow {
  /** Clock ticks from boot to its start: tells a process from a later one with its pid. */
  startTicks: number;
  /**
   * Killed, and gone but for I/O that has not ended: a disk without power may keep it so until the power is back. It does
   * nothing any more, but its files are open and locked still.
   */
  isDying: boolean;
}

const SIGKILL_BIT = 1n << 8n;
/** Fields of proc(5)'s stat, counted from the one behind the name. */
const STATE = 3 - 3;
const START_TICKS = 22 - 3;

/** null: no such process. */
export function processNow(pid: number): ProcessNow | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in field 2 may hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { startTicks: Number(fields[START_TICKS]), isDying: 'ZX'.includes(fields[STATE]!) || isKilled(pid) };
  } catch {
    return null;
  }
}

/** The very process that took the lock, and it may use what it has locked. */
export function holds(pid: number, startTicks: number): boolean {
  const now = processNow(pid);
  return now !== null && now.startTicks === startTicks && !now.isDying;
}

/** A thread that waits for a disk is not killed before that answers; the signal is pending meanwhile. */
function isKilled(pid: number): boolean {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)].map(([, mask]) => BigInt(`0x${mask}`));
  return pending.some((mask) => (mask & SIGKILL_BIT) !== 0n);
}
