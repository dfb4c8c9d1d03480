/** The resident memory of this process, all threads together, from /proc. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const BYTES_PER_KB = 1024;

function statusBytes(field: 'VmHWM' | 'VmRSS'): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return match === null ? NaN : Number(match[1]) * BYTES_PER_KB;
}

/** Frees what this thread no longer uses, and starts a new peak. Returns the bytes that are resident now. */
export function resetPeak(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // The first collection finds the buffers that are free, and the second one waits until they are released.
  collect();
  collect();
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // A kernel without CONFIG_PROC_PAGE_MONITOR: the peak is that of the process. Cases come in ascending size.
  }
  return statusBytes('VmRSS');
}

/** The largest resident size since `resetPeak`, in bytes. */
export function peakBytes(): number {
  return statusBytes('VmHWM');
}
